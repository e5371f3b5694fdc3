from datetime import date

import msgspec
import pytest
from due.test_arrived import commit

from contract.config.parse import parse
from contract.config.source import Sql, Synthetic
from contract.datasets.manifest import read_manifest
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.due.lacking import content, is_due, not_there, rows_are_there, to_generate, to_predict
from contract.layout import Layout

LAST = date(2026, 1, 20)
QUERY = "select * from t where day = :day"


def days(first, last):
    return [f"2026-01-{number:02}" for number in range(first, last + 1)]


@pytest.fixture
def layout(tmp_path):
    return Layout(tmp_path)


@pytest.fixture
def config(raw):
    """Files, five days to catch up, labels a week late, a window of two days."""
    raw["schedule"] |= {"catch_up_days": 5}
    raw["training"] |= {"target_delay_days": 7, "window_days": 2}
    return parse(raw)


def of(config, source=None, **changes):
    """With another source, and other keys of [schedule] and [training]."""
    replace = msgspec.structs.replace
    training = {name: value for name, value in changes.items() if hasattr(config.training, name)}
    schedule = {name: value for name, value in changes.items() if name not in training}
    return replace(
        config,
        schedule=replace(config.schedule, **schedule),
        training=replace(config.training, **training),
        source=source or config.source,
    )


def bring(layout, *names, marker="_SUCCESS"):
    for name in names:
        layout.inbox(name).mkdir(parents=True)
        (layout.inbox(name) / marker).touch()


def generated(layout, *names, rows=100):
    for name in names:
        commit(layout, layout.raw_data(name), rows=rows)


def rows(layout, name, text, code="c0de"):
    with DatasetWriter(layout.raw_data(name)) as writer:
        writer.file("rows", "part.csv").write_text(text)
        writer.publish(Recipe("generate", name, code, {}), {"rows_in": 1, "rows_out": 1, "rejected": 0}, {})


def predicted(layout, name, rows_of=None):
    with DatasetWriter(layout.predictions(name)) as writer:
        writer.publish(Recipe("predict", name, "c0de", {}), {}, {"rows_of": rows_of} if rows_of else {})


def names(lacks):
    return [lack.day for lack in lacks]


# ---- generate


def test_days_that_arrived_while_nobody_looked_are_generated_oldest_first_and_bounded(config, layout):
    bring(layout, *days(10, 18))
    # further back than is caught up: a training uses them, and their labels may come
    assert names(to_generate(config, layout, LAST)) == days(10, 18)
    generated(layout, "2026-01-16")
    assert names(to_generate(config, layout, LAST)) == [*days(10, 15), "2026-01-17", "2026-01-18"]


def test_an_inbox_that_changes_is_read_again_as_long_as_a_training_uses_its_day(config, layout):
    config = of(config, window_days=9, target_delay_days=2)
    bring(layout, *days(5, 20))
    generated(layout, *days(5, 20))
    for day in days(5, 20):
        (layout.inbox(day) / "rows.csv").write_text("mended")
    found = to_generate(config, layout, LAST)
    assert [(lack.day, lack.anew) for lack in found] == [(day, True) for day in days(10, 20)]


def test_nothing_lacks_where_all_is_there(config, layout):
    bring(layout, *days(15, 20))
    for day in days(15, 20):
        commit(layout, layout.raw_data(day), observed=False)
    assert to_generate(config, layout, LAST) == []


def test_an_empty_day_is_generated_like_any_other(config, layout):
    bring(layout, "2026-01-18", marker="_EMPTY")
    assert names(to_generate(config, layout, LAST)) == ["2026-01-18"]


def test_labels_that_come_a_week_later_make_their_day_due_again_though_no_data_is_looked_for_any_more(config, layout):
    bring(layout, *days(9, 12))
    generated(layout, *days(9, 12))
    for day in days(9, 11):
        (layout.inbox(day) / "labels.csv").write_text("x")
    # ten days back: seven of delay, three of grace
    found = to_generate(config, layout, LAST)
    assert [(lack.day, lack.anew) for lack in found] == [("2026-01-10", True), ("2026-01-11", True)]


def test_a_database_is_asked_for_every_day_that_is_expected_and_lacks(config, layout):
    config = of(config, Sql(query=QUERY), expected="weekdays", holidays=(date(2026, 1, 16),))
    # 2026-01-17 and 18 are a weekend
    assert names(to_generate(config, layout, LAST)) == ["2026-01-15", "2026-01-19", "2026-01-20"]


