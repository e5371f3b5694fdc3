"""./microstep in a checkout whose environments are there: every step dry and for real, the plan, a file that is checked."""

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DAYS = ("2026-11-22", "2026-11-23")
STEPS = ("generate", "preprocess", "train", "validate", "predict")
CONFIG = """
[source]
kind = "files"
delimiter = ";"

[table]
key = "id"
target = "back"
task = "binary"
positive = "yes"

[columns.id]
type = "text"
role = "ignore"

[columns.amount]
type = "number"
min = 0

[columns.visits]
type = "integer"

[columns.back]
type = "category"
values = ["no", "yes"]

[training]
window_days = 2

[[training.candidates]]
name = "linear"
estimator = "sklearn.linear_model.LogisticRegression"

[schedule]
first_day = 2026-11-22
"""


@pytest.fixture(scope="module", autouse=True)
def environments():
    subprocess.run([ROOT / "dev" / "env", *STEPS], check=True)


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A data root with two days in its inbox, and a configuration beside it."""
    home = tmp_path_factory.mktemp("place")
    (home / "pipeline.toml").write_text(CONFIG)
    draw = random.Random(0)
    for day in DAYS:
        inbox = home / "data" / "inbox" / day
        inbox.mkdir(parents=True)
        lines = []
        for number in range(400):
            amount, visits = abs(draw.gauss(100, 30)), draw.randrange(9)
            back = "yes" if amount + 5 * visits + draw.gauss(0, 10) > 120 else "no"
            lines.append(f"{day}-{number};{amount:.2f};{visits};{back}")
        (inbox / "rows.csv").write_text("\n".join(["id;amount;visits;back", *lines]) + "\n")
        (inbox / "_SUCCESS").touch()
    return home


def microstep(place, *words, cwd="/", **variables):
    env = {name: value for name, value in os.environ.items() if not name.startswith(("MICROSTEP_", "MLFLOW_"))}
    env.pop("PYTHONDONTWRITEBYTECODE", None)
    env |= {"MICROSTEP_CONFIG": str(place / "pipeline.toml"), "MICROSTEP_DATA_ROOT": str(place / "data"), **variables}
    done = subprocess.run([ROOT / "microstep", *words], cwd=cwd, env=env, capture_output=True, text=True, check=False)
    print(done.stdout, done.stderr, file=sys.stderr)
    return done


def tree(place):
    """Everything in the data root: kind, time of change, content."""
    root = place / "data"
    return {
        path.relative_to(root).as_posix(): (path.stat().st_mtime_ns, path.read_bytes() if path.is_file() else None)
        for path in [root, *root.rglob("*")]
    }


def dry(place, step, day, *options):
    """A dry run, which leaves every byte and every time of change as it was."""
    before = tree(place)
    done = microstep(place, step, "--day", day, "--dry-run", *options)
    assert tree(place) == before
    return done


def test_each_step_tells_what_it_would_do_does_it_and_then_finds_it_done(place):
    assert dry(place, "preprocess", DAYS[0]).returncode == 66
    assert dry(place, "train", DAYS[1]).returncode == 66
    refused = dry(place, "predict", DAYS[1])
    assert refused.returncode == microstep(place, "predict", "--day", DAYS[1]).returncode == 66
    assert "would end with exit 66: " in refused.stderr
    for day in DAYS:
        for step, what in (("generate", f"raw/{day}/data"), ("preprocess", f"processed/{day}")):
            assert f"would write {what}: it is not there" in dry(place, step, day).stderr
            assert microstep(place, step, "--day", day).returncode == 0
    assert "would write models/2026-11-23: it is not there" in dry(place, "train", DAYS[1]).stderr
    assert microstep(place, "train", "--day", DAYS[1]).returncode == 0
    told = dry(place, "validate", DAYS[1])
    assert "would write reports/train/2026-11-23: it is judged, there is no champion; it is not there" in told.stderr
    assert microstep(place, "validate", "--day", DAYS[1]).returncode == 0
    told = dry(place, "predict", DAYS[1])
    assert "would write predictions/2026-11-23: it is not there" in told.stderr
    assert "would write reports/predict/2026-11-23: it is not there" in told.stderr
    assert microstep(place, "predict", "--day", DAYS[1]).returncode == 0
    for step in STEPS:
        told = dry(place, step, DAYS[1])
        assert told.returncode == 0
        assert "up to date" in told.stderr
        # the predictions of a day whose labels are known are due to be measured
        live = "would write reports/live/2026-11-23: it is not there"
        assert ("would" in told.stderr, live in told.stderr) == (step == "validate",) * 2


def test_a_mistake_in_training_is_refused_dry_as_it_would_be(place):
    (place / "wrong.toml").write_text(CONFIG.replace("LogisticRegression", "LogisticRegresion"))
    variables = {"MICROSTEP_CONFIG": str(place / "wrong.toml")}
    before = tree(place)
    told = microstep(place, "train", "--day", DAYS[1], "--dry-run", **variables)
    assert told.returncode == 78
    assert "would end with exit 78: " in told.stderr
    assert tree(place) == before


def lines_of(text, title):
    """The lines below a title, joined where they were wrapped."""
    part = text.partition(f"\n{title}\n")[2].partition("\n\n")[0]
    return " ".join(part.split())


def test_the_plan_says_what_an_edit_makes_again_and_what_it_leaves(place):
    before = tree(place)
    plain = microstep(place, "plan", "--day", DAYS[1]).stdout
    assert "preprocess 2026-11-22 to 2026-11-23 up to date train 2026-11-23 up to date" in lines_of(plain, "train")
    assert lines_of(plain, "in all") == "validate 1 day predict 1 day, 400 rows"
    edited = place / "edited.toml"
    edited.write_text(CONFIG.replace("min = 0", "min = 1"))
    plan = microstep(place, "plan", "--day", DAYS[1], MICROSTEP_CONFIG=str(edited)).stdout
    assert "columns.amount.min: was 0.0, is 1.0" in lines_of(plan, "train")
    assert "processed/2026-11-22 to processed/2026-11-23" not in lines_of(plan, "generate")
    assert "processed/2026-11-22 is made again first, processed/2026-11-23 is made again first" in lines_of(
        plan, "train"
    )
    # the own day of a run is always done
    assert "predictions/2026-11-23 is made: processed/2026-11-23 is made again first" in lines_of(plan, "predict")
    assert "answers what the file asks" in lines_of(plan, "champion")
    assert "preprocess 2 days, 800 rows" in lines_of(plan, "in all")
    edited.write_text(CONFIG.replace('name = "linear"', 'name = "linear"\nparams = { C = 0.5 }'))
    plan = microstep(place, "plan", "--day", DAYS[1], MICROSTEP_CONFIG=str(edited)).stdout
    assert "preprocess 2026-11-22 to 2026-11-23 up to date" in lines_of(plan, "train")
    assert "training.candidates.linear.params.C: was not there, is 0.5" in lines_of(plan, "train")
    edited.write_text(
        CONFIG.replace('target = "back"', 'target = "visits"').replace(
            'task = "binary"\npositive = "yes"', 'task = "regression"'
        )
    )
    plan = microstep(place, "plan", "--day", DAYS[1], MICROSTEP_CONFIG=str(edited)).stdout
    assert "cannot answer any more, it was trained for the target back" in lines_of(plan, "champion")
    assert "target: was 'back', is 'visits'" in lines_of(plan, "generate")
    assert tree(place) == before


@pytest.mark.parametrize("form", ["csv", "csv.gz", "parquet", "jsonl"])
def test_a_file_is_checked_in_every_form_and_nothing_is_stored(place, tmp_path, form):
    rows = [("a", "5", 1, "yes"), ("b", "-2", 2, "no"), ("a", "7", 3, "yes"), ("c", "x", 4, "maybe")]
    names, file = ("id", "amount", "visits", "back"), tmp_path / f"day.{form}"
    text = "\n".join(";".join(map(str, row)) for row in (names, *rows)) + "\n"
    match form:
        case "csv":
            file.write_text(text)
        case "csv.gz":
            file.write_bytes(gzip.compress(text.encode()))
        case "jsonl":
            file.write_text(
                "".join(f'{{"id":"{a}","amount":"{b}","visits":{c},"back":"{d}"}}\n' for a, b, c, d in rows)
            )
        case "parquet":
            program = "import pyarrow as pa, pyarrow.parquet as pq, sys, json; rows = json.loads(sys.argv[2])"
            program += f"; pq.write_table(pa.table(dict(zip({names!r}, zip(*rows)))), sys.argv[1])"
            python = ROOT / ".venvs" / "generate" / "bin" / "python"
            subprocess.run([python, "-c", program, file, json.dumps(rows)], check=True)
    before = tree(place)
    done = microstep(place, "preprocess", "--check", str(file.name), cwd=tmp_path)
    assert done.returncode == 65  # three of four are more than may be rejected
    assert done.stdout.splitlines()[0] == (
        "2026-11-22: 4 rows, 1 good, 3 rejected (75.0%, table.max_rejected_fraction allows 5.0%)"
    )
    for part in ("amount: below 0: 1 row", "amount: not a number: 1 row", "id: duplicate: 1 row", "key b: '-2"):
        assert part in done.stdout
    assert f"inbox/2026-11-22/day.{form} row 2, key b" in done.stdout
    assert tree(place) == before
    assert sorted(path.name for path in tmp_path.iterdir()) == [file.name]


def test_a_file_that_no_step_could_read_is_refused_with_the_steps_own_words(place, tmp_path):
    (tmp_path / "day.csv").write_text("id;amount\na;5\n")
    done = microstep(place, "check", str(tmp_path / "day.csv"))
    assert done.returncode == 65
    assert "column 'visits' must be there by pipeline.toml" in done.stderr
    assert microstep(place, "check", "no.csv").returncode == 66
    assert microstep(place, "check").returncode == 64
    assert (
        microstep(place, "check", str(tmp_path / "day.csv"), MICROSTEP_CONFIG=str(ROOT / "pipeline.toml")).returncode
        == 64
    )


def test_completion_has_the_words_of_each_steps_own_help():
    words = [sys.executable, "-c", "import completion; print(completion.text(), end='')"]
    done = subprocess.run(words, cwd=ROOT / "dev", capture_output=True, text=True, check=True)
    assert done.stdout == (ROOT / "ops" / "microstep-completion.bash").read_text(), "type: make generated"


def test_exit_codes_come_through(place):
    assert microstep(place, "train", "--day", "2026-02-30").returncode == 64
    assert microstep(place, "train", "--day", DAYS[0], MICROSTEP_DATA_ROOT="/nowhere").returncode == 66
    assert microstep(place, "train").returncode == 64


def test_a_signal_reaches_the_step_at_once(place, tmp_path):
    (tmp_path / "data").mkdir()
    shipped = (ROOT / "pipeline.toml").read_text()
    (tmp_path / "big.toml").write_text(shipped.replace("\nrows = 2000 ", "\nrows = 20000000 "))
    env = {**os.environ, "MICROSTEP_CONFIG": str(tmp_path / "big.toml"), "MICROSTEP_DATA_ROOT": str(tmp_path / "data")}
    with subprocess.Popen([ROOT / "microstep", "generate", "--day", "2026-11-22"], env=env) as step:
        end = time.monotonic() + 60
        while not list((tmp_path / "data").glob("raw/*/data/.staging-*/part*")) and time.monotonic() < end:
            time.sleep(0.1)
        step.send_signal(signal.SIGTERM)
        assert step.wait(30) == 128 + signal.SIGTERM
    assert list((tmp_path / "data").glob("raw/*/*")) == []
