import json
import subprocess
import sys
from dataclasses import replace
from datetime import date

import pytest

from contract.datasets import manifest
from contract.datasets.dataset import Dataset
from contract.datasets.manifest import Input
from contract.datasets.publish import DatasetWriter
from contract.errors import DataError, GateRefused
from contract.layout import Layout
from contract.lock import exclusive_run
from contract.steps.dry_run import DryRun
from contract.steps.plan import PLAN
from contract.steps.run import Run

SETTINGS = {
    "gate": {"margin": 0.01},
    "columns": [{"name": "x", "type": "number", "min": 0}, {"name": "y", "type": "category"}],
    "slices": ["x"],
}
INPUTS = (Input("raw/2026-01-01/data", "a" * 64), Input("raw/2026-01-02/data", "b" * 64))


@pytest.fixture(autouse=True)
def nothing_is_planned(monkeypatch):
    monkeypatch.setattr(manifest, "PLANNED", {})
    for module in ("dry_run", "plan"):
        monkeypatch.setattr(f"contract.steps.{module}.PLANNED", manifest.PLANNED)


@pytest.fixture
def run(tmp_path, config):
    package = tmp_path / "code" / "train"
    package.mkdir(parents=True)
    (package / "work.py").write_text("")
    (tmp_path / "data").mkdir(exist_ok=True)
    return Run("train", package, date(2026, 1, 1), tmp_path / "data", config, dry_run=DryRun())


@pytest.fixture
def made(run):
    """A dataset that SETTINGS and INPUTS have made."""
    path = run.layout.model(run.day)
    with DatasetWriter(path) as writer:
        writer.file("card", "card.json").write_text("{}")
        writer.publish(run.recipe(SETTINGS, *INPUTS), {}, {})
    return path


def reasons(run, path, recipe):
    run.dry_run.would_write(run, path, recipe)
    return run.dry_run.intents[-1].why


def test_a_dataset_that_is_up_to_date_is_left(run, made):
    assert run.up_to_date(made, run.recipe(SETTINGS, *INPUTS))
    (intent,) = run.dry_run.intents
    assert (intent.what, intent.why, intent.manifest) == ("models/2026-01-01", (), None)


def test_nothing_is_swept(run, made):
    (made / ".staging-dead").mkdir()
    assert run.up_to_date(made, run.recipe(SETTINGS, *INPUTS))
    assert (made / ".staging-dead").exists()


def test_the_settings_that_changed_are_named_with_both_values(run, made):
    x, y = SETTINGS["columns"]
    now = {"gate": {"margin": 0.02}, "columns": [x | {"min": 1}, y, {"name": "z", "type": "text"}], "slices": ["x"]}
    assert reasons(run, made, run.recipe(now, *INPUTS)) == (
        "gate.margin: was 0.01, is 0.02",
        "columns.x.min: was 0, is 1",
        'columns.z: was not there, is {"type":"text"}',
    )


def test_another_order_of_columns_is_told(run, made):
    now = SETTINGS | {"columns": SETTINGS["columns"][::-1]}
    assert reasons(run, made, run.recipe(now, *INPUTS)) == ("columns: in another order",)


def test_the_inputs_that_changed_came_or_went_are_named(run, made):
    now = (replace_sha(INPUTS[0], "c"), Input("raw/2026-01-03/data", "d" * 64))
    assert reasons(run, made, run.recipe(SETTINGS, *now)) == (
        "raw/2026-01-01/data is another one now",
        "raw/2026-01-03/data is new",
        "raw/2026-01-02/data is no longer part of it",
    )


def replace_sha(given, letter):
    return Input(given.path, letter * 64)


def test_an_input_that_an_earlier_step_would_make_again_is_told_as_such(run, made):
    raw = run.root / "raw" / "2026-01-01" / "data"
    run.dry_run.would_write(run, raw, run.recipe({"of": "raw"}), counts={"rows_out": 7}, columns=["id"])
    planned = Dataset.open(raw)
    assert (planned.rows(), [field.name for field in planned.manifest.schema]) == (7, ["id"])
    now = (planned.as_input(run.root), INPUTS[1])
    assert reasons(run, made, run.recipe(SETTINGS, *now)) == ("raw/2026-01-01/data is made again first",)
    assert not raw.exists()


