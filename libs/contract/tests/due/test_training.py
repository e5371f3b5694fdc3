from datetime import date

import msgspec
import pytest
from due.test_arrived import commit

from contract.config.parse import parse
from contract.due.training import NO_DATA, NO_LABELS, are_enough, first_training_is_due, lacking
from contract.errors import UsageError
from contract.layout import Layout
from contract.models.champion import Champion, write_champion
from contract.models.trained_for import TrainedFor

DAY = date(2026, 1, 9)


@pytest.fixture
def layout(tmp_path):
    return Layout(tmp_path)


@pytest.fixture
def config(raw):
    """A window of five weekdays, 2026-01-05 to 09, within a week."""
    raw["schedule"] |= {"expected": "weekdays", "label_grace_days": 2}
    raw["training"] |= {"window_days": 7}
    return parse(raw)


def least(config, days):
    return msgspec.structs.replace(config, training=msgspec.structs.replace(config.training, min_days=days))


def bring(layout, *numbers, labels=True, rows=10):
    for number in numbers:
        name = f"2026-01-{number:02}"
        commit(layout, layout.raw_data(name), rows=rows)
        if labels:
            commit(layout, layout.raw_target(name))


def test_the_days_of_the_window_that_lack_are_told_with_what_lacks(config, layout):
    bring(layout, 5, 6)
    bring(layout, 7, labels=False)
    bring(layout, 8, labels=False, rows=0)
    assert lacking(config, layout, DAY) == {"2026-01-07": NO_LABELS, "2026-01-09": NO_DATA}


def test_all_expected_days_are_needed_but_for_those_whose_labels_are_overdue(config):
    assert are_enough(config, DAY, {})
    assert not are_enough(config, DAY, {"2026-01-05": NO_DATA})
    assert not are_enough(config, DAY, {"2026-01-08": NO_LABELS})
    assert are_enough(config, DAY, {"2026-01-07": NO_LABELS})


def test_as_many_days_are_enough_as_the_configuration_says(config):
    two = {"2026-01-05": NO_DATA, "2026-01-09": NO_LABELS}
    assert are_enough(least(config, 3), DAY, two)
    assert not are_enough(least(config, 4), DAY, two)
    # a window that is not longer yet
    assert are_enough(least(config, 7), date(2026, 1, 2), {})
    assert not are_enough(least(config, 7), date(2026, 1, 2), {"2026-01-01": NO_DATA})


def test_one_day_must_be_left(config):
    everything = {f"2026-01-{number:02}": NO_LABELS for number in range(5, 10)}
    assert not are_enough(config, DAY, everything)
    assert not are_enough(least(config, 1), DAY, everything)


def test_the_first_training_is_due_once_its_whole_window_is_there(config, layout):
    bring(layout, 1, 2, 5, 6, 7, 8)
    assert not first_training_is_due(config, layout, DAY)
    # all days of a window that began before the first one are no whole window
    assert not first_training_is_due(config, layout, date(2026, 1, 2))
    bring(layout, 9)
    assert first_training_is_due(config, layout, DAY)
    # a Saturday: the same days are still there
    assert first_training_is_due(config, layout, date(2026, 1, 10))


def test_no_training_is_due_beside_a_champion_or_soon_after_another_one(config, layout):
    bring(layout, 1, 2, 5, 6, 7, 8, 9)
    commit(layout, layout.model("2026-01-06"))
    assert not first_training_is_due(config, layout, DAY)
    assert not first_training_is_due(config, layout, date(2026, 1, 12))
    bring(layout, 12, 13)
    assert first_training_is_due(config, layout, date(2026, 1, 13))
    layout.champion.touch()
    assert not first_training_is_due(config, layout, date(2026, 1, 13))


def about(config, **changes):
    """The record of a training for what a configuration asks, but for some of it."""
    table = config.table
    asked = {"target": table.target, "task": table.task, "positive": table.positive, "features": {"x": "number"}}
    return TrainedFor(**asked | {"classes": ("no", "yes"), "first": "2026-01-01", "last": "2026-01-04"} | changes)


def crown(layout, record):
    model = Champion(day="2026-01-04", file="m", sha256="0" * 64, manifest="f", sklearn="1", trained_for=record)
    layout.champion.parent.mkdir(exist_ok=True)
    write_champion(layout.champion, model)


@pytest.mark.parametrize(
    "changes",
    [{"target": "bought"}, {"task": "regression"}, {"positive": "no"}, {"features": {"gone": "number"}}],
    ids=["target", "task", "class", "column"],
)
def test_a_champion_of_another_question_is_none(config, layout, changes):
    bring(layout, 1, 2, 5, 6, 7, 8, 9)
    crown(layout, about(config))
    assert not first_training_is_due(config, layout, DAY)
    crown(layout, about(config, **changes))
    assert first_training_is_due(config, layout, DAY)
    # what was trained this week for that other question has sought none for this one
    commit(layout, layout.model("2026-01-08"), notes={"trained_for": msgspec.to_builtins(about(config, **changes))})
    assert first_training_is_due(config, layout, DAY)
    commit(layout, layout.model("2026-01-09"), notes={"trained_for": msgspec.to_builtins(about(config))})
    assert not first_training_is_due(config, layout, DAY)


def test_a_champion_of_which_nothing_tells_the_question_is_taken_for_one(config, layout):
    bring(layout, 1, 2, 5, 6, 7, 8, 9)
    crown(layout, None)
    assert not first_training_is_due(config, layout, DAY)


def test_no_training_starts_for_a_champion_whose_file_is_gone_since_none_could_be_compared_with_it(config, layout):
    bring(layout, 1, 2, 5, 6, 7, 8, 9)
    crown(layout, about(config))
    assert not (layout.root / "m").exists()
    assert not first_training_is_due(config, layout, DAY)


def test_labels_of_a_target_before_are_none(config, layout):
    bring(layout, 5, 6, 7, 8, 9)
    asked = {"key": "id", "target": "y"}
    commit(layout, layout.raw_target("2026-01-08"), settings=asked | {"target": "bought"})
    commit(layout, layout.raw_target("2026-01-09"), settings=asked)
    assert lacking(config, layout, DAY) == {"2026-01-08": NO_LABELS}


def test_a_window_without_an_expected_day_is_refused(config, layout):
    narrow = msgspec.structs.replace(config, training=msgspec.structs.replace(config.training, window_days=2))
    with pytest.raises(UsageError, match=r"schedule.expected and schedule.holidays leave none from 2026-01-10 to"):
        lacking(narrow, layout, date(2026, 1, 11))


def test_no_first_training_is_due_where_no_day_has_a_row(config, layout):
    bring(layout, 5, 6, 7, 8, 9, rows=0, labels=False)
    config = msgspec.structs.replace(
        config, schedule=msgspec.structs.replace(config.schedule, first_day=date(2026, 1, 1))
    )
    assert not first_training_is_due(config, layout, DAY)
    bring(layout, 6)
    assert first_training_is_due(config, layout, DAY)
