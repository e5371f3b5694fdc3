"""The word in the data root about the last backup."""

import json
from datetime import UTC, datetime

from archives.mark import MARK, leave_mark


def test_it_says_when_and_where_and_is_open_to_who_looks(tmp_path):
    (tmp_path / "data").mkdir()
    leave_mark(tmp_path / "backups" / "x", tmp_path)
    mark = tmp_path / "data" / MARK
    word = json.loads(mark.read_text())
    assert word["folder"] == str(tmp_path / "backups" / "x")
    assert abs((datetime.now(UTC) - datetime.fromisoformat(word["made"])).total_seconds()) < 60
    assert mark.stat().st_mode & 0o777 == 0o644
    assert [path.name for path in (tmp_path / "data").iterdir()] == [MARK]


def test_a_backup_is_good_also_where_the_word_cannot_be_left(tmp_path, capsys):
    leave_mark(tmp_path / "x", tmp_path)
    assert "data/.backed-up: cannot be written, so make status does not know of it" in capsys.readouterr().err


def test_its_name_is_the_one_that_the_status_reads():
    from checkout.settings import ROOT

    assert f'MARK = "{MARK}"' in (ROOT / "airflow/microstep_airflow/status/storage.py").read_text()
