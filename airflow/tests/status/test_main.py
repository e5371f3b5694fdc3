"""What one look knows when Airflow is not asked."""

import pytest
from conftest import pipeline, write_pipelines

from microstep_airflow.status import __main__ as program

CASES = {
    "down": (program.FromTheHost(up=False), "the stack is down"),
    "up": (program.FromTheHost(up=True), "the part status does not answer, so Airflow was not asked"),
    "no engine": (program.FromTheHost(up=False, why="no docker"), "Airflow cannot be asked from here"),
    "nobody": (None, "Airflow cannot be asked from here"),
}


@pytest.mark.parametrize("case", CASES)
def test_why_nothing_is_known_of_runs_is_what_is_so(tmp_path, monkeypatch, case):
    host, why = CASES[case]
    write_pipelines(tmp_path / "pipeline.toml", (), pipeline("files"))
    (tmp_path / "data").mkdir()
    (tmp_path / "machines").mkdir()
    (tmp_path / "machines" / "b.env").touch()
    monkeypatch.setenv("MICROSTEP_CONFIG", str(tmp_path / "pipeline.toml"))
    monkeypatch.setenv("MICROSTEP_DATA_ROOT", str(tmp_path / "data"))
    status = program._look(None, host)
    assert {status.machines.text, status.pipelines[0].train.text} == {why}
    assert ("down" in status.services.text) is (case == "down")
