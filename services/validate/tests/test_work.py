"""The step as it is run: what becomes the champion, what is recorded, and how it ends."""

import os
import subprocess
import sys

import conftest
import joblib
import msgspec
import pyarrow as pa
import pytest

from contract.datasets.dataset import Dataset
from contract.datasets.manifest import encode, read_manifest
from contract.layout import MANIFEST
from contract.models.champion import Champion
from contract.models.ledger import Line, read
from validate.champion.store import ChampionStore

HEAVY = {"numpy", "pyarrow", "pandas", "scipy", "sklearn", "joblib", "mlflow", "jinja2"}


@pytest.mark.parametrize("module", ["validate.work", "validate.__main__"])
def test_deciding_loads_no_heavy_library(module):
    program = f"import sys, {module}; print(*sys.modules)"
    started = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    modules = set(started.stdout.split())
    assert module in modules
    assert HEAVY & modules == set()


@pytest.fixture
def ended(project, capsys):
    """Runs the step; its exit code and its log."""

    def run(*options, day="2026-01-02"):
        code = project.validate(*options, day=day)
        return code, capsys.readouterr().err

    return run


def test_the_first_model_becomes_champion_by_the_minimums_alone(each_task):
    least = {"binary": "roc_auc = 0.8", "multiclass": "accuracy = 0.5", "regression": "r2 = 0.5"}[each_task.task]
    each_task.configure(f"minimums = {{ {least} }}")
    challenger = each_task.trained()
    assert each_task.validate() == 0
    assert each_task.champion == challenger
    verdict = each_task.verdict()
    assert (verdict["decision"], verdict["rows"], verdict["champion"]) == ("promoted", 100, None)
    named = {rule["name"].partition(".")[0]: rule["verdict"] for rule in verdict["rules"]}
    assert named == {"min_test_rows": "passed", "baseline": "unjudged", "minimums": "passed"}
    (line,) = each_task.ledger()
    assert (line.decision, line.day, line.before, line.model) == ("promoted", "2026-01-02", None, challenger)
    assert line.metrics["challenger"] == verdict["challenger"]["metrics"]
    assert line.metrics["champion"] is None


def test_a_better_model_replaces_the_champion(each_task):
    old = each_task.trained("2026-01-02", "bad")
    assert each_task.validate() == 0
    new = each_task.trained("2026-01-03", "good")
    assert each_task.validate(day="2026-01-03") == 0
    assert each_task.champion == new
    assert [(line.before, line.model) for line in each_task.ledger()] == [(None, old), (old, new)]
    verdict = each_task.verdict("2026-01-03")
    assert verdict["champion"]["model"]["day"] == "2026-01-02"
    metric = verdict["metric"]
    assert verdict["champion"]["metrics"][metric] < verdict["challenger"]["metrics"][metric]


def test_a_worse_model_is_refused_and_the_champion_stays(each_task, capsys):
    old = each_task.trained("2026-01-02", "good")
    assert each_task.validate() == 0
    each_task.trained("2026-01-03", "bad")
    capsys.readouterr()
    assert each_task.validate(day="2026-01-03") == 80
    assert "models/2026-01-03: refused: " in (log := capsys.readouterr().err)
    assert "the lower end misses -gate.margin -0.01 by " in log
    assert each_task.champion == old
    line = each_task.ledger()[-1]
    assert (line.decision, line.before, line.model.day) == ("refused", old, "2026-01-03")
    named = {rule["name"]: rule["verdict"] for rule in each_task.verdict("2026-01-03")["rules"]}
    assert (named["min_test_rows"], named["not_worse"], named["not_older"]) == ("passed", "failed", "passed")


def test_a_first_model_below_a_minimum_is_refused_and_there_is_no_champion(project, ended):
    project.configure("minimums = { roc_auc = 0.99 }")
    project.trained()
    code, log = ended()
    assert code == 80
    assert "misses gate.minimums.roc_auc 0.99 by 0." in log
    assert not (project.root / "models" / "champion.json").exists()
    assert [line.decision for line in project.ledger()] == ["refused"]