def test_a_database_is_asked_for_rows_and_labels_until_delay_and_grace_have_passed(config, layout):
    config = of(config, Sql(query=QUERY))
    generated(layout, *days(1, 20))
    # not of the run's own day, which has just been read
    assert names(to_generate(config, layout, LAST)) == days(10, 19)
    assert {lack.why for lack in to_generate(config, layout, LAST)} == {
        f"raw/{day}: may have more rows or other labels by now" for day in days(10, 19)
    }


def test_no_rows_of_a_database_are_none_yet_unless_that_may_be(config, layout):
    generated(layout, "2026-01-19", rows=0)
    asks = of(config, Sql(query=QUERY))
    assert "2026-01-19" in names(to_generate(asks, layout, LAST))
    assert not rows_are_there(asks, layout, "2026-01-19")
    allowed = of(config, Sql(query=QUERY, allow_empty=True))
    # they may have been asked for too early all the same
    assert [lack.anew for lack in to_generate(allowed, layout, LAST) if lack.day == "2026-01-19"] == [True]
    assert rows_are_there(allowed, layout, "2026-01-19")


def test_made_up_rows_of_before_the_own_table_are_no_data_and_make_way_for_it(config, layout):
    made_up = Recipe("generate", "2026-01-19", "c0de", {"source": {"kind": "synthetic"}})
    for name in days(18, 20):
        with DatasetWriter(layout.raw_data(name)) as writer:
            writer.publish(made_up, {"rows_in": 9, "rows_out": 9, "rejected": 0}, {})
    bring(layout, "2026-01-19")
    why = "raw/2026-01-19/data: has made-up rows from earlier"
    assert [(lack.day, lack.why) for lack in to_generate(config, layout, LAST)] == [("2026-01-19", why)]
    assert not rows_are_there(config, layout, "2026-01-18")
    assert names(to_predict(config, layout, LAST)) == ["2026-01-19"]
    assert names(to_generate(of(config, Synthetic()), layout, LAST)) == days(15, 17)


def test_nothing_before_the_first_day_lacks(config, layout):
    config = of(config, Synthetic(), first_day=date(2026, 1, 19))
    assert names(to_generate(config, layout, LAST)) == days(19, 20)


def test_no_other_day_lacks_where_nothing_is_caught_up(config, layout):
    config = of(config, Sql(query=QUERY), catch_up_days=0)
    generated(layout, *days(1, 18))
    assert names(to_generate(config, layout, LAST)) == ["2026-01-20"]


def test_a_damaged_manifest_is_made_again(config, layout):
    bring(layout, "2026-01-19")
    generated(layout, "2026-01-19")
    (layout.raw_data("2026-01-19") / "manifest.json").write_text("{")
    assert names(to_generate(config, layout, LAST)) == ["2026-01-19"]


def test_labels_of_before_do_not_matter_to_a_day_that_has_no_rows_by_now(config, layout):
    bring(layout, "2026-01-19", marker="_EMPTY")
    (gone := layout.inbox("2026-01-19") / "labels.csv").touch()
    commit(layout, layout.raw_target("2026-01-19"), gone)
    gone.unlink()
    commit(layout, layout.raw_data("2026-01-19"), rows=0)
    assert "2026-01-19" not in names(to_generate(config, layout, LAST))


def test_a_new_file_of_labels_of_many_days_is_given_to_them_though_no_day_lacks_anything(config, layout):
    for day in days(15, 17):
        commit(layout, layout.raw_data(day), observed=False)
    layout.labels.mkdir(parents=True)
    (layout.labels / "_SUCCESS").touch()
    assert to_generate(config, layout, LAST) == []
    (layout.labels / "week.csv").write_text("id,y")
    assert [(lack.day, "inbox/labels" in lack.why) for lack in to_generate(config, layout, LAST)] == [
        ("2026-01-17", True)
    ]
    assert to_predict(config, layout, LAST)[-1].why == "predictions/2026-01-17: are not there"
    layout.spread.write_text("{}")
    assert to_generate(config, layout, LAST) == []


ASKED = {"key": "id", "target": "y", "columns": ["id", "x"]}


