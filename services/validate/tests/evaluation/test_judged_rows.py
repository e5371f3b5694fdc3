"""On which rows models are judged, through the step as it is run."""

import msgspec
import numpy as np
import pyarrow as pa
import pytest

from contract.datasets.dataset import Dataset
from contract.models.champion import Champion
from contract.models.ledger import Line
from contract.split import in_test
from validate.champion.store import ChampionStore

DAYS = [f"2026-01-{number:02}" for number in range(1, 9)]


@pytest.fixture
def week(project):
    """Eight processed days, of which a training looks at four."""
    configure(project)
    for seed, day in enumerate(DAYS):
        project.process(day, seed=seed)
    return project


def configure(project, old="window_days = 2", new="window_days = 4"):
    path = project.root / "pipeline.toml"
    path.write_text(path.read_text().replace(old, new))


def put_in_use(project, model):
    line = Line(decision="promoted", why="", day=model.day, before=None, model=model, metrics={})
    ChampionStore(project.layout, project.name, registered=False).change(line)


def judged(project, day="2026-01-08"):
    verdict = project.verdict(day)
    return verdict["window"]["judged"], verdict["window"]["text"], verdict["rows"]


def test_the_held_out_days_judge_alone(week):
    week.trained("2026-01-08", held_out=2)
    assert week.validate(day="2026-01-08") == 0
    days, text, rows = judged(week)
    assert (days, rows) == (["2026-01-07", "2026-01-08"], 100)
    assert text == "Judged on the test rows of 2026-01-07, 2026-01-08, held out of the training."
    (page,) = (week.root / "reports/train/2026-01-08").glob("report-*.html")
    assert text in page.read_text()


def test_without_a_held_out_day_all_judge_and_it_is_said_why(week, capsys):
    week.trained("2026-01-08")
    assert week.validate(day="2026-01-08") == 0
    days, text, rows = judged(week)
    assert (days, rows) == (DAYS[4:], 200)
    assert "no day is held out, a third of the window has about 20 labelled test rows, fewer than 100" in text
    assert text in capsys.readouterr().err


def test_days_that_the_champion_was_trained_on_do_not_judge(week):
    put_in_use(week, week.trained("2026-01-07", "fine", held_out=0))
    week.trained("2026-01-08", held_out=2)
    week.validate(day="2026-01-08")
    days, text, rows = judged(week)
    assert (days, rows) == (["2026-01-08"], 50)
    assert text.endswith("Less 2026-01-07, which the champion was trained on.")


def test_a_day_that_the_champion_held_out_as_well_judges(week):
    put_in_use(week, week.trained("2026-01-07", "fine", held_out=1))
    week.trained("2026-01-08", held_out=2)
    week.validate(day="2026-01-08")
    assert judged(week)[0] == ["2026-01-07", "2026-01-08"]


def test_when_too_little_is_left_all_held_out_days_judge_and_it_is_said(week):
    put_in_use(week, week.trained("2026-01-08", "fine", held_out=0))
    week.trained("2026-01-08", "good", held_out=2)
    week.validate(day="2026-01-08")
    days, text, _ = judged(week)
    assert days == ["2026-01-07", "2026-01-08"]
    assert text.endswith(
        "The champion was trained on 2026-01-07, 2026-01-08, which favours it: too few groups in the test rows of "
        "other days."
    )