def test_too_few_test_rows_decide_nothing(project, ended):
    project.configure()
    text = (project.root / "pipeline.toml").read_text()
    (project.root / "pipeline.toml").write_text(text.replace("min_test_rows = 10", "min_test_rows = 101"))
    project.trained()
    code, log = ended()
    assert code == 80
    assert "undecided: 100 labelled test rows are fewer than gate.min_test_rows 101" in log
    assert not (project.root / "models" / "champion.json").exists()
    assert project.verdict()["decision"] == "undecided"


@pytest.mark.parametrize(("gate", "code"), [("", 0), ("minimums = { roc_auc = 0.99 }", 80)])
def test_a_second_run_is_up_to_date_changes_no_byte_and_ends_alike(project, ended, gate, code):
    project.configure(gate)
    project.trained()
    first = ended()
    before = project.snapshot()
    second = ended()
    assert (first[0], second[0]) == (code, code)
    assert "reports/train/2026-01-02: up to date" in second[1]
    assert project.snapshot() == before
    if code:
        assert first[1].splitlines()[-1].split("ERROR")[1] == second[1].splitlines()[-1].split("ERROR")[1]


def test_a_later_champion_does_not_reopen_an_earlier_day(project):
    project.trained("2026-01-02", "bad")
    assert project.validate() == 0
    new = project.trained("2026-01-03", "good")
    assert project.validate(day="2026-01-03") == 0
    before = project.snapshot()
    assert project.validate(day="2026-01-02") == 0
    assert project.snapshot() == before
    assert project.champion == new


def test_a_promotion_whose_pointer_is_gone_is_done_again(project):
    challenger = project.trained()
    assert project.validate() == 0
    (project.root / "models" / "champion.json").unlink()
    assert project.validate() == 0
    assert project.champion == challenger
    assert len(project.ledger()) == 1


def test_a_new_model_of_the_day_or_other_rules_are_judged_again(project, ended):
    project.trained(quality="bad")
    assert ended()[0] == 0
    project.trained(quality="good")
    assert ended()[0] == 0
    assert [line.decision for line in project.ledger()] == ["promoted", "promoted"]
    project.configure("minimums = { roc_auc = 0.99 }")
    assert ended()[0] == 80
    assert len(project.ledger()) == 3


def test_with_force_the_champion_itself_is_judged_against_the_one_before_with_the_same_outcome(project):
    project.trained("2026-01-02", "bad")
    assert project.validate() == 0
    project.trained("2026-01-03", "good")
    assert project.validate(day="2026-01-03") == 0
    before = project.snapshot()
    command = [sys.executable, "-m", "validate", "--day", "2026-01-03", "--force", "--data-root", str(project.root)]
    surroundings = {"PYTHONHASHSEED": "12345", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "3"}
    subprocess.run(
        [*command, "--config", str(project.root / "pipeline.toml")], check=True, env=os.environ | surroundings
    )
    manifest = "reports/train/2026-01-03/manifest.json"
    after = project.snapshot()
    assert {k: v for k, v in after.items() if k != manifest} == {k: v for k, v in before.items() if k != manifest}
    assert project.verdict("2026-01-03")["champion"]["model"]["day"] == "2026-01-02"


def trained_again(project, day):
    """The same file from another training, as one with a candidate more that lost leaves it."""
    before = Champion.of(f"models/{day}", read_manifest(project.layout.model(day)))
    directory = project.layout.model(day)
    manifest = read_manifest(directory)
    manifest = msgspec.structs.replace(manifest, settings=manifest.settings | {"candidates": 2})
    (directory / MANIFEST).write_bytes(encode(manifest))
    again = Champion.of(f"models/{day}", manifest)
    assert again.sha256 == before.sha256
    assert not again.same_as(before)
    return again


