"""A look at everything: a cell that cannot be told is unknown for itself alone."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import msgspec
import pytest
from conftest import pipeline, write_pipelines
from fake_reports import drift
from status_world import NOW, YESTERDAY, closed, dag_of, fill, run_of

from microstep_airflow.status import look, services
from microstep_airflow.status.airflow_api import Answers

WELL = services.summary([])
NAMES = ("churn", "orders")


@pytest.fixture
def places(tmp_path):
    """A machine with pipelines of these names, or a lone one."""

    def make(*names):
        write_pipelines(tmp_path / "pipeline.toml", names, pipeline("files"))
        (tmp_path / "data").mkdir(exist_ok=True)
        (tmp_path / "mails").mkdir(exist_ok=True)
        for root in [tmp_path / "data" / name for name in names or ("",)]:
            fill(root)
        return look.Places(tmp_path / "pipeline.toml", tmp_path / "data", tmp_path / "mails", "microstep")

    return make


def answers(*names):
    ids = [f"{name}.{dag}".lstrip(".") for name in names for dag in look.DAGS]
    return Answers({}, {name: dag_of(name) for name in ids}, {name: [run_of(name)] for name in ids})


def looked(places, said, **more):
    return look.look(places, look.catalog(places), said, WELL, None, now=NOW, **more)


def test_a_lone_pipeline_that_is_well_is_one_word(places):
    status = looked(places(), answers(""))
    (row,) = status.pipelines
    assert (row.name, row.file, row.state, row.text, row.day) == ("", "pipeline.toml", "ok", "fine", date(2026, 1, 9))
    assert (status.text, status.made) == ("all is well", NOW)


def test_several_have_a_row_each_and_the_worst_is_first(places):
    there = places(*NAMES)
    drift(there.data_root / "orders", YESTERDAY, "alarm", age="alarm")
    status = looked(there, answers(*NAMES))
    assert [(row.name, row.state) for row in status.pipelines] == [("orders", "bad"), ("churn", "ok")]
    assert status.text == "1 of 2 pipelines needs you"
    assert status.pipelines[0].drift.report == "orders/reports/predict/2026-01-09/report.html"


def test_a_file_that_is_wrong_is_a_row_and_the_others_are_as_they_are(places):
    there = places(*NAMES)
    (there.config.parent / "pipelines/orders.toml").write_text("[table")
    status = looked(there, answers(*NAMES))
    assert [(row.name, row.state) for row in status.pipelines] == [("orders", "bad"), ("churn", "ok")]
    assert "mend pipelines/orders.toml" in status.pipelines[0].wrong.remedy


def test_a_lone_file_that_is_wrong_is_a_row_too(places):
    there = places()
    there.config.write_text("[table")
    (row,) = looked(there, answers("")).pipelines
    assert (row.file, row.state) == ("pipeline.toml", "bad")


def test_without_airflow_the_disk_is_told_all_the_same(places):
    (row,) = looked(places(), Answers(why="Airflow does not answer")).pipelines
    assert (row.state, row.text) == ("unknown", "Airflow does not answer")
    assert (row.champion.state, row.predictions.rows, row.lacks.state) == ("ok", 2000, "ok")


def test_what_breaks_one_cell_leaves_the_others(places, monkeypatch):
    def broken(*_):
        raise ZeroDivisionError("of the test's own")

    monkeypatch.setattr(look.on_disk, "drift", broken)
    (row,) = looked(places(), answers("")).pipelines
    assert (row.drift.state, row.drift.level) == ("unknown", None)
    assert {cell.state for name, cell in row.cells() if name != "drift"} == {"ok"}


@pytest.fixture
def near(places, tmp_path, monkeypatch):
    """The same by relative paths, which somebody else may go, too."""

    def make(*names):
        there = places(*names)
        tmp_path.chmod(0o755)
        monkeypatch.chdir(tmp_path)
        return look.Places(Path("pipeline.toml"), Path("data"), Path("mails"), there.stack)

    return make


@pytest.mark.parametrize("folder", ["", "reports", "reports/predict", "predictions"])
def test_a_folder_that_may_not_be_read_is_unknown_for_its_pipeline_alone(near, folder):
    there = near(*NAMES)
    drift(there.data_root / "orders", YESTERDAY, "ok")
    with closed(there.data_root / "orders" / folder):
        status = looked(there, answers(*NAMES))
    assert [(row.name, row.state) for row in status.pipelines] == [("orders", "unknown"), ("churn", "ok")]
    assert "Permission denied" in status.pipelines[0].text
    assert status.pipelines[0].drift.state == ("ok" if folder == "predictions" else "unknown")


def test_mails_that_may_not_be_seen_are_not_none(near):
    there = near()
    (there.mails / "pipelines").mkdir()
    with closed(there.mails / "pipelines"):
        status = looked(there, answers(""))
    assert (status.mails.state, status.pipelines[0].state) == ("unknown", "ok")


def test_a_word_of_a_backup_that_nobody_wrote_is_unknown_for_itself_alone(places):
    there = places()
    for made in ("2026-01-09T07:00:00", "0001-01-01T00:00:00+14:00"):
        (there.data_root / ".backed-up").write_text(f'{{"made": "{made}", "folder": "/backups/x"}}')
        status = looked(there, answers(""))
        assert (status.backup.state, status.pipelines[0].state) == ("unknown", "ok"), made


def test_a_run_that_airflow_writes_in_another_form_is_unknown_for_its_dag_alone(places):
    said = answers("")
    del said.runs["predict"][0]["run_after"]
    (row,) = looked(places(), said).pipelines
    assert (row.predict.state, row.predict.dag, row.train.state, row.champion.state) == (
        "unknown",
        "predict",
        "ok",
        "ok",
    )


def test_one_pipeline_alone_can_be_asked_for(places):
    assert [row.name for row in looked(places(*NAMES), answers(*NAMES), chosen="orders").pipelines] == ["orders"]


@pytest.mark.parametrize(("names", "named"), [(NAMES, ""), (NAMES[:1], " PIPELINE=churn")])
def test_room_is_made_in_all_pipelines_where_there_are_several(places, monkeypatch, names, named):
    there = places(*names)
    monkeypatch.setattr(look.storage, "LITTLE", 1.0)
    assert looked(there, answers(*names)).disk.remedy == f"make prune KEEP_DAYS=90{named}"


def test_mails_of_a_pipeline_that_is_gone_are_the_stacks(places):
    there = places(*NAMES)
    for folder in ("pipelines/churn", "pipelines/gone", ""):
        (there.mails / folder / "new").mkdir(parents=True)
        (there.mails / folder / "new" / "1").touch()
    status = looked(there, answers(*NAMES))
    assert status.mails.waiting == 2
    assert {row.name: row.mails.waiting for row in status.pipelines} == {"churn": 1, "orders": 0}


def test_no_data_at_all_is_no_error(tmp_path):
    write_pipelines(tmp_path / "pipeline.toml", (), pipeline("files"))
    (tmp_path / "data").mkdir()
    there = look.Places(tmp_path / "pipeline.toml", tmp_path / "data", None, "microstep")
    status = looked(there, answers(""))
    assert (status.pipelines[0].champion.state, status.mails.state) == ("note", "unknown")


def test_the_json_is_what_the_docs_say(places):
    status = msgspec.json.decode(msgspec.json.encode(looked(places(), answers(""))))
    assert (status["format"], status["made"]) == (1, "2026-01-10T07:00:00Z")
    row = status["pipelines"][0]
    assert row["champion"]["since"] == "2026-01-05T04:20:00Z"
    assert row["predict"]["last"]["ended"] == row["predict"]["last"]["due"] == "2026-01-10T03:15:00Z"
    assert row["predictions"] == {
        "state": "ok", "text": "2,000 rows", "remedy": "", "day": "2026-01-09", "done": True, "rows": 2000,
    }  # fmt: skip


def test_a_look_does_not_import_airflow():
    """It takes two seconds of a processor, which a look every half minute must not."""
    code = "import sys, microstep_airflow.status.__main__, microstep_airflow.status.serve; print(*sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not {"airflow", "sqlalchemy", "numpy"} & set(done.stdout.split())
