"""Do what a refusal says: each one must be left by what its own message names."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from collections.abc import Callable
from datetime import date
from typing import TYPE_CHECKING

from checks import hands
from plain.settings import FIRST

if TYPE_CHECKING:
    from checks.story import Story
    from faults.steps import Outcome
    from histories.world import World

DAY = r"\d{4}-\d\d-\d\d"
COMMAND = re.compile(rf"(generate|preprocess|train|validate|predict)((?: --force)?) (?:--day )?({DAY})")
APPROVE = re.compile(rf"validate approve --day ({DAY})")
ADOPT = re.compile(rf"validate adopt --to ({DAY}|[0-9a-f]{{12}})")
FINAL = (
    "there is no champion before the one in use",
    "is in use already",
    "there is nothing to refuse",
    "to go back: validate rollback",
    "nothing was proposed",
    "must be a directory with the day's",
    "training needs a day at or after schedule.first_day",
)
"""Where there is nothing to be had: the message says so, and nothing can be done but to do something else."""
TRIES = 6


class NoWayOut(AssertionError):
    """A refusal that what it says does not lead out of."""


class NothingToBeHad(Exception):
    """A way out has come to a message that says so."""


class Guide:
    """Reads messages as a person does, and types what they say."""

    def __init__(self, story: Story, world: World) -> None:
        self.story = story
        self.world = world

    def leave(self, action: Callable[[], Outcome | None], outcome: Outcome, about: str, depth: int = 0) -> None:
        """Follow the message until the action, which is `about` a day, is not refused any more.

        Or until one says that there is nothing to be had. Raises NoWayOut.
        """
        try:
            self._leave(action, outcome, about, depth)
        except NothingToBeHad:
            if depth:
                raise

    def _leave(self, action: Callable[[], Outcome | None], outcome: Outcome, about: str, depth: int) -> None:
        heard: Counter[str] = Counter()
        for _ in range(TRIES):
            said = last_error(outcome)
            if outcome.code in (0, 80):
                return
            if any(words in said for words in FINAL):
                raise NothingToBeHad
            if depth > 4:
                raise NoWayOut(f"the ways out lead in a circle: {said}")
            self._follow(said, about, depth, heard[said])
            heard[said] += 1
            again = action()
            if again is None:
                return
            outcome = again
        raise NoWayOut(f"still refused after {TRIES} times: {last_error(outcome)}")

    def _follow(self, said: str, about: str, depth: int, times: int) -> None:
        """Do the first thing of the message that can be done; when it comes again, the next one."""
        ways = [way for pattern, way in WAYS if re.search(pattern, said)]
        if not ways:
            raise NoWayOut(f"names no way out that can be typed: {said}")
        ways[min(times, len(ways) - 1)](self, said, about, depth)

    def bring_days(self, said: str, about: str, depth: int) -> None:
        """The days that the message names, or the one that the step was asked for, with rows and labels."""
        for day in sorted(set(re.findall(DAY, said))) or [about]:
            self._bring(day, depth)

    def bring_more(self, said: str, about: str, depth: int) -> None:
        """More rows, on each day of the window."""
        self.world.more_rows()
        for day in self.story.settings.window_of(about):
            self._bring(day, depth)

    def delete_labels(self, said: str, about: str, depth: int) -> None:
        """Go on without labels."""
        match = re.search(rf"delete (raw/{DAY}/target)", said)
        assert match is not None
        shutil.rmtree(self.story.root / match[1])

    def type_commands(self, said: str, about: str, depth: int) -> None:
        """The commands, as they are written."""
        for step, force, day in COMMAND.findall(said):
            self._do(step, force.strip(), day, depth)

    def adopt(self, said: str, about: str, depth: int) -> None:
        """Put the model that the message names in use."""
        match = ADOPT.search(said)
        assert match is not None
        model = hands.named(self.story, match[1])
        self.leave(lambda: hands.put_in_use(self.story, model), hands.put_in_use(self.story, model), about, depth + 1)
        if model is self.story.mirror.models.get(about):
            # whatever was to be done with this model, it is in use now
            raise NothingToBeHad

    def approve(self, said: str, about: str, depth: int) -> None:
        """Say yes to what waits for a person's word."""
        match = APPROVE.search(said)
        assert match is not None
        day = match[1]
        answered = hands.answer(self.story, day, "approve")
        self.leave(lambda: hands.answer(self.story, day, "approve"), answered, day, depth + 1)

    def train_anew(self, said: str, about: str, depth: int) -> None:
        """A model for what is asked now, from the newest days; what the gate does not let in, a person adopts."""
        newest = max([*self.story.mirror.days, *self.story.mirror.raw])
        self._do("train", "", newest, depth)
        judged = self.story.validate(newest)
        self.leave(lambda: self.story.validate(newest), judged, newest, depth + 1)
        champion = self.story.mirror.champion
        if champion is None or not champion.fits(self.story.settings):
            adopted = hands.adopt(self.story, newest)
            assert adopted is not None
            self.leave(lambda: hands.adopt(self.story, newest), adopted, newest, depth + 1)

    def serve_another(self, said: str, about: str, depth: int) -> None:
        """A model for what is asked now, in place of one that cannot answer it: there is no way back to that one."""
        self.train_anew(said, about, depth)
        raise NothingToBeHad

    def _bring(self, day: str, depth: int) -> None:
        """The day's files as they are asked for now, then generate and preprocess."""
        number = (date.fromisoformat(day) - FIRST).days
        self.world.mend(number)
        for way in (self.story.generate, self.story.preprocess):
            self.leave(lambda way=way: way(day), way(day), day, depth + 1)

    def _do(self, step: str, force: str, day: str, depth: int) -> None:
        words = [force] if force else []
        way: Callable[[], Outcome] = {
            "generate": lambda: self.story.generate(day),
            "preprocess": lambda: self.story.preprocess(day),
            "train": lambda: self.story.train(day, *words),
            "validate": lambda: self.story.validate(day, *words),
            "predict": lambda: self.story.predict(day),
        }[step]
        self.leave(way, way(), day, depth + 1)


WAYS: tuple[tuple[str, Callable[[Guide, str, str, int], None]], ...] = (
    (r"mend the|add it to the data|put it there|bring the labels|bring them with|take them away", Guide.bring_days),
    (r"bring more rows", Guide.bring_more),
    (r"generate the day again|run generate and preprocess for|has not run for this day", Guide.bring_days),
    (r"delete raw/", Guide.delete_labels),
    (COMMAND.pattern, Guide.type_commands),
    (APPROVE.pattern, Guide.approve),
    (r"predict could not serve it", Guide.serve_another),
    (ADOPT.pattern, Guide.adopt),
    (r"run train and validate first|train and validate (again|a later day)", Guide.train_anew),
)
"""What messages say, and what is done about it; of several the first."""


def last_error(outcome: Outcome) -> str:
    """The message that a step ended with."""
    lines = [line for line in outcome.output.splitlines() if " ERROR " in line]
    return lines[-1].partition(" ERROR ")[2] if lines else outcome.output.strip()