def test_the_champions_own_file_trained_again_is_compared_with_the_one_before_not_with_itself(project):
    first = project.trained("2026-01-01", "bad")
    assert project.validate(day="2026-01-01") == 0
    project.trained("2026-01-02", "good")
    assert project.validate() == 0
    project.configure('require = "better"\n')
    again = trained_again(project, "2026-01-02")
    for options in ((), ("--force",)):
        assert project.validate(*options) == 0
        assert project.verdict()["champion"]["model"]["day"] == "2026-01-01"
        assert (project.ledger()[-1].before, project.ledger()[-1].model) == (first, again)
    assert project.run("rollback") in (0, 66)
    assert "no champion before" not in project.ledger()[-1].why


def test_the_champions_own_file_that_is_proposed_again_can_be_approved(project):
    project.trained("2026-01-01", "bad")
    assert project.validate(day="2026-01-01") == 0
    project.trained("2026-01-02", "good")
    assert project.validate() == 0
    project.configure('approval = "manual"\n')
    again = trained_again(project, "2026-01-02")
    assert project.validate() == 0
    assert project.run("approve", "--day", "2026-01-02", "--by", "ada") == 0
    assert project.champion == again


def test_a_champion_that_came_back_is_judged_against_the_one_before_it_not_the_one_gone_back_over(project):
    for day, quality in (("2026-01-01", "bad"), ("2026-01-02", "good"), ("2026-01-03", "fine")):
        project.configure("margin = 0.5\n")
        project.trained(day, quality)
        assert project.validate(day=day) == 0
    assert project.run("rollback") == 0
    assert project.champion.day == "2026-01-02"
    assert project.validate("--force", day="2026-01-02") == 0
    assert project.verdict("2026-01-02")["champion"]["model"]["day"] == "2026-01-01"
    assert project.champion.day == "2026-01-02"


def test_a_champion_of_another_scikit_learn_does_not_bar_the_way(project, ended):
    put_in_use(project, project.trained("2026-01-02", "bad", sklearn_version="0.1"))
    project.trained("2026-01-03", "good")
    code, log = ended(day="2026-01-03")
    assert code == 0
    assert "the champion of 2026-01-02 cannot be compared" in log
    assert "was written by 0.1" in log
    assert project.verdict("2026-01-03")["champion"] is None
    assert project.champion.day == "2026-01-03"


def test_a_champion_of_other_columns_does_not_bar_the_way(project, ended):
    for seed, day in enumerate(("2026-01-02", "2026-01-03")):
        table = project.columns(seed=seed)
        del table["row_key"]
        project.process(day, table)
    put_in_use(project, project.trained("2026-01-02", model=project.fitted("good", features=("x", "row_key"))))
    project.trained("2026-01-03", "good")
    code, log = ended(day="2026-01-03")
    assert code == 0
    assert "it was trained on row_key, which processed/2026-01-02 lacks; the minimums alone decide" in log


def put_in_use(project, model):
    """As the gate of an earlier time did, which these images could not ask any more."""
    promoted = Line(decision="promoted", why="better", day=model.day, before=None, model=model, metrics={})
    ChampionStore(project.layout, project.name, registered=False).change(promoted)


@pytest.fixture
def refuse(project, ended):
    """The step must end with a code and a line that has all the words, and leave everything as it was."""

    def check(code, *words, day="2026-01-02"):
        before = project.snapshot()
        exit_code, log = ended(day=day)
        assert exit_code == code, log
        for word in words:
            assert word in log
        assert project.snapshot() == before

    return check


def test_a_day_without_a_model_is_a_missing_input(refuse):
    refuse(66, "models/2026-01-02: no model of this day; run train --day 2026-01-02 first")


def test_a_day_that_was_not_processed_is_a_missing_input(project, refuse):
    project.trained()
    (project.root / "processed/2026-01-01/manifest.json").unlink()
    refuse(66, "processed/2026-01-01: not there")


