"""Whole runs through Airflow itself, with `dag.test()` and the process runner."""

import json
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path
from typing import ClassVar
from zoneinfo import ZoneInfo

import fake_reports
import pytest
from conftest import ROOT, pipeline

from contract.datasets.manifest import Manifest, encode
from contract.layout import STEPS

DAGS = ROOT / "airflow" / "dags"
# writes what the next ones wait for, and ends as the file `plan` beside the environments says
FAKE_STEP = """#!/bin/bash
step=$2; shift 2
words=(); while [ "$1" != --day ]; do words+=("$1"); shift; done
day=$2 root=$4
echo "$step${words[*]:+ ${words[*]}} $day" >> $root/steps_run
while read -r failing on code message; do
  if [ "$failing $on" = "${words[0]:-$step} $day" ]; then
    echo "2026-11-23 18:00:00,123 ERROR $step: $message" >&2
    exit $code
  fi
done < $root/../plan
if [ $step = generate ]; then
  mkdir -p $root/raw/$day/{data,target}
  cp $root/../manifest.json $root/raw/$day/data/manifest.json
  cp $root/../manifest.json $root/raw/$day/target/manifest.json
fi
if [ $step = validate ]; then mkdir -p $root/models; touch $root/models/champion.json; fi
"""


A_DATASET = Manifest(
    step="generate",
    day="2026-01-01",
    fingerprint="f",
    code="c0de",
    settings={},
    inputs=[],
    schema=[],
    files=[],
    counts={"rows_in": 1, "rows_out": 1, "rejected": 0},
    notes={},
    run={},
)


class Machine:
    """A checkout's worth of settings, and an Airflow of its own on SQLite."""

    database: ClassVar[bytes | None] = None
    """As `microstep_airflow.prepare` made it for the first of them: each begins with one like it, without its seconds."""

    def __init__(self, directory, home, config):
        self.data = directory / "data"
        self.data.mkdir()
        (directory / "manifest.json").write_bytes(encode(A_DATASET))
        (directory / "pipeline.toml").write_text(config)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(directory),
            "PYTHONPATH": f"{ROOT}/libs/contract:{ROOT}/airflow",
            "AIRFLOW_HOME": str(directory / "airflow"),
            "AIRFLOW__CORE__DAGS_FOLDER": str(DAGS),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "MICROSTEP_RUNNER": "process",
            "MICROSTEP_HOME": str(home),
            "MICROSTEP_DATA_ROOT": str(self.data),
            "MICROSTEP_CONFIG": str(directory / "pipeline.toml"),
        }
        database = directory / "airflow" / "airflow.db"
        if Machine.database is None:
            self.run("-m", "microstep_airflow.prepare", "3")
            Machine.database = database.read_bytes()
        else:
            database.parent.mkdir()
            database.write_bytes(Machine.database)

    def run_dags(self, *runs):
        """The outcome of each run, given as "dag=day", in order."""
        output = self.run(Path(__file__).with_name("run_dag.py"), DAGS, *runs)
        self.questions = [json.loads(line[9:]) for line in output.splitlines() if line.startswith("QUESTION ")]
        return [json.loads(line[8:]) for line in output.splitlines() if line.startswith("DAG_RUN ")]

    def run(self, *arguments):
        command = [sys.executable, *map(str, arguments)]
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=300, check=False)
        assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-4000:]
        return done.stdout


def pretender(directory, plan, approval):
    """A machine whose steps only pretend, and end as planned."""
    for step in STEPS:
        python = directory / ".venvs" / step / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(FAKE_STEP)
        python.chmod(0o755)
    (directory / "plan").write_text(plan)
    no_recipients = pipeline(approval=approval).replace('to = ["team@example.com", "night@example.com"]', "to = []")
    return Machine(directory, directory, no_recipients)


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """What happened there: the outcome of each run, and the steps in their order."""
    plan = "generate 2026-01-05 65 broken\npreprocess 2026-01-02 65 bad rows\nvalidate 2026-01-01 80 not better\n"
    machine = pretender(tmp_path_factory.mktemp("machine"), plan, "automatic")
    champion = machine.data / "models" / "champion.json"
    champion.parent.mkdir()
    champion.touch()
    days = ("generate=2026-01-05", "generate=2026-01-01", "generate=2026-01-02", "train=2026-01-01")
    days += ("predict=2026-01-01", "train=2026-01-02")
    outcomes = dict(zip(days, machine.run_dags(*days), strict=True))
    return outcomes, (machine.data / "steps_run").read_text().splitlines()


