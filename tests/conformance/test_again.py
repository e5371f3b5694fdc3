"""The same day again: nothing is done twice, and doing it again by force changes no byte."""

import json

import pytest
from chain import DAY, WRITES, contents, manifest
from images import run

PREDICT = """
import hashlib, sys, joblib, pandas as pd
model = joblib.load(sys.argv[1])
rows = pd.read_parquet(sys.argv[2])[list(model.feature_names_in_)]
scores = model.predict_proba(rows) if hasattr(model, "predict_proba") else model.predict(rows)
assert len(scores) > 100
print(hashlib.sha256(scores.tobytes()).hexdigest())
"""
HEAVY = ("numpy", "pyarrow", "pandas", "scipy", "sklearn", "joblib", "mlflow", "sqlalchemy", "jinja2")
IMPORTED = """
import importlib, sys
step, day, *heavy = sys.argv[1:]
sys.argv = [step, "--day", day]
code = importlib.import_module(f"{step}.__main__").main()
print(code, *[name for name in heavy if name in sys.modules])
"""
OTHER_MACHINE = {
    "LANG": "tr_TR.UTF-8",
    "LC_ALL": "tr_TR.UTF-8",
    "TZ": "Pacific/Kiritimati",
    "PYTHONHASHSEED": "4711",
}


def times(root):
    return {path: path.stat().st_mtime_ns for path in sorted(root.rglob("*"))}


def model_scores(root):
    """A hash of what the model of DAY says about the rows of DAY."""
    model = manifest(root, f"models/{DAY}")["files"]
    rows = manifest(root, f"processed/{DAY}")["files"]
    [model] = [file["path"] for file in model if file["role"] == "model"]
    [rows] = [file["path"] for file in rows if file["role"] == "rows"]
    ended = run("train", f"/data/models/{DAY}/{model}", f"/data/processed/{DAY}/{rows}", data=root, python=PREDICT)
    assert ended.code == 0, ended.err
    return ended.out


def result(root, step):
    """What must be the same: every byte but the manifest's `run`; of a model, what it predicts."""
    if step == "train":
        document = manifest(root, WRITES[step][0])
        return {key: document[key] for key in ("fingerprint", "inputs", "settings", "counts")}, model_scores(root)
    parts = {name: data for name, data in contents(root, step).items() if not name.endswith("/manifest.json")}
    assert parts
    return parts, [manifest(root, dataset) for dataset in WRITES[step]]


def test_a_second_run_says_up_to_date_and_changes_no_byte(step, after, config):
    state = times(after)
    ended = run(step, "--day", DAY, data=after, config=config)
    assert ended.code == 0, ended.err
    for dataset in WRITES[step]:
        assert f"{dataset}: up to date" in ended.err
    assert times(after) == state


def test_a_second_run_imports_nothing_heavy(step, after, config):
    ended = run(step, step, DAY, *HEAVY, data=after, config=config, python=IMPORTED)
    assert "up to date" in ended.err
    assert ended.out.split() == ["0"]


@pytest.mark.parametrize("env", [{}, OTHER_MACHINE], ids=["here", "other locale, time zone and hash seed"])
def test_force_does_the_work_again_and_makes_the_same(step, after, config, env):
    state = result(after, step)
    made = [(after / dataset / "manifest.json").stat().st_mtime_ns for dataset in WRITES[step]]
    ended = run(step, "--day", DAY, "--force", data=after, config=config, env=env)
    assert ended.code == 0, ended.err
    again = [(after / dataset / "manifest.json").stat().st_mtime_ns for dataset in WRITES[step]]
    assert all(new > old for new, old in zip(again, made, strict=True))
    assert result(after, step) == state


def test_a_damaged_part_is_noticed_and_made_again(step, after, config):
    state = result(after, step)
    for dataset in WRITES[step]:
        part = after / dataset / json.loads((after / dataset / "manifest.json").read_text())["files"][0]["path"]
        part.write_bytes(b"x" * part.stat().st_size)
    ended = run(step, "--day", DAY, data=after, config=config)
    assert ended.code == 0, ended.err
    assert "must have sha256" in ended.err
    assert result(after, step) == state
