"""The status in a terminal."""

from datetime import UTC, date, datetime

import msgspec
import pytest
from status_world import NOW

from microstep_airflow.status import services, text
from microstep_airflow.status.shape import (
    Backup,
    Cell,
    Champion,
    Disk,
    Drift,
    Lack,
    Lacks,
    LastRun,
    Mails,
    Pipeline,
    Predictions,
    Runs,
    Status,
)


def row(name, state="ok", **more):
    runs = {
        dag: Runs(
            state="ok", text="success", dag=f"{name}.{dag}", next=datetime(2026, 1, 11, 3, 15, tzinfo=UTC),
            last=LastRun(state="success", run_id="r", due=NOW, ended=datetime(2026, 1, 10, 3, 15, tzinfo=UTC)),
        )
        for dag in ("generate", "predict", "train")
    }  # fmt: skip
    cells = {
        "champion": Champion(
            state="ok", text="model", day=date(2026, 1, 3), version="3", since=datetime(2026, 1, 5, 4, 20, tzinfo=UTC)
        ),
        "predictions": Predictions(state="ok", text="2,000 rows", done=True, rows=2000),
        "drift": Drift(state="ok", text="ok", level="ok"),
        "lacks": Lacks(state="ok", text="nothing"),
        "training": Cell(state="ok", text="of 2026-01-09 would use 2026-01-07 to 2026-01-09"),
    }
    file = f"pipelines/{name}.toml"
    return Pipeline(name=name, file=file, state=state, text="", timezone="Europe/Berlin", **{**runs, **cells, **more})


def status(*rows):
    return Status(
        made=NOW, stack="microstep", state="ok", text="all is well", services=services.summary([]),
        disk=Disk(state="ok", text="data 1.2 GB, 34 GB free of 100 GB"),
        backup=Backup(state="note", text="none was made", remedy="make backup"),
        mails=Mails(state="ok", text="none"), pipelines=list(rows),
    )  # fmt: skip


def test_a_pipeline_that_is_well_is_one_line_in_its_own_zone():
    lines = text.render(status(row("churn")), width=160).splitlines()
    (line,) = [line for line in lines if line.startswith("churn")]
    assert line.split("  ")[0] == "churn"
    for word in ("fine", "2,000 rows", "2026-01-03 v3 since Mon 05:20", "ok 04:15", "Sun 04:15"):
        assert word in line
    assert lines[-1] == "Times of pipelines are in Europe/Berlin."


def test_what_is_wrong_stands_below_its_line_with_what_to_type_in_one_piece():
    command = "make backfill FROM=2026-01-09 TO=2026-01-09 PIPELINE=orders"
    bad = row(
        "orders", "bad", predictions=Predictions(state="bad", text="not done: its run has failed", remedy=command)
    )
    lines = text.render(status(bad, row("churn")), width=100).splitlines()
    at = next(number for number, line in enumerate(lines) if line.startswith("orders"))
    assert "look" in lines[at]
    assert lines[at + 1 : at + 3] == ["    not done: its run has failed", f"    \N{RIGHTWARDS ARROW} {command}"]
    assert lines[at + 3].startswith("churn")


def test_three_dags_of_which_nothing_is_known_are_told_of_once():
    silent = {
        dag: Runs(state="unknown", text="Airflow does not answer", dag=dag) for dag in ("generate", "predict", "train")
    }
    shown = text.render(status(row("churn", "unknown", **silent)), width=160)
    assert shown.count("Airflow does not answer") == 1
    assert "unknown" in shown


@pytest.mark.parametrize("width", [80, 100, 160])
def test_fifty_pipelines_keep_their_columns_at_every_width(width):
    rows = [row(f"a_pipeline_of_a_team_{number}") for number in range(50)]
    lines = text.render(status(*rows), width=width).splitlines()
    table = [line for line in lines if line.startswith(("pipeline", "a_pipeline"))]
    assert len(table) == 51
    assert len({line.index("yesterday") if "yesterday" in line else line.index("2,000") for line in table}) == 1
    assert max(map(len, table)) <= max(width, 110)


def test_details_tell_days_that_lack_the_same_in_one_line():
    days = [Lack(date(2026, 1, day), "generate", f"raw/2026-01-0{day}/data: is not there") for day in (4, 5, 6)]
    days.append(Lack(date(2026, 1, 8), "data", "expected, and no data has come"))
    lacking = row("churn", lacks=Lacks(state="note", text="4 days", days=days))
    shown = text.render(status(lacking), width=120, details=True)
    assert "2026-01-04 to 2026-01-06  to generate: raw/DAY/data: is not there" in shown
    assert "2026-01-08  data: expected, and no data has come" in shown
    assert "training of 2026-01-09 would use" in shown
    assert "to generate" not in text.render(status(lacking), width=120)


@pytest.mark.parametrize(("day", "word"), [(9, "watch"), (7, "watch 2026-01-07")])
def test_drift_of_another_day_than_yesterday_has_its_day(day, word):
    drifted = row("churn", drift=Drift(state="note", text="watch: age", level="watch", day=date(2026, 1, day)))
    drifted.day = date(2026, 1, 9)
    (line,) = [line for line in text.render(status(drifted), width=160).splitlines() if line.startswith("churn")]
    assert word in [column.strip() for column in line.split("  ")]


def test_colour_is_only_for_who_asks_for_it():
    assert "\x1b" not in text.render(status(row("churn")))
    assert "\x1b[32mfine\x1b[0m" in text.render(status(row("churn")), colour=True)


def test_what_came_from_data_commands_no_terminal_wherever_it_stands():
    """Each text of each cell."""

    def hostile(value):
        if type(value) is str and value not in ("ok", "bad", "data", "Europe/Berlin"):
            return f"{value}\x1b[2J\u202e"
        if isinstance(value, (list, tuple)):
            return [hostile(each) for each in value]
        if isinstance(value, msgspec.Struct):
            return msgspec.structs.replace(
                value, **{name: hostile(getattr(value, name)) for name in value.__struct_fields__}
            )
        return value

    champion = Champion(
        state="bad",
        text="model",
        remedy="type",
        day=NOW.date(),
        version="3",
        since=NOW,
        decision="promoted",
        by="x",
        why="y",
    )
    lacks = Lacks(state="bad", text="1 day", days=[Lack(NOW.date(), "data", "expected")])
    drift = Drift(state="bad", text="alarm: age", level="alarm", day=date(2026, 1, 3))
    screen = hostile(status(row("churn", "bad", champion=champion, lacks=lacks, drift=drift), row("orders")))
    shown = text.render(screen, width=400, details=True)
    assert not {"\x1b", "\u202e"} & set(shown)
    assert "promoted" in shown