def test_a_day_without_target_is_a_missing_input(project, refuse):
    project.trained()
    table = project.columns()
    del table["y"]
    project.process("2026-01-01", table)
    refuse(66, "no target for a day", "2026-01-01;")


def test_a_challenger_whose_file_was_changed_is_not_opened(project, refuse):
    path = project.root / project.trained().file
    path.write_bytes(path.read_bytes() + b"!")
    refuse(77, "models/2026-01-02/model-", "must have sha256", "it is not opened")


def test_a_champion_whose_file_was_changed_is_not_opened(project, refuse):
    project.trained("2026-01-02", "bad")
    assert project.validate() == 0
    path = project.root / project.champion.file
    joblib.dump({"something": "else"}, path)
    project.trained("2026-01-03")
    refuse(77, "models/2026-01-02/model-", "must have sha256", day="2026-01-03")


def test_a_champion_whose_file_is_gone_is_a_missing_input(project, refuse):
    project.trained("2026-01-02", "bad")
    assert project.validate() == 0
    (project.root / project.champion.file).unlink()
    project.trained("2026-01-03")
    refuse(
        66,
        "the model of 2026-01-02 is not there; bring it back, or train and validate again",
        day="2026-01-03",
    )


def test_a_damaged_pointer_is_named(project, refuse):
    project.trained()
    (project.root / "models" / "champion.json").write_text("{")
    refuse(65, "champion.json: not a champion pointer")


def test_rows_without_a_column_of_the_configuration_must_be_processed_again(project, refuse):
    project.trained()
    table = project.columns()
    del table["word"]
    project.process("2026-01-02", table)
    refuse(65, "processed/2026-01-02: was made without the column word", "preprocess --day 2026-01-02")


def test_a_challenger_that_does_not_fit_the_rows_must_be_trained_again(project, refuse):
    table = project.columns()
    del table["row_key"]
    project.process("2026-01-02", table)
    project.trained(model=project.fitted("good", features=("x", "row_key")))
    refuse(65, "it was trained on row_key", "run train --force --day 2026-01-02")


def test_an_unknown_score_is_a_wrong_configuration(project, refuse):
    project.trained()
    project.configure("minimums = { roc_acu = 0.5 }")
    refuse(78, "gate.minimums.roc_acu", "did you mean 'roc_auc'?")


def test_a_registry_that_does_not_answer_is_found_out_before_anything_changes(project, refuse, monkeypatch):
    project.trained()
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:9")
    refuse(69, "http://127.0.0.1:9 does not answer")


def test_damaged_rows_are_refused(project, refuse):
    project.trained()
    (part,) = (project.root / "processed/2026-01-02").glob("*.parquet")
    part.write_bytes(part.read_bytes()[:-10])
    refuse(65, "bytes by its manifest")


def test_no_label_at_all_decides_nothing(project, ended):
    for day in ("2026-01-01", "2026-01-02"):
        table = project.columns()
        table["y"] = pa.array([None] * len(table["y"]), pa.string())
        project.process(day, table)
    project.trained()
    code, log = ended()
    assert code == 80, log
    assert "undecided: 0 labelled test rows are fewer than gate.min_test_rows 10" in log
    assert [line.decision for line in read(project.root / "ledger.jsonl")] == ["undecided"]


def test_days_that_the_training_did_without_are_in_verdict_and_page(project, monkeypatch):
    card = conftest.CARD | {"window": {"left_out": {"2026-01-01": "no labels"}}}
    monkeypatch.setattr(conftest, "CARD", card)
    project.trained()
    project.validate()
    assert project.verdict()["window"]["left_out"] == {"2026-01-01": "no labels"}
    page = Dataset.open(project.layout.report("train", "2026-01-02")).file("page").read_text()
    assert "Trained without days of the window: 2026-01-01 (no labels)." in page
