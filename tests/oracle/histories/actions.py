"""What a history is made of. An action can be done in any state: where there is nothing to do it on, nothing happens."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from typing import Any, Protocol

from checks import hands, live, product
from checks.story import Story
from faults.steps import Outcome
from histories.ways_out import Guide
from histories.world import World
from plain.arrivals import Written
from plain.settings import Settings, day_of


class Action(Protocol):
    """Something that happens."""

    def do(self, world: World, guide: Guide | None) -> None:
        """Do it, by the steps and by the oracle."""


@dataclass(frozen=True)
class Arrive:
    """Rows of a day."""

    day: int
    written: Written = "plain"
    labels: str = "all"

    def do(self, world: World, guide: Guide | None) -> None:
        """Bring them."""
        world.arrive(self.day, self.written, self.labels)


@dataclass(frozen=True)
class Label:
    """Labels of a day, in a file of their own."""

    day: int
    kind: str
    written: Written = "plain"

    def do(self, world: World, guide: Guide | None) -> None:
        """Bring them."""
        world.label(self.day, self.written, self.kind)


@dataclass(frozen=True)
class Edit:
    """Settings of pipeline.toml."""

    changes: tuple[tuple[str, Any], ...]

    def do(self, world: World, guide: Guide | None) -> None:
        """Write the file."""
        world.story.edit(sound(replace(world.story.settings, **dict(self.changes))))


@dataclass(frozen=True)
class Aim:
    """Another target, or another task."""

    target: str
    task: str

    def do(self, world: World, guide: Guide | None) -> None:
        """Write the file."""
        world.story.edit(sound(world.story.settings.aimed(self.target, self.task)))


@dataclass(frozen=True)
class Words:
    """Other classes of the target."""

    how: str

    def do(self, world: World, guide: Guide | None) -> None:
        """Write the file."""
        world.story.edit(sound(reworded(world.story.settings, self.how)))


@dataclass(frozen=True)
class Do:
    """Run steps of a day, one after the other."""

    steps: str
    day: int

    def do(self, world: World, guide: Guide | None) -> None:
        """Type them."""
        for step in self.steps.split():
            done(guide, self.day, lambda step=step: way(world.story, step, day_of(self.day)))


@dataclass(frozen=True)
class Delete:
    """Take a dataset away, as somebody does who is short of space, or `damage` the predictions' file."""

    what: str
    day: int

    def do(self, world: World, guide: Guide | None) -> None:
        """Remove its directory."""
        day, mirror = day_of(self.day), world.story.mirror
        if self.what == "damage":
            if day in mirror.predictions:
                (path,) = product.files(world.story.root / "predictions" / day)
                path.write_bytes(path.read_bytes()[:-7])
                mirror.predictions[day] = replace(mirror.predictions[day], damaged=True)
            return
        folder = {"predictions": f"predictions/{day}", "labels": f"raw/{day}/target", "processed": f"processed/{day}"}
        shutil.rmtree(world.story.root / folder[self.what], ignore_errors=True)
        if self.what == "predictions":
            mirror.predictions.pop(day, None)
        elif self.what == "processed":
            mirror.days.pop(day, None)
        elif day in mirror.raw:
            mirror.raw[day] = replace(mirror.raw[day], labels=None)


@dataclass(frozen=True)
class Hand:
    """What a person says about the champion."""

    word: str
    day: int = 0

    def do(self, world: World, guide: Guide | None) -> None:
        """Say it."""
        story, day = world.story, day_of(self.day)
        says = {"rollback": lambda: hands.rollback(story), "adopt": lambda: hands.adopt(story, day)}
        done(guide, self.day, says.get(self.word, lambda: hands.answer(story, day, self.word)))


@dataclass(frozen=True)
class AtOnce:
    """Two judgements at the same time."""

    first: int
    second: int

    def do(self, world: World, guide: Guide | None) -> None:
        """Start both."""
        hands.two_validates(world.story, day_of(self.first), day_of(self.second))


def done(guide: Guide | None, day: int, action: Any) -> None:
    """Do something about a day, and leave its refusal if that is asked for."""
    outcome = action()
    if guide is not None and outcome is not None and outcome.code not in (0, 80):
        guide.leave(action, outcome, day_of(day))


def way(story: Story, step: str, day: str) -> Outcome:
    """Run a step, or a command of one, on a day."""
    return live.monitor(story, day) if step == "monitor" else getattr(story, step)(day)


def sound(settings: Settings) -> Settings:
    """Without what pipeline.toml would refuse."""
    if settings.task == "binary" and settings.positive not in settings.asked:
        settings = replace(settings, positive=settings.asked[-1])
    kinds = {name: settings.column_of(name)["type"] for name in settings.slices}
    slices = tuple(name for name, kind in kinds.items() if kind == "category" and name != settings.target)
    group = settings.group
    if (group == "row_key" and settings.key is not None) or group == settings.target:
        group = None
    test_days = settings.test_days if settings.window > (settings.test_days or 0) else None
    most_error = None if settings.task == "regression" else settings.most_error
    return replace(settings, slices=slices, group=group, test_days=test_days, most_error=most_error)


def reworded(settings: Settings, how: str) -> Settings:
    """Other classes of the target: in another order, one more, one less, or one renamed."""
    words = settings.asked
    if not words:
        return settings
    if how == "turned":
        words = words[::-1]
    elif how == "renamed":
        words = (*words[:-1], "ja")
    elif settings.task == "multiclass":
        words = (*words, "none of these") if how == "more" else words[: max(2, len(words) - 1)]
    return settings.with_words(settings.target, tuple(dict.fromkeys(words)))
