"""A data root, a ledger and a registry that an earlier version left go on: one story, told in the order of this file."""

import json
import tarfile
from pathlib import Path

import pytest
from steps import Project, registry

STATE = Path(__file__).with_name("state-0.tar.xz")
FIRST, SECOND, NEXT = "2026-01-02", "2026-01-04", "2026-01-05"


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    """As the earlier version left it, with MLflow's server on its database."""
    home = tmp_path_factory.mktemp("earlier")
    with tarfile.open(STATE) as archive:
        archive.extractall(home, filter="data")
    with registry(home / "mlflow") as address:
        yield Project(home, address)


@pytest.fixture(scope="module")
def next_day(project):
    """A day more, through all steps but predict."""
    project.step("generate", "--day", NEXT)
    project.step("preprocess", "--day", SECOND)
    project.step("preprocess", "--day", NEXT)
    project.step("train", "--day", NEXT)
    # these few rows do not let the gate decide; a model that was judged is all that counts here
    project.step("validate", "--day", NEXT, code=80)
    return project


@pytest.fixture(scope="module")
def rolled_back(next_day):
    """The first champion is in use again."""
    next_day.step("validate", "rollback", "--to", FIRST, "--by", "ada")
    return next_day


def ledger(project):
    return [json.loads(line) for line in (project.data / "ledger.jsonl").read_bytes().split(b"\n")[:-1]]


def predictions(project, day):
    """The hash of a day's predictions."""
    manifest = json.loads((project.data / "predictions" / day / "manifest.json").read_bytes())
    return [file["sha256"] for file in manifest["files"]]


@pytest.fixture(scope="module")
def earlier():
    """The hashes of the predictions that the earlier version made, and its ledger's lines."""
    with tarfile.open(STATE) as archive:
        lines = archive.extractfile("data/ledger.jsonl").read().split(b"\n")[:-1]
        return {
            "ledger": [json.loads(line) for line in lines],
            **{
                day: [
                    file["sha256"]
                    for file in json.load(archive.extractfile(f"data/predictions/{day}/manifest.json"))["files"]
                ]
                for day in (FIRST, SECOND)
            },
        }


def test_the_ledgers_chain_holds(project):
    table = project.step("validate", "history").splitlines()
    assert [(row.split()[2], row.split()[3]) for row in table[1:]] == [("promoted", FIRST), ("promoted", SECOND)]


def test_a_trace_of_an_old_prediction_leads_to_its_raw_rows(project):
    lines = project.step("predict", "trace", "--day", FIRST).splitlines()
    assert {line.split()[0] for line in lines} == {"ok", "noted"}
    assert "another code" in lines[0]
    for name in (f"raw/{FIRST}/target", f"models/{FIRST}/model-", "ledger.jsonl"):
        assert any(name in line for line in lines), name


OBSERVED = """
import json, sys
from pathlib import Path
import msgspec
from contract.layout import Layout
from contract.models.ledger import champion_line
from contract.datasets.manifest import read_manifest
from contract.datasets.observed import Observed
layout = Layout(Path("data"))
champions = {}
for path in sorted(layout.root.rglob("manifest.json")):
    manifest = read_manifest(path.parent)
    if manifest.step != "validate":
        observed = msgspec.convert(manifest.run["observed"], Observed)
        champions[layout.name(path.parent)] = observed.champion and observed.champion == champion_line(layout).model
print(json.dumps(champions))
"""


def test_what_each_step_observed_is_read_from_every_old_manifest(project):
    served = json.loads(project.program("contract", OBSERVED))
    assert len(served) == 18
    assert {name for name, champion in served.items() if champion} == {
        f"predictions/{SECOND}",
        f"reports/predict/{SECOND}",
    }


SKIP = """
import os, sys
from pathlib import Path
from microstep_airflow.operators.skip_check import Changed, Machine, up_to_date
home, registry, *asked = sys.argv[1:]
machine = Machine(Path(home, "data"), Path(home, "pipeline.toml"), home, None, registry)  # no image made these
for step, day in zip(asked[::2], asked[1::2]):
    try:
        print(*up_to_date(step, day, machine))
    except Changed as change:
        print("changed:", change)
"""


def test_airflows_skip_check_finds_old_days_up_to_date(project):
    asked = ["predict", SECOND, "predict", FIRST, "preprocess", FIRST, "train", SECOND]
    answers = project.program("airflow", SKIP, str(project.home), project.registry, *asked, paths=("airflow",))
    assert answers.splitlines() == [
        f"predictions/{SECOND} reports/predict/{SECOND}",
        f"changed: the champion is {SECOND} v2 now",
        f"processed/{FIRST}",
        f"models/{SECOND}",
    ]


def test_the_same_day_is_predicted_again_byte_for_byte(project, earlier):
    project.step("predict", "--day", SECOND, "--force")
    assert predictions(project, SECOND) == earlier[SECOND]


def test_a_new_day_is_trained_and_judged_against_the_old_champion(next_day, earlier):
    lines = ledger(next_day)
    assert lines[:2] == earlier["ledger"]
    # of its rarer class there are fewer test rows than gate.min_test_rows asks for, which the earlier version did not count
    assert (lines[2]["decision"], lines[2]["from"]["day"], lines[2]["to"]["version"]) == ("undecided", SECOND, "3")
    assert "are of the rarer class 'yes', which are fewer than gate.min_test_rows 50" in lines[2]["why"]
    assert lines[2]["previous"] == lines[1]["hash"]
    next_day.step("validate", "history")


def test_a_rollback_to_a_champion_of_the_earlier_version_is_served_as_it_was(rolled_back, earlier):
    assert (ledger(rolled_back)[-1]["decision"], ledger(rolled_back)[-1]["by"]) == ("rolled_back", "ada")
    rolled_back.step("predict", "--day", FIRST)
    assert predictions(rolled_back, FIRST) == earlier[FIRST]
    assert f"by champion {FIRST} v1" in rolled_back.step("predict", "--day", NEXT)
