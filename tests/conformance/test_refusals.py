"""What every step refuses, and how it says so."""

from chain import DAY, READS, WRITES, hidden, replaced
from images import OWNER, run


def written(root, step):
    """The step's datasets that are there in any form, and what is left of unfinished ones."""
    return [dataset for dataset in WRITES[step] if (root / dataset).exists()] + hidden(root)


def with_text(tmp_path, text):
    path = tmp_path / "other.toml"
    path.write_text(text)
    return path


def test_a_wrong_key_is_wrong_configuration_and_the_right_one_is_suggested(step, before, config, tmp_path):
    wrong = with_text(tmp_path, replaced(config.read_text(), "min_test_rows = ", "min_test_row = "))
    ended = run(step, "--day", DAY, data=before, config=wrong)
    assert ended.code == 78
    assert "pipeline.toml: gate.min_test_row is not a known key; did you mean 'min_test_rows'?" in ended.err
    assert written(before, step) == []


def test_an_input_that_is_not_there_is_named(step, empty, config, tmp_path):
    # synthetic data needs no input, so generate is asked for files
    head, _, rest = config.read_text().partition("[source]")
    files = head + '[source]\nkind = "files"\n[table]' + rest.partition("[table]")[2]
    ended = run(step, "--day", DAY, data=empty, config=with_text(tmp_path, files))
    assert ended.code == 66
    message = ended.err.splitlines()[-1]
    assert any(name in message for name in READS[step] or ("inbox/",)), message
    assert DAY in message
    assert "Traceback" not in ended.err
    assert written(empty, step) == []


def test_a_configuration_that_is_not_there_is_a_missing_input(step, before):
    ended = run(step, "--day", DAY, data=before)
    assert ended.code == 66
    assert "/config/pipeline.toml" in ended.err


def test_a_data_root_that_is_not_mounted_is_a_missing_input(step, config):
    ended = run(step, "--day", DAY, config=config)
    assert ended.code == 66
    assert "--data-root: /data is not a directory" in ended.err


def test_a_data_root_of_somebody_elses_is_not_permitted_and_its_owner_is_named(step, before, config):
    ended = run(step, "--day", DAY, data=before, config=config, user=(4321, 4321))
    assert ended.code == 77
    assert f"--user {OWNER[0]}:{OWNER[1]}" in ended.err
    assert "Traceback" not in ended.err
    assert written(before, step) == []


def test_a_read_only_data_root_cannot_be_written(step, before, config):
    ended = run(step, "--day", DAY, mounts=[f"{before}:/data:ro"], config=config)
    assert ended.code == 73
    assert "Read-only file system" in ended.err
    assert "Traceback" not in ended.err
    assert written(before, step) == []
