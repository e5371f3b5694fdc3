"""How histories are drawn: a start that has been played before, then turns of a change and of what is run after it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from faults.steps import STEPS
from histories.actions import Action, Aim, Arrive, AtOnce, Delete, Do, Edit, Hand, Label, Words
from histories.play import History, Start
from hypothesis import strategies as st
from plain.arrivals import WRITTEN, Table
from plain.settings import TASKS, Settings

DAYS = 4

day_numbers = st.integers(0, DAYS - 1)
written = st.sampled_from(WRITTEN)
aims = st.sampled_from([(target, task) for target, tasks in TASKS.items() for task in tasks])
edits: dict[str, tuple[Any, ...]] = {
    "key": ("account", None, "id"),
    "group": ("customer", "row_key", None),
    "positive": ("no", "yes"),
    "numeric_code": (True, False),
    "whole_a": (True, False),
    "least_b": (-1.0, None),
    "region": (True, False),
    "test_fraction": (0.5, 0.2, 0.3),
    "missing": (("-999",), ("?",), ()),
    "window": (3, 1, 2),
    "delay": (1, 0),
    "test_days": (1, None, 0),
    "slices": (("code",), ("region",), ()),
    "slice_margin": (0.0, 0.05, 1.0),
    "least_slice": (2, 5),
    "most_error": (0.02, 0.2, None),
    "least_rows": (1, 30, 5),
    "minimum": (0.6, -1.0, None),
    "margin": (0.01, 1.0, 0.3),
    "require": ("better", "not_worse"),
    "manual": (True, False),
    "threshold": (0.3, 0.7, None),
    "form": ("csv", "parquet"),
    "twin": (True, False),
}
"""The values of each setting, the one that it begins with last."""
edit = st.sampled_from(sorted(edits)).flatmap(lambda name: st.tuples(st.just(name), st.sampled_from(edits[name])))
some_edits = st.lists(edit, min_size=1, max_size=2, unique_by=lambda change: change[0]).map(tuple)
changes: dict[str, tuple[int, st.SearchStrategy[Any]]] = {
    "edit": (5, st.builds(Edit, some_edits)),
    "aim": (2, aims.map(lambda aim: Aim(*aim))),
    "words": (1, st.builds(Words, st.sampled_from(["turned", "renamed", "more", "less"]))),
    "arrive": (2, st.builds(Arrive, day_numbers, written, st.sampled_from(["all", "half", "none"]))),
    "label": (3, st.builds(Label, day_numbers, st.sampled_from(["late", "part", "corrected", "strange"]), written)),
    "delete": (1, st.builds(Delete, st.sampled_from(["predictions", "damage", "labels", "processed"]), day_numbers)),
    "hand": (2, st.builds(Hand, st.sampled_from(["rollback", "adopt", "approve", "refuse"]), day_numbers)),
    "at once": (1, st.builds(AtOnce, day_numbers, day_numbers)),
    "nothing": (2, st.none()),
}
consequences: dict[str, tuple[int, st.SearchStrategy[tuple[Do, ...]]]] = {
    "one step": (4, st.builds(Do, st.sampled_from([*STEPS, "monitor", "trace"]), day_numbers).map(lambda one: (one,))),
    "a day": (3, st.builds(Do, st.just("generate preprocess predict monitor"), day_numbers).map(lambda one: (one,))),
    "a week": (3, st.builds(Do, st.just("train validate predict"), day_numbers).map(lambda one: (one,))),
    "all": (
        2,
        day_numbers.map(
            lambda last: (
                *(Do("generate preprocess", number) for number in range(last + 1)),
                Do("train validate predict monitor", last),
            )
        ),
    ),
    "judged": (1, st.builds(Do, st.just("validate"), day_numbers).map(lambda one: (one,))),
}


def weighted(ways: dict[str, tuple[int, st.SearchStrategy[Any]]]) -> st.SearchStrategy[Any]:
    """One of several, each as often as its weight says."""
    names = [name for name, (weight, _) in ways.items() for _ in range(weight)]
    return st.sampled_from(names).flatmap(lambda name: ways[name][1])


TURNS: st.SearchStrategy[tuple[Action, ...]] = st.tuples(weighted(changes), weighted(consequences)).map(
    lambda turn: (*([turn[0]] if turn[0] else []), *turn[1])
)
TWO_DAYS = (Arrive(0), Do("generate preprocess", 0), Arrive(1), Do("generate preprocess", 1))
IN_USE = (*TWO_DAYS, Do("train validate", 1))
A_WEEK = (*IN_USE, Arrive(2), Do("generate preprocess predict", 2))
TWO_MODELS = (*A_WEEK, Do("monitor train validate", 2))
PLAIN = Settings()
STARTS = (
    Start(Table(), PLAIN),
    Start(Table(seed=1), replace(PLAIN, window=3), IN_USE),
    Start(Table(seed=2), PLAIN, A_WEEK),
    Start(Table(seed=3, returning=True), PLAIN, TWO_MODELS),
    Start(Table(seed=4, returning=True, twice=3), replace(PLAIN, group="customer"), TWO_MODELS),
    Start(Table(seed=5), replace(PLAIN, key=None), TWO_MODELS),
    Start(Table(seed=6, gaps=0), replace(PLAIN, key="account", form="csv", least_rows=1), A_WEEK),
    Start(Table(seed=7), PLAIN.aimed("level", "multiclass"), TWO_MODELS),
    Start(Table(seed=8), PLAIN.aimed("spend", "regression"), TWO_MODELS),
    Start(Table(seed=9, rows=60), replace(PLAIN.aimed("grade", "multiclass"), form="csv", group="customer"), A_WEEK),
    Start(Table(seed=10, rows=60), replace(PLAIN, test_days=1, margin=1.0), TWO_MODELS),
    Start(Table(seed=11, signal=0), replace(PLAIN, manual=True, margin=1.0, slices=("region",)), TWO_MODELS),
    Start(Table(seed=12), replace(PLAIN.aimed("yn", "multiclass"), numeric_code=True, region=True), A_WEEK),
    # days enough, and rows enough, that the last one is held out by itself
    Start(Table(seed=14, rows=360), replace(PLAIN, window=3, slices=("code",), slice_margin=0.05), TWO_MODELS),
    Start(Table(seed=15, rows=80, signal=0.5), replace(PLAIN, most_error=0.2, slices=("region",)), TWO_MODELS),
    Start(Table(seed=13), replace(PLAIN, threshold=0.3, delay=1, missing=("-999",)), A_WEEK),
)
"""Each is played once; histories go on from copies."""


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Any history."""
    start = draw(st.sampled_from(STARTS))
    turns = draw(st.lists(TURNS, min_size=2, max_size=4))
    return History(start, tuple(action for turn in turns for action in turn), follow=draw(st.booleans()))