def test_each_step_runs_once_and_in_its_order(runs):
    _, steps = runs
    assert steps[:-2] == [
        "generate 2026-01-05",
        "generate 2026-01-01",
        "generate 2026-01-02",
        "preprocess 2026-01-01",
        "train 2026-01-01",
        "validate 2026-01-01",
        "preprocess 2026-01-01",
        "predict 2026-01-01",
    ]
    # the window of the second training
    assert sorted(steps[-2:]) == ["preprocess 2026-01-01", "preprocess 2026-01-02"]


def test_a_refused_challenger_is_skipped_and_the_run_is_a_success(runs):
    refused = runs[0]["train=2026-01-01"]
    assert refused["state"] == "success"
    assert refused["tasks"]["train"] == "success"
    assert refused["tasks"]["validate"] == "skipped"


def test_a_day_that_cannot_be_brought_in_fails_the_run(runs):
    """The task after it, which looks whether a training is due, must not make a success of it."""
    failed = runs[0]["generate=2026-01-05"]
    assert failed["tasks"]["generate_0"] == "failed"
    assert failed["tasks"]["first_training"] == "skipped"
    assert failed["tasks"]["all_days"] == "upstream_failed"
    assert failed["state"] == "failed"


def test_a_day_that_fails_stops_the_training(runs):
    failed = runs[0]["train=2026-01-02"]
    assert failed["state"] == "failed"
    assert failed["tasks"]["preprocess_0"] == "success"
    assert failed["tasks"]["preprocess_1"] == "failed"
    assert failed["tasks"]["train"] == failed["tasks"]["validate"] == "upstream_failed"


@pytest.fixture(scope="module")
def several(tmp_path_factory):
    """What happened to runs for several days, of one of which the rows are bad: their tasks, and the steps."""
    machine = pretender(tmp_path_factory.mktemp("several"), "preprocess 2026-01-02 65 bad rows\n", "automatic")
    champion = machine.data / "models" / "champion.json"
    champion.parent.mkdir()
    champion.touch()
    conf = '{"from": "2026-01-01", "to": "2026-01-03"}'
    outcomes = machine.run_dags(f"generate={conf}", f"predict={conf}")
    return outcomes, (machine.data / "steps_run").read_text().splitlines()


def test_each_of_several_days_is_done_both_ends_included(several):
    (generated, _), steps = several
    assert generated["state"] == "success"
    assert sorted(step for step in steps if step.startswith("generate")) == [
        f"generate 2026-01-{number:02}" for number in (1, 2, 3)
    ]


def test_a_day_that_fails_holds_up_none_of_the_others_and_the_run_says_so(several):
    (_, predicted), steps = several
    assert predicted["state"] == "failed"
    assert [predicted["tasks"][f"preprocess_{number}"] for number in range(3)] == ["success", "failed", "success"]
    assert [predicted["tasks"][f"predict_{number}"] for number in range(3)] == ["success", "upstream_failed", "success"]
    assert sorted(step for step in steps if step.startswith("predict")) == ["predict 2026-01-01", "predict 2026-01-03"]


@pytest.fixture(scope="module")
def answered(tmp_path_factory):
    """What happened where a person has the last word: the outcome of each run, the steps, the questions."""
    machine = pretender(tmp_path_factory.mktemp("asked"), "refuse 2026-01-02 80 refused by ada\n", "manual")
    for day in ("2026-01-01", "2026-01-02", "2026-01-03"):
        fake_reports.verdict(machine.data, "proposed", day)
        fake_reports.ledger_line(machine.data, "2026-01-04T03:00:00+00:00", day, "proposed")
        for part in ("data", "target"):
            (machine.data / "raw" / day / part).mkdir(parents=True)
            (machine.data / "raw" / day / part / "manifest.json").write_bytes(encode(A_DATASET))
    fake_reports.ledger_line(machine.data, "2026-01-04T03:01:00+00:00", "2026-01-03", "promoted", by="eve")
    requests = ("train=2026-01-01=Approve=", "train=2026-01-02=Refuse=--by=eve; rm -r /", "train=2026-01-03")
    outcomes = machine.run_dags(*requests)
    answers = [line for line in (machine.data / "steps_run").read_text().splitlines() if "--by" in line]
    return [outcome["tasks"] for outcome in outcomes], answers, machine.questions


def test_a_persons_yes_is_carried_out_in_that_persons_name(answered):
    tasks, answers, _ = answered
    assert (tasks[0]["validate"], tasks[0]["ask"], tasks[0]["decide"]) == ("success",) * 3
    assert answers[0] == "validate approve --by=ada 2026-01-01"