def test_many_rows_of_few_groups_are_too_little_to_be_left(week):
    """Fifty test rows stayed, of two customers: too few to decide anything, for good."""
    table = week.columns(seed=7)
    week.process("2026-01-08", table | {"_group": pa.array(np.arange(100) % 4 // 2, pa.uint64())})
    put_in_use(week, week.trained("2026-01-07", "fine", held_out=0))
    week.trained("2026-01-08", held_out=2)
    assert week.validate(day="2026-01-08") == 0
    assert judged(week)[0] == ["2026-01-07", "2026-01-08"]


def test_where_the_challenger_knows_every_day_the_champions_days_are_no_reason(week):
    put_in_use(week, week.trained("2026-01-07", "fine"))
    week.trained("2026-01-08")
    week.validate(day="2026-01-08")
    assert judged(week)[0] == DAYS[4:]


def grouped(project, fraction):
    """Days whose split is by the hash of the group, as preprocess writes it."""
    configure(project, 'task = "binary"', f'task = "binary"\ntest_fraction = {fraction}')
    for seed, day in enumerate(DAYS):
        table = project.columns(seed=seed)
        groups = np.random.default_rng(seed).integers(0, 2**64, len(table["y"]), dtype=np.uint64)
        part = np.where(in_test(groups, fraction), "test", "train")
        project.process(day, table | {"_group": pa.array(groups), "split": pa.array(part).dictionary_encode()})


@pytest.mark.parametrize(("then", "now"), [(0.25, 0.5), (0.5, 0.25)])
def test_with_another_test_fraction_the_rows_of_both_test_parts_judge(week, then, now):
    configure(week, 'task = "binary"', f'task = "binary"\ntest_fraction = {then}')
    champion = week.trained("2026-01-07", "fine", held_out=1)
    configure(week, f"\ntest_fraction = {then}", "")
    grouped(week, now)
    put_in_use(week, champion)
    week.trained("2026-01-08", held_out=1)
    week.validate(day="2026-01-08")
    _, text, rows = judged(week)
    (groups,) = (batch.column("_group") for batch in Dataset.open(week.root / "processed/2026-01-08").batches())
    assert rows == in_test(groups.to_numpy(), 0.25).sum()
    assert ("a test_fraction of 0.25 holds out" in text) == (then < now)


def test_a_champion_of_another_split_is_not_compared(week, capsys):
    put_in_use(week, week.trained("2026-01-07", held_out=1))
    configure(week, 'task = "binary"', 'task = "binary"\ngroup = "word"')
    week.trained("2026-01-08", "fine", held_out=1)
    assert week.validate(day="2026-01-08") == 0
    not_compared = week.verdict("2026-01-08")["not_compared"]
    assert "its rows were split by 2 features, test_fraction 0.2" in not_compared
    assert "pipeline.toml splits by word (category), test_fraction 0.2: it may have been" in not_compared
    assert not_compared in capsys.readouterr().err


def test_a_champion_of_before_there_were_records_is_compared_and_what_is_unknown_is_said(week):
    put_in_use(week, week.trained("2026-01-07", "fine", about=False))
    week.trained("2026-01-08", held_out=2)
    week.validate(day="2026-01-08")
    days, text, _ = judged(week)
    assert days == ["2026-01-08"]  # its training's manifest tells its days
    assert "It is unknown how the champion's rows were split" in text


@pytest.mark.parametrize(
    ("about", "message"),
    [
        (None, "was trained by an earlier version, which did not record which rows it had seen"),
        ({"split": {"key": "row_key", "group": "x", "columns": {"x": "number"}, "test_fraction": 0.2}},
         "its rows were split by x (number), test_fraction 0.2, pipeline.toml splits by 2 features"),
        ({"first": "2026-01-02"}, "was trained on the window 2026-01-02 to 2026-01-08, pipeline.toml gives 2026-01-05"),
    ],
)  # fmt: skip
def test_a_challenger_that_may_know_the_test_rows_must_be_trained_again(week, capsys, about, message):
    model = week.trained("2026-01-08", about=about is not None)
    if about:
        retold = msgspec.convert(msgspec.to_builtins(model.trained_for) | about, type(model.trained_for))
        write_record(week, "2026-01-08", retold)
    assert week.validate(day="2026-01-08") == 65
    stderr = capsys.readouterr().err
    assert message in stderr
    assert "run train --day 2026-01-08" in stderr
    week.trained("2026-01-08", "fine")
    assert week.validate(day="2026-01-08") == 0


def write_record(project, day, about):
    from contract.datasets.manifest import encode, read_manifest

    directory = project.layout.model(day)
    manifest = read_manifest(directory)
    notes = manifest.notes | {"trained_for": msgspec.to_builtins(about)}
    (directory / "manifest.json").write_bytes(encode(msgspec.structs.replace(manifest, notes=notes)))


def test_a_challenger_of_an_earlier_day_is_refused_whatever_its_scores(week, capsys):
    newer = week.trained("2026-01-08", "bad")
    assert week.validate(day="2026-01-08") == 0
    late = week.trained("2026-01-07", "good")
    assert week.validate(day="2026-01-07") == 80
    assert week.champion == newer
    verdict = week.verdict("2026-01-07")
    assert verdict["rules"][-1]["name"] == "not_older"
    words = [rule["verdict"] for rule in verdict["rules"] if rule["verdict"] != "unjudged"]
    assert words == ["passed", "passed", "passed", "failed"]
    assert f"validate adopt --to {late.sha256[:12]}" in capsys.readouterr().err
    assert week.run("adopt", "--to", late.sha256[:12]) == 0
    assert isinstance(week.champion, Champion)
    assert week.champion == late


def test_a_challenger_of_an_earlier_day_with_the_very_same_file_is_refused_too(week):
    newer = week.trained("2026-01-08", "good")
    assert week.validate(day="2026-01-08") == 0
    assert week.trained("2026-01-07", "good").sha256 == newer.sha256
    assert week.validate(day="2026-01-07") == 80
    assert week.champion == newer


def test_a_challenger_of_an_earlier_day_is_refused_also_where_nothing_can_be_compared(week):
    put_in_use(week, week.trained("2026-01-08", "good", sklearn_version="0.1"))
    week.trained("2026-01-07", "good")
    assert week.validate(day="2026-01-07") == 80
    assert week.verdict("2026-01-07")["decision"] == "refused"
