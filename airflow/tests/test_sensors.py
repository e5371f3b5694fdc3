from pathlib import Path

import pytest
from airflow.sdk.exceptions import AirflowSensorTimeout, TaskDeferred
from conftest import factory

from contract.layout import Layout
from microstep_airflow.sensors import committing_file

LAYOUT = Layout(Path("/data"))


@pytest.mark.parametrize(
    ("artifact", "file"),
    [
        ("inbox", "/data/inbox/2026-01-03/_SUCCESS"),
        ("raw_data", "/data/raw/2026-01-03/data/manifest.json"),
        ("raw_target", "/data/raw/2026-01-03/target/manifest.json"),
        ("champion", "/data/models/champion.json"),
    ],
)
def test_what_is_waited_for_is_the_file_that_comes_last(artifact, file):
    assert str(committing_file(artifact, "2026-01-03", LAYOUT)) == file


def test_the_day_of_the_run_passes_through_the_path():
    assert factory().wait_for("raw_data").filepath == "/data/raw/{{ day(dag_run, params) }}/data/manifest.json"


def sensor(path):
    wait = factory().wait_for("champion")
    wait.filepath = str(path)
    return wait


def test_a_file_that_is_there_ends_the_wait_at_once(tmp_path):
    (tmp_path / "x").touch()
    wait = sensor(tmp_path / "x")
    wait.execute.__wrapped__(wait, {})


def test_a_file_that_is_not_there_is_left_to_the_triggerer_with_an_end(tmp_path):
    wait = sensor(tmp_path / "x")
    with pytest.raises(TaskDeferred) as deferred:
        wait.execute.__wrapped__(wait, {})
    assert deferred.value.trigger.filepath == str(tmp_path / "x")
    assert deferred.value.timeout.total_seconds() == 12 * 3600


def test_a_wait_in_vain_names_the_file_and_the_setting(tmp_path):
    from airflow.sdk.bases.operator import TRIGGER_FAIL_REPR, TriggerFailureReason

    wait = sensor(tmp_path / "x")
    with pytest.raises(AirflowSensorTimeout, match=r"/x: must be there within schedule.sensor_timeout_hours \(12\)"):
        wait.resume_execution(TRIGGER_FAIL_REPR, {"error": TriggerFailureReason.TRIGGER_TIMEOUT}, {})
