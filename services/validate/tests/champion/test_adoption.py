"""A model that is in use because somebody said so, and what a ledger that was lost leaves as a way out."""

import joblib
import pytest

from contract.layout import MANIFEST


@pytest.fixture
def refused(project):
    """A champion, and a model that did not pass."""
    champion = project.trained("2026-01-02", "good")
    assert project.validate() == 0
    other = project.trained("2026-01-03", "bad")
    assert project.validate(day="2026-01-03") == 80
    return champion, other


def test_a_refused_model_is_in_use_once_a_person_says_so_and_the_ledger_says_who(project, refused, capsys):
    champion, other = refused
    assert project.run("adopt", "--to", "2026-01-03", "--by", "ada", "--why", "no other way") == 0
    assert project.champion == other
    line = project.ledger()[-1]
    assert (line.decision, line.by, line.why, line.before, line.model) == (
        "adopted",
        "ada",
        "no other way",
        champion,
        other,
    )
    assert "in use now: 2026-01-03, as ada says, not by the gate" in capsys.readouterr().err
    assert project.run("rollback") == 0
    assert project.champion == champion


def test_going_back_to_a_model_that_was_never_tried_tells_the_way_out(project, refused, capsys):
    _, other = refused
    assert project.run("adopt", "--to", "2026-01-03") == 0
    assert project.run("adopt", "--to", "2026-01-02") == 0
    assert project.run("rollback") == 66
    way_out = capsys.readouterr().err.split("validate adopt --to ")[1].split()[0]
    assert project.run("adopt", "--to", way_out) == 0
    assert project.champion == other
    assert project.run("rollback", "--to", "2026-01-02") == 0


def test_who_is_in_use_already_gets_no_second_line_but_its_pointer_back(project, refused, capsys):
    champion, _ = refused
    project.layout.champion.unlink()
    before = project.layout.ledger.read_bytes()
    assert project.run("adopt", "--to", "2026-01-02") == 0
    assert "2026-01-02 is in use already" in capsys.readouterr().err
    assert (project.champion, project.layout.ledger.read_bytes()) == (champion, before)


def test_a_model_without_a_name_a_file_or_its_hash_is_not_taken(project, refused, capsys):
    _, other = refused
    before = project.snapshot()
    assert project.run("adopt", "--to", "2026-01-09") == 64
    assert "--to: must be the version or the training day of a model that is known here" in capsys.readouterr().err
    assert project.snapshot() == before
    joblib.dump("other content", project.root / other.file)
    assert project.run("adopt", "--to", "2026-01-03") == 77
    (project.root / other.file).unlink()
    assert project.run("adopt", "--to", "2026-01-03") == 66
    assert len(project.ledger()) == 2


def test_a_damaged_model_of_another_day_is_passed_over(project, refused, capsys):
    (project.layout.model("2026-01-03") / MANIFEST).write_text("{")
    assert project.run("adopt", "--to", "2026-01-02") == 0
    assert "models/2026-01-03: passed over" in capsys.readouterr().err


@pytest.fixture
def two(project):
    """Two champions, one after the other."""
    champions = []
    for day, quality in (("2026-01-02", "bad"), ("2026-01-03", "good")):
        champions.append(project.trained(day, quality))
        assert project.validate(day=day) == 0
    return champions


LOST = {
    "gone": lambda path: path.unlink(),
    "older": lambda path: path.write_bytes(path.read_bytes().splitlines(keepends=True)[0]),
    "torn": lambda path: path.write_bytes(path.read_bytes()[:-2]),
}


@pytest.mark.parametrize("lost", LOST)
@pytest.mark.parametrize("words", [("--day", "2026-01-02"), ("--day", "2026-01-02", "--force"), ("rollback",)])
def test_a_ledger_that_was_lost_decides_nothing(project, two, capsys, lost, words):
    LOST[lost](project.layout.ledger)
    before = project.snapshot()
    assert project.run(*words) == 65
    assert (
        "models/champion.json: 2026-01-03 must have been put in use by a line of ledger.jsonl"
        in capsys.readouterr().err
    )
    assert project.snapshot() == before


@pytest.mark.parametrize("lost", LOST)
def test_after_a_ledger_was_lost_its_champion_is_adopted_and_can_be_gone_back_to(project, two, capsys, lost):
    LOST[lost](project.layout.ledger)
    assert project.validate() == 65
    way_out = capsys.readouterr().err.split("validate adopt --to ")[1].split()[0]
    assert project.run("adopt", "--to", way_out) == 0
    assert project.champion == two[1]
    project.trained("2026-01-02", "bad")
    assert project.validate("--force") == 80
    assert project.run("adopt", "--to", "2026-01-02") == 0
    # the golden rows of its promotion are in its report, although the line is lost
    assert project.run("rollback") == 0
    assert project.champion == two[1]


