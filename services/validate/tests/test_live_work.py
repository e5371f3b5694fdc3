"""A day that cannot be measured is told of and marked; it stops neither the other days nor the gate."""

import json
import re

import pyarrow as pa
import pytest

from contract.datasets.dataset import Dataset
from contract.errors import ExitCode
from contract.layout import MANIFEST

DAY = "2026-01-02"


def live(project, day=DAY):
    return json.loads(Dataset.open(project.layout.report("live", day)).file("live").read_text())


def part(directory):
    return next(path for path in directory.iterdir() if path.name.startswith("part-"))


def flip(project):
    path = part(project.layout.predictions(DAY))
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def cut(project):
    path = part(project.layout.predictions(DAY))
    path.write_bytes(path.read_bytes()[:-1])


def edit(change):
    def damage(project):
        path = project.layout.predictions(DAY) / MANIFEST
        manifest = json.loads(path.read_bytes())
        change(manifest)
        path.write_text(json.dumps(manifest))

    return damage


DAMAGES = {
    "a flipped byte": (flip, "must have sha256"),
    "a part that was cut": (cut, "bytes by its manifest, got"),
    "a part that is gone": (lambda project: part(project.layout.predictions(DAY)).unlink(), "but it is not there"),
    "a manifest that is none": (
        lambda project: (project.layout.predictions(DAY) / MANIFEST).write_text("{"),
        "not a manifest",
    ),
    "no champion in the manifest": (edit(lambda manifest: manifest["notes"].clear()), "must say which model predicted"),
    "another version's champion": (
        edit(lambda manifest: manifest["notes"].update(champion={"model": "x"})),
        "must say which model predicted",
    ),
    "no question in the manifest": (edit(lambda manifest: manifest["settings"].clear()), "does not say what was predicted"),
    "no column prediction": (
        edit(lambda manifest: manifest["schema"].pop(1)),
        "must have",
    ),
    "no scores": (edit(lambda manifest: manifest["schema"].pop()), "has no scores"),
    "a damaged processed day": (
        lambda project: part(project.layout.processed(DAY)).write_bytes(b"x"),
        "bytes by its manifest, got",
    ),
}  # fmt: skip


@pytest.mark.parametrize(
    "name", ["a flipped byte", "a manifest that is none", "another version's champion", "no scores"]
)
def test_predictions_that_cannot_be_read_do_not_stop_the_gate(project, capsys, name):
    damage, words = DAMAGES[name]
    champion = project.trained("2026-01-01")
    project.predicted("2026-01-01", champion)
    project.predicted(DAY, champion)
    damage(project)
    project.trained(DAY)
    assert project.validate() == 0
    said = capsys.readouterr().err
    assert words in said
    assert (
        f"1 of the predicted days are not measured ({DAY}); for the reason and the remedy, run: validate monitor --day"
        in said
    )
    assert live(project, "2026-01-01")["rows"] == 50, "the others are measured, by their test part: they trained it"
    (page,) = Dataset.open(project.layout.report("train", DAY)).manifest.named("page")
    assert re.search(f"{DAY}.*not measured: ", (project.layout.report("train", DAY) / page.path).read_text())
    assert "unmeasured" in (project.layout.reports / "index.html").read_text()


@pytest.mark.parametrize("name", DAMAGES)
def test_the_way_out_of_a_day_that_cannot_be_measured_is_one(project, capsys, name):
    damage, words = DAMAGES[name]
    champion = project.trained("2026-01-01")
    project.predicted(DAY, champion)
    damage(project)
    for _ in range(2):
        assert project.run("monitor", "--day", DAY) == ExitCode.DATA
        assert words in capsys.readouterr().err
    assert set(live(project)["metrics"].values()) == {None}
    assert words in live(project)["why"]
    if "processed" in name:
        project.process(DAY, seed=1)
    else:
        (project.layout.predictions(DAY) / MANIFEST).unlink()
        project.predicted(DAY, champion)
    assert project.run("monitor", "--day", DAY) == 0
    assert (live(project)["rows"], live(project)["why"]) == (100, None)


@pytest.mark.parametrize("damage", ["{", '{"day": "2026-01-01", "score": 0.9}'])
def test_a_live_report_that_cannot_be_read_does_not_stop_the_gate_and_is_written_again(project, capsys, damage):
    champion = project.trained("2026-01-01")
    project.predicted("2026-01-01", champion)
    project.run("monitor", "--day", "2026-01-01")
    (file,) = Dataset.open(project.layout.report("live", "2026-01-01")).manifest.named("live")
    (project.layout.report("live", "2026-01-01") / file.path).write_text(damage)
    project.trained(DAY)
    assert project.validate() == 0
    assert live(project, "2026-01-01")["rows"] == 50


def test_a_live_report_of_another_version_whose_predictions_are_gone_is_told_of(project, capsys):
    from contract.datasets.publish import DatasetWriter
    from contract.datasets.recipe import Recipe

    with DatasetWriter(project.layout.report("live", "2026-01-01")) as writer:
        writer.file("live", "live.json").write_text('{"day": "2026-01-01", "auc": 0.9}')
        writer.publish(Recipe("validate", "2026-01-01", "c0de", {}), {}, {})
    project.trained(DAY)
    assert project.validate() == 0
    assert "write it again: validate monitor --day 2026-01-01" in capsys.readouterr().err


def test_a_day_on_which_no_score_can_be_told_leaves_the_report_without_a_plot(project):
    champion = project.trained("2026-01-01")
    project.process(DAY, project.columns(seed=1) | {"y": ["no"] * 100})
    project.predicted(DAY, champion)
    assert project.run("monitor", "--day", DAY) == 0
    assert live(project)["metrics"]["roc_auc"] is None
    project.process(DAY, seed=1)
    project.process("2026-01-03", project.columns(seed=2) | {"y": ["no"] * 100})
    project.predicted("2026-01-03", champion)
    (project.layout.predictions(DAY) / MANIFEST).unlink()
    project.trained("2026-01-03")
    assert project.validate(day="2026-01-03") in (0, ExitCode.GATE_REFUSED)


def test_a_directory_that_is_no_day_is_passed_over(project):
    (project.root / "predictions" / "mine").mkdir(parents=True)
    (project.root / "predictions" / "mine" / MANIFEST).write_text("{}")
    project.trained(DAY)
    assert project.validate() == 0


def test_a_day_without_rows_is_nothing_to_measure_and_no_failure(project, capsys):
    champion = project.trained()
    project.validate()
    project.predicted(DAY, champion, keep=slice(0, 1))
    project.process(DAY, {name: pa.array(column)[:0] for name, column in project.columns().items() if name != "y"})
    capsys.readouterr()
    assert project.run("monitor", "--day", DAY) == 0
    assert f"processed/{DAY}: a day without rows: there is nothing to measure" in capsys.readouterr().err
    assert not project.layout.report("live", DAY).exists()


def test_the_page_of_all_reports_has_a_measured_day_though_nothing_is_judged(project):
    champion = project.trained("2026-01-01")
    project.predicted(DAY, champion)
    assert project.run("monitor", "--day", DAY) == 0
    assert "<td>live</td>" in (project.layout.reports / "index.html").read_text()
