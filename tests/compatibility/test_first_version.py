"""A data root of the first version, from before the ledger was chained: refused in words, and the way out works."""

import json
import re
import tarfile
from pathlib import Path

import pytest
from steps import Project

STATE = Path(__file__).with_name("state-first.tar.xz")
DAYS, NEXT = ("2026-01-01", "2026-01-02"), "2026-01-03"
CHAMPION = DAYS[-1]


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """As that version left it; without a registry, which no step needs."""
    home = tmp_path_factory.mktemp("first")
    with tarfile.open(STATE) as archive:
        archive.extractall(home, filter="data")
    return Project(home, "")


@pytest.fixture(scope="module")
def refusal(project):
    """What predict says to the old ledger."""
    return project.step("predict", "--day", CHAMPION, code=65)


@pytest.fixture(scope="module")
def adopted(project, refusal):
    """After what the refusal says was typed."""
    (project.data / "ledger.jsonl").rename(project.data / "ledger.first.jsonl")
    words = re.search(r"validate (adopt --to \S+)", refusal)[1].split()
    project.step("validate", *words, "--by", "ada", "--why", "upgrade")
    return project


READ = """
import json, sys
from pathlib import Path
from contract.datasets.files import check
from contract.datasets.manifest import read_manifest
found = {}
for path in sorted(Path("data").rglob("manifest.json")):
    manifest = read_manifest(path.parent)
    for file in manifest.files:
        check(path.parent, file)
    found[path.parent.relative_to("data").as_posix()] = manifest.step
print(json.dumps(found))
"""


def test_every_manifest_is_read_and_every_file_is_the_one_that_it_names(project):
    assert json.loads(project.program("contract", READ)) == {
        f"models/{CHAMPION}": "train",
        f"predictions/{CHAMPION}": "predict",
        **{f"processed/{day}": "preprocess" for day in DAYS},
        **{f"raw/{day}/{part}": "generate" for day in DAYS for part in ("data", "target")},
        f"reports/train/{CHAMPION}": "validate",
    }


def test_a_ledger_without_hashes_is_refused_with_what_to_type_and_nobody_is_accused(refusal, project):
    assert "ledger.jsonl: line 1 has no hash, as the first version wrote lines" in refusal
    assert f"rename the file, keep it, and say which model is in use: validate adopt --to {CHAMPION}" in refusal
    assert "was changed after it was written" not in refusal


def test_what_it_says_puts_the_old_champion_in_use(adopted):
    table = adopted.step("validate", "history")
    assert re.search(rf"adopted +{CHAMPION} v1 .* ada .* upgrade", table)


def test_the_old_model_predicts_the_day_as_it_did(adopted):
    before = adopted.program("predict", SCORES)
    adopted.step("predict", "--day", CHAMPION, "--force")
    assert adopted.program("predict", SCORES) == before
    lines = adopted.step("predict", "trace", "--day", CHAMPION).splitlines()
    assert {line.split()[0] for line in lines if not line.startswith("20")} <= {"ok", "noted", "replaced"}


SCORES = f"""
import pyarrow.dataset as ds, hashlib, json
from pathlib import Path
folder = Path("data/predictions/{CHAMPION}")
files = [folder / file["path"] for file in json.loads((folder / "manifest.json").read_text())["files"]]
table = ds.dataset([file for file in files if file.name.startswith("part-")]).to_table()
columns = [table.column(name).cast("string").to_pylist() for name in ("customer_id", "prediction", "score")]
print(hashlib.sha256(json.dumps(columns).encode()).hexdigest())
"""


def test_a_new_day_is_made_from_old_and_new_rows_and_judged_against_the_old_champion(adopted):
    adopted.step("generate", "--day", NEXT)
    for day in (DAYS[-1], NEXT):
        adopted.step("preprocess", "--day", day)
    adopted.step("train", "--day", NEXT)
    # these few rows do not let the gate decide; a model that was judged is all that counts here
    adopted.step("validate", "--day", NEXT, code=80)
    last = json.loads((adopted.data / "ledger.jsonl").read_text().splitlines()[-1])
    assert (last["from"]["day"], last["to"]["day"]) == (CHAMPION, NEXT)
    adopted.step("predict", "--day", NEXT)
