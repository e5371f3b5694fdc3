"""A model that was trained for something else than pipeline.toml asks now, wherever one may come into use."""

import msgspec
import pytest

from contract.datasets.manifest import Input, encode, read_manifest
from contract.layout import MANIFEST
from contract.models.champion import Champion
from contract.models.ledger import Line
from validate.champion.ledger import append
from validate.champion.store import ChampionStore

DAY = "2026-01-02"
OTHERS = {
    "target": {"target": "left"},
    "task": {"task": "regression", "positive": None, "classes": None},
    "positive": {"positive": "yes"},
    "class": {"classes": ["no", "perhaps"]},
    "column": {"features": {"x": "number", "word": "category", "gone": "number"}},
    "type": {"features": {"x": "category", "word": "category"}},
}


def retold(project, day, record):
    """The model of a day, as its training for something else would have described it."""
    directory = project.layout.model(day)
    manifest = read_manifest(directory)
    about = manifest.notes["trained_for"] | record
    manifest = msgspec.structs.replace(manifest, notes=manifest.notes | {"trained_for": about})
    (directory / MANIFEST).write_bytes(encode(manifest))
    return Champion.of(f"models/{day}", manifest)


@pytest.fixture(params=OTHERS)
def other(request, project):
    """A model of the second day that was trained for something else."""
    project.trained(DAY, "good")
    return retold(project, DAY, OTHERS[request.param])


def line(model, decision="promoted", before=None):
    return Line(decision=decision, why="", day=model.day, before=before, model=model, metrics={})


def put_in_use(project, model, before=None):
    """As it was done while pipeline.toml asked for what the model answers."""
    ChampionStore(project.layout, project.name, registered=False).change(line(model, before=before))


def test_it_is_not_judged_and_the_way_out_is_a_training(project, other, capsys):
    assert project.validate() == 65
    stderr = capsys.readouterr().err
    assert "models/2026-01-02: was trained " in stderr
    assert "run train --day 2026-01-02" in stderr
    assert project.ledger() == []
    project.trained(DAY, "good")
    assert project.validate() == 0


def test_it_is_not_adopted(project, other, capsys):
    assert project.run("adopt", "--to", DAY) == 65
    assert "2026-01-02: predict could not serve it: it was trained " in capsys.readouterr().err
    assert project.ledger() == []


def test_it_is_not_approved(project, other, capsys):
    append(project.layout.ledger, line(other, "proposed"))
    assert project.run("approve", "--day", DAY) == 65
    assert "it was trained " in capsys.readouterr().err
    assert len(project.ledger()) == 1


def test_one_does_not_go_back_to_it(project, other, capsys):
    put_in_use(project, other)
    newer = project.trained("2026-01-03", "fine")
    put_in_use(project, newer, before=other)
    # rows of its promotion, or rollback would end before it opens the model
    lines = project.ledger()
    rows = line(other, "refused")
    append(project.layout.ledger, msgspec.structs.replace(rows, golden=Input("golden", "0" * 64)))
    assert project.run("rollback") == 65
    assert (
        "give the old setting back to pipeline.toml, or train and validate for the new one" in capsys.readouterr().err
    )
    assert project.champion == newer
    assert len(project.ledger()) == len(lines) + 1


def test_as_the_champion_it_is_not_compared_and_the_minimums_alone_decide(project, other, capsys):
    put_in_use(project, other)
    new = project.trained("2026-01-03", "fine")
    assert project.validate(day="2026-01-03") == 0
    assert project.champion == new
    reason = "the champion of 2026-01-02 cannot be compared: it was trained "
    assert reason in capsys.readouterr().err
    verdict = project.verdict("2026-01-03")
    assert verdict["not_compared"].startswith(reason)
    assert verdict["champion"] is None
    assert "cannot be compared: it was trained " in next(
        path.read_text() for path in (project.root / "reports/train/2026-01-03").glob("report-*.html")
    )


def test_a_champion_whose_manifest_is_gone_is_known_by_its_own_classes(each_task, capsys):
    """Its day was trained again since, and it has no record: only the file is left to ask."""
    task = {"binary": "regression", "multiclass": "binary", "regression": "multiclass"}[each_task.task]
    old = each_task.trained(DAY, "good", about=False)
    put_in_use(each_task, old)
    changed = type(each_task)(each_task.root, task)
    changed.configure()
    for seed, day in enumerate(("2026-01-01", "2026-01-02", "2026-01-03")):
        changed.process(day, seed=seed)
    changed.trained(DAY, "good")
    assert changed.validate() == 0
    stderr = capsys.readouterr().err
    assert "it is unknown whether it was trained for y" in stderr
    assert "the champion of 2026-01-02 cannot be compared: it knows the classes " in stderr


def test_a_champion_whose_day_was_trained_again_is_known_by_its_record(project, capsys):
    old = project.trained(DAY, "good")
    put_in_use(project, old)
    text = (project.root / "pipeline.toml").read_text()
    (project.root / "pipeline.toml").write_text(text.replace('positive = "no"', 'positive = "yes"'))
    project.trained(DAY, "fine")
    assert project.validate() == 0
    stderr = capsys.readouterr().err
    assert (
        "cannot be compared: it was trained for the positive class no, pipeline.toml: table.positive is yes" in stderr
    )
    assert "nothing tells" not in stderr
    assert project.run("adopt", "--to", old.sha256[:12]) == 65


def test_a_model_of_before_there_were_records_is_told_by_its_trainings_manifest(project, capsys):
    old = project.trained(DAY, "good", about=False)
    put_in_use(project, old)
    text = (project.root / "pipeline.toml").read_text()
    (project.root / "pipeline.toml").write_text(text.replace('positive = "no"', 'positive = "yes"'))
    assert project.run("adopt", "--to", DAY) == 65
    assert "it was trained for the positive class no" in capsys.readouterr().err