@pytest.mark.parametrize(
    ("then", "why"),
    [
        ({"target": "bought"}, "was read with table.target bought, pipeline.toml has y"),
        ({"key": None}, "was read with table.key none, pipeline.toml has id"),
    ],
)
def test_a_day_that_was_read_for_another_question_is_read_again_as_long_as_a_training_uses_it(
    config, layout, then, why
):
    for name in days(9, 20):
        commit(layout, layout.raw_data(name), settings=ASKED | then)
    assert to_generate(config, layout, LAST) == [], "nothing is in the inbox any more"
    bring(layout, *days(9, 20))
    lacks = to_generate(config, layout, LAST)
    # labels a week late, and three days more
    assert (names(lacks), {lack.why for lack in lacks}) == (days(10, 20), {f"raw/{lack.day}: {why}" for lack in lacks})
    for name in days(9, 20):
        commit(layout, layout.raw_data(name), settings=ASKED | {"columns": ["id"]})
    assert to_generate(config, layout, LAST) == [], "with another column, predictions that people have would be others"


def test_a_file_with_labels_of_a_target_before_may_be_gone(config, layout):
    bring(layout, "2026-01-20")
    rows_file, labels = (layout.inbox("2026-01-20") / name for name in ("rows.csv", "labels.csv"))
    rows_file.write_text("id,x")
    labels.write_text("id,bought")
    commit(layout, layout.raw_target("2026-01-20"), labels, settings=ASKED | {"target": "bought"})
    labels.unlink()
    commit(layout, layout.raw_data("2026-01-20"), rows_file, settings=ASKED)
    assert to_generate(config, layout, LAST) == []
    commit(layout, layout.raw_target("2026-01-20"), rows_file, settings=ASKED)
    rows_file.unlink()
    assert names(to_generate(config, layout, LAST)) == ["2026-01-20"]


@pytest.mark.parametrize("source", [Synthetic(), Sql(query=QUERY)], ids=["made up", "a database"])
def test_rows_of_files_are_not_replaced_from_another_source_because_its_target_has_another_name(config, layout, source):
    day, asked = "2026-01-01", ASKED | {"target": "bought"}
    commit(layout, layout.raw_data(day), settings=asked | {"source": {"kind": "files"}})
    assert to_generate(of(config, source), layout, date(2026, 1, 1)) == []
    commit(layout, layout.raw_data(day), settings=asked | {"source": {"kind": source.__struct_config__.tag}})
    assert names(to_generate(of(config, source), layout, date(2026, 1, 1))) == [day]


# ---- predict


def test_days_with_rows_and_without_predictions_are_predicted_and_so_are_those_that_are_coming(config, layout):
    generated(layout, *days(15, 17))
    predicted(layout, "2026-01-16")
    bring(layout, "2026-01-19")
    assert names(to_predict(config, layout, LAST)) == ["2026-01-15", "2026-01-17", "2026-01-19"]


def test_predictions_are_made_again_for_other_rows_and_not_for_other_labels(config, layout):
    rows(layout, "2026-01-18", "as they are")
    predicted(layout, "2026-01-18", content(read_manifest(layout.raw_data("2026-01-18"))))
    assert to_predict(config, layout, LAST) == []
    commit(layout, layout.raw_target("2026-01-18"))
    assert to_predict(config, layout, LAST) == []
    rows(layout, "2026-01-18", "as they are", code="of another version")
    assert to_predict(config, layout, LAST) == []
    rows(layout, "2026-01-18", "corrected")
    (lack,) = to_predict(config, layout, LAST)
    assert (lack.day, lack.anew) == ("2026-01-18", True)


def test_predictions_of_an_earlier_version_do_not_say_their_rows_and_stay(config, layout):
    generated(layout, "2026-01-18")
    predicted(layout, "2026-01-18")
    assert to_predict(config, layout, LAST) == []


# ---- what is told


def test_expected_days_without_data_are_told(config, layout):
    config = of(config, expected="weekdays")
    generated(layout, "2026-01-15", "2026-01-19")
    assert not_there(config, layout, LAST) == ["2026-01-16", "2026-01-20"]


def test_a_day_is_due_that_is_expected_or_has_come_all_the_same(config, layout):
    config = of(config, expected="weekdays")
    assert is_due(config, layout, date(2026, 1, 19))
    assert not is_due(config, layout, date(2026, 1, 18))
    bring(layout, "2026-01-18")
    assert is_due(config, layout, date(2026, 1, 18))
    assert names(to_generate(config, layout, LAST)) == ["2026-01-18"]
