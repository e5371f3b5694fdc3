"""Play a history."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from checks import hands
from checks.story import Story
from faults.steps import Runner
from histories.actions import Action
from histories.ways_out import Guide
from histories.world import World
from plain.arrivals import Table
from plain.settings import Settings


@dataclass(frozen=True)
class Start:
    """How a history begins: a world, what pipeline.toml says, and what has been done already."""

    table: Table
    settings: Settings
    done: tuple[Action, ...] = ()


@dataclass(frozen=True)
class History:
    """One history."""

    start: Start
    actions: tuple[Action, ...]
    follow: bool = False
    """Each refusal is left by the way out that it names."""


def play(history: History, steps: dict[str, Runner], root: Path, begun: World | None = None) -> World:
    """Do it all, by the steps and by the oracle. Raises AssertionError where they differ, with the whole story.

    `begun`: the start, done already below another root; it is copied.
    """
    if begun is None:
        root.mkdir(parents=True)
        story = Story(steps, root, history.start.settings)
        world = World(story, history.start.table)
        actions = (*history.start.done, *history.actions)
    else:
        world = begun.copied(root)
        story, actions = world.story, history.actions
    guide = Guide(story, world) if history.follow else None
    try:
        for action in actions:
            story.journal.append(f"## {action}")
            action.do(world, guide)
            hands.check_champion(story)
    except AssertionError as error:
        raise AssertionError(f"{error}\n{history}\n" + "\n".join(story.journal)) from error
    return world