def test_other_code_force_and_damage_are_told(run, made):
    (file,) = Dataset.open(made).manifest.files
    same = run.recipe(SETTINGS, *INPUTS)
    assert reasons(replace(run, force=True), made, same) == ("--force",)
    manifest.PLANNED.clear()
    (made / file.path).write_text("{ }")
    assert run.up_to_date(made, same) is None
    assert reasons(run, made, same) == ("it is damaged",)
    manifest.PLANNED.clear()
    assert reasons(run, made, replace(same, code="other")) == ("it was made by other code of train",)
    manifest.PLANNED.clear()
    assert reasons(run, run.layout.model("2026-01-09"), same) == ("it is not there",)


def tree(root):
    return {
        str(path.relative_to(root)): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
        for path in [root, *root.rglob("*")]
    }


def test_the_command_line_writes_nothing_not_even_a_lock(call, tmp_path):
    before = tree(tmp_path / "data")
    seen = []
    assert call(seen.append, "--day", "2026-01-02", "--dry-run") == 0
    assert seen[0].dry_run is not None
    assert tree(tmp_path / "data") == before


def test_what_was_taken_for_written_is_not_in_the_run_that_comes_next(call, tmp_path):
    def write(run):
        run.dry_run.would_write(run, run.layout.model(run.day), run.recipe({}))
        assert Dataset.open(run.layout.model(run.day))

    assert call(write, "--day", "2026-01-02", "--dry-run") == 0
    assert manifest.PLANNED == {}


def test_what_would_be_refused_ends_with_the_same_code(call, capfd):
    def refuse(run):
        raise GateRefused("models/2026-01-02: refused: too weak")

    assert call(refuse, "--day", "2026-01-02", "--dry-run") == 80
    assert "would end with exit 80: models/2026-01-02: refused: too weak" in capfd.readouterr().err


def test_a_day_at_which_another_run_works_is_refused_without_waiting(call, tmp_path, capfd):
    layout = Layout(tmp_path / "data")
    with exclusive_run(layout, "train", date(2026, 1, 3)):
        pass  # the file of locks is there
    holder = (
        "import fcntl, sys, time; f = open(sys.argv[1], 'r+'); fcntl.lockf(f, fcntl.LOCK_EX, 1, int(sys.argv[2]));"
        "print(flush=True); time.sleep(60)"
    )
    words = [sys.executable, "-c", holder, layout.lock("train"), str(date(2026, 1, 2).toordinal())]
    with subprocess.Popen(words, stdout=subprocess.PIPE) as other:
        other.stdout.readline()
        assert call(lambda run: None, "--day", "2026-01-02", "--dry-run") == 75
        assert call(lambda run: None, "--day", "2026-01-03", "--dry-run") == 0
        other.kill()
    assert "another run is at work" in capfd.readouterr().err


def test_a_command_that_would_be_done_all_the_same_is_refused(call, capfd, monkeypatch):
    for words, variable in (
        (["--dry-run", "plan", "--days", "2026-01-01"], None),
        (["plan", "--days", "2026-01-01"], "1"),
    ):
        if variable:
            monkeypatch.setenv("MICROSTEP_DRY_RUN", variable)
        with pytest.raises(SystemExit) as end:
            call(lambda run: None, *words, commands=(PLAN,))
        assert end.value.code == 64
        assert "goes with a day's work, not with 'plan'" in capfd.readouterr().err


def test_a_plan_tells_each_day_on_what_the_steps_before_would_write(call, tmp_path, monkeypatch, capfd):
    def generate(run):
        run.dry_run.would_write(run, run.layout.raw_data(run.day), run.recipe({}), counts={"rows_out": 3})

    def train(run):
        if run.day == "2026-01-02":
            raise DataError("no")
        data = Dataset.open(run.layout.raw_data(run.day))
        run.dry_run.would_write(run, run.layout.model(run.day), run.recipe({"rows": data.rows()}))

    assert call(generate, "plan", "--days", "2026-01-01", commands=(PLAN,)) == 0
    told = tmp_path / "told"
    told.write_text(capfd.readouterr().out)
    manifest.PLANNED.clear()
    monkeypatch.setattr("sys.stdin", told.open())
    assert call(train, "plan", "--after", "--days", "2026-01-01", "2026-01-02", commands=(PLAN,)) == 0
    first, second = map(json.loads, capfd.readouterr().out.splitlines())
    assert [intent["what"] for intent in first["intents"]] == ["models/2026-01-01"]
    assert first["intents"][0]["manifest"]["settings"] == {"rows": 3}
    assert (second["day"], second["code"], second["error"]) == ("2026-01-02", 65, "no")
    assert sorted(path.name for path in (tmp_path / "data").iterdir()) == []