def test_a_broken_ledger_is_put_aside_and_begun_anew(project, two, capsys):
    path = project.layout.ledger
    path.write_bytes(path.read_bytes().replace(b"promoted", b"refused!", 1))
    assert project.run("adopt", "--to", "2026-01-03") == 65
    assert "rename the file and say which model is in use: validate adopt --to" in capsys.readouterr().err
    path.rename(path.with_suffix(".broken"))
    assert project.run("adopt", "--to", "2026-01-03") == 0
    assert project.champion == two[1]
    assert [line.decision for line in project.ledger()] == ["adopted"]


def test_a_pointer_of_another_data_root_is_told_and_the_ledgers_champion_can_be_said_to_stay(project, two, capsys):
    path = project.layout.champion
    line = project.ledger()[-1].hash
    path.write_text(path.read_text().replace(line, "9" * 64).replace(two[1].sha256, "8" * 64))
    assert project.validate() == 65
    assert "or the pointer belongs to another" in capsys.readouterr().err
    assert project.run("adopt", "--to", "2026-01-03") == 0
    assert project.champion == two[1]
    assert project.validate() == 0


@pytest.mark.parametrize("spoil", [lambda path: path.unlink(), lambda path: path.write_text("{")])
def test_a_pointer_that_is_gone_or_damaged_is_written_again_by_any_day(project, two, spoil):
    spoil(project.layout.champion)
    assert project.validate() == 0
    assert project.champion == two[1]


def test_a_pointer_that_was_edited_is_written_again(project, two, capsys):
    path = project.layout.champion
    path.write_text(path.read_text().replace(two[1].sha256, two[0].sha256))
    assert project.validate() == 0
    assert "champion.json: differs from the ledger: written again" in capsys.readouterr().err
    assert project.champion == two[1]


def test_the_file_of_the_champion_outlives_a_training_of_its_day(project, two, capsys):
    again = project.trained("2026-01-03", "bad")
    assert again.sha256 != two[1].sha256
    assert project.validate("--force", day="2026-01-03") == 80
    assert project.champion == two[1]
    assert project.run("adopt", "--to", "2026-01-03") == 64
    assert "names 2 models" in capsys.readouterr().err
    assert project.run("adopt", "--to", again.sha256[:12]) == 0
    assert project.run("rollback") == 0
    assert project.champion == two[1]
    assert project.run("rollback") == 0
    assert project.champion == two[0]


def test_an_older_ledger_without_a_pointer_is_told_by_the_report_of_what_it_does_not_know(project, two, capsys):
    LOST["older"](project.layout.ledger)
    project.layout.champion.unlink()
    before = project.snapshot()
    for words in (("--day", "2026-01-02"), ("--day", "2026-01-03"), ("rollback",)):
        assert project.run(*words) == 65
        stderr = capsys.readouterr().err
        assert "no line of it put 2026-01-03 in use, while reports/train/2026-01-03 calls it promoted" in stderr
        assert "cut short" not in stderr
    assert project.snapshot() == before
    way_out = stderr.split("validate adopt --to ")[1].split(",")[0]
    assert project.run("adopt", "--to", way_out) == 0
    assert project.champion == two[1]
    assert project.validate() == 0


def test_of_an_older_ledger_without_a_pointer_its_own_champion_can_be_said_to_stay(project, two, capsys):
    LOST["older"](project.layout.ledger)
    project.layout.champion.unlink()
    assert project.validate() == 65
    way_out = capsys.readouterr().err.split("or --to ")[1].split(",")[0]
    assert project.run("adopt", "--to", way_out) == 0
    assert project.champion == two[0]
    assert project.validate() == 0


def test_an_older_ledger_with_the_same_champion_is_told_too(project, two, capsys):
    older = project.layout.ledger.read_bytes()
    assert project.run("rollback") == 0
    assert project.run("rollback", "--to", "2026-01-03") == 0
    project.layout.ledger.write_bytes(older)
    capsys.readouterr()
    assert project.validate(day="2026-01-03") == 65
    stderr = capsys.readouterr().err
    assert "the ledger was lost, cut or is an older one" in stderr
    assert "cut short" not in stderr
    assert project.run("adopt", "--to", "2026-01-03") == 0
    assert project.validate(day="2026-01-03") == 0