def test_a_persons_no_is_carried_out_with_the_reason_and_skips(answered):
    tasks, answers, _ = answered
    assert (tasks[1]["ask"], tasks[1]["decide"]) == ("success", "skipped")
    assert answers[1:] == ["validate refuse --by=ada --why=--by=eve; rm -r / 2026-01-02"]


def test_nobody_is_asked_about_what_was_decided_before(answered):
    tasks, _, questions = answered
    assert (tasks[2]["validate"], tasks[2]["ask"], tasks[2]["decide"]) == ("success", "skipped", "skipped")
    assert len(questions) == 2


def test_the_question_says_day_scores_rules_and_where_the_report_is(answered):
    subject, body = answered[2][0]
    assert subject == "May the challenger of 2026-01-01 become champion?"
    for part in (
        "**roc_auc** 0.8644, the champion's is 0.8612 (+0.0032)",
        "- passed: roc_auc 0.8644 reaches gate.minimums.roc_auc 0.7",
        "`reports/train/2026-01-01/report.html`",
        "within 6 days",
    ):
        assert part in body


MISSING = [step for step in STEPS if not (ROOT / ".venvs" / step / "bin" / "python").exists()]


@pytest.mark.skipif(MISSING != [], reason=f"no environment for {', '.join(MISSING)}: dev/env {' '.join(MISSING)}")
def test_the_real_steps_bring_synthetic_data_to_predictions(tmp_path):
    config = (ROOT / "pipeline.toml").read_text()
    for old, new in [("window_days = 7", "window_days = 2"), ("rows = 2000", "rows = 1000"), ("to = [", "to = [] #")]:
        assert old in config
        config = config.replace(old, new)
    machine = Machine(tmp_path, ROOT, config)
    outcomes = machine.run_dags("generate=2026-01-01", "generate=2026-01-02", "train=2026-01-02", "predict=2026-01-02")
    assert [outcome["state"] for outcome in outcomes] == ["success"] * 4, outcomes
    assert outcomes[2]["tasks"]["validate"] == "success"
    committed = {path.relative_to(machine.data).as_posix() for path in machine.data.rglob("*.json")}
    assert {
        "raw/2026-01-02/data/manifest.json",
        "processed/2026-01-02/manifest.json",
        "models/2026-01-02/manifest.json",
        "models/champion.json",
        "predictions/2026-01-02/manifest.json",
    } <= committed


@pytest.mark.skipif(MISSING != [], reason=f"no environment for {', '.join(MISSING)}: dev/env {' '.join(MISSING)}")
def test_labels_of_many_days_in_one_file_are_all_in_after_one_run(tmp_path):
    machine = Machine(tmp_path, ROOT, pipeline("files"))
    yesterday = datetime.now(ZoneInfo("Europe/Berlin")).date() - timedelta(days=1)
    days = [str(yesterday - timedelta(days=number)) for number in range(3)]
    for day in days:
        folder = machine.data / "inbox" / day
        folder.mkdir(parents=True)
        (folder / "rows.csv").write_text(f"id,x\n{day}-1,1\n{day}-2,2\n")
        (folder / "_SUCCESS").touch()
    [first] = machine.run_dags("generate={}")
    assert first["state"] == "success"
    assert not list(machine.data.glob("raw/*/target"))
    labels = machine.data / "inbox" / "labels"
    labels.mkdir()
    (labels / "all.csv").write_text("id,y\n" + "".join(f"{day}-1,yes\n" for day in days))
    [second] = machine.run_dags("generate={}")
    assert second["state"] == "success", second
    assert sorted(path.parent.name for path in machine.data.glob("raw/*/target")) == sorted(days)


def test_an_airflow_without_our_local_settings_takes_a_day_to_come_and_its_first_task_fails_at_once(tmp_path):
    (tmp_path / "airflow_local_settings.py").touch()
    machine = pretender(tmp_path, "", "automatic")
    machine.environment["PYTHONPATH"] = f"{tmp_path}:{machine.environment['PYTHONPATH']}"
    refused = {
        outcome["dag"]: outcome
        for outcome in machine.run_dags("generate=2999-01-05", "train=2025-12-31", "predict=2999-01-05")
    }
    assert {outcome["state"] for outcome in refused.values()} == {"failed"}
    assert refused["generate"]["tasks"]["days"] == "failed"
    assert refused["train"]["tasks"]["window"] == "failed"
    assert refused["predict"]["tasks"]["days"] == "failed"
    assert not (machine.data / "steps_run").exists()
