import asyncio
from types import SimpleNamespace

import msgspec
import pytest
from airflow.sdk.bases.operator import TRIGGER_FAIL_REPR, TriggerFailureReason
from airflow.sdk.exceptions import AirflowSensorTimeout, AirflowSkipException, TaskDeferred
from conftest import factory, settings

from contract.models.champion import Champion, write_champion
from contract.models.trained_for import TrainedFor
from microstep_airflow.dag_factory import DagFactory
from microstep_airflow.sensors import ArrivalSensor
from microstep_airflow.triggers import ArrivalTrigger

DAY = "2026-01-10"


def sensor(root, artifact="raw_data", day=DAY, own=DAY, **options):
    """As it is once Airflow has filled in the days."""
    wait = ArrivalSensor(task_id="wait", artifact=artifact, day=day, data_root=str(root), timeout=12 * 3600, **options)
    wait.own = own
    return wait


def run(kind="scheduled", **conf):
    return {"dag_run": SimpleNamespace(run_type=kind, conf=conf)}


def execute(wait, context=None):
    return wait.execute.__wrapped__(wait, context or run())


def in_vain(wait, context=None):
    wait.resume_execution(TRIGGER_FAIL_REPR, {"error": TriggerFailureReason.TRIGGER_TIMEOUT}, context or run())


def arrive(path):
    path.parent.mkdir(parents=True)
    path.touch()


@pytest.mark.parametrize(
    ("artifact", "file"),
    [
        ("inbox", f"inbox/{DAY}/_SUCCESS"),
        ("inbox", f"inbox/{DAY}/_EMPTY"),
        ("raw_data", f"raw/{DAY}/data/manifest.json"),
        ("raw_target", f"raw/{DAY}/target/manifest.json"),
        ("champion", "models/champion.json"),
    ],
)
def test_what_is_there_ends_the_wait_at_once(tmp_path, artifact, file):
    arrive(tmp_path / file)
    assert execute(sensor(tmp_path, artifact)) is None


def test_what_is_not_there_is_left_to_the_triggerer_with_an_end(tmp_path):
    with pytest.raises(TaskDeferred) as deferred:
        execute(sensor(tmp_path))
    assert deferred.value.timeout.total_seconds() == 12 * 3600
    name, options = deferred.value.trigger.serialize()
    assert name == "microstep_airflow.triggers.ArrivalTrigger"
    assert options == {"artifact": "raw_data", "day": DAY, "data_root": str(tmp_path), "poke_interval": 60}
    assert ArrivalTrigger(**options).serialize() == (name, options)


def test_the_triggerer_looks_until_it_is_there(tmp_path):
    async def fired():
        trigger = ArrivalTrigger("raw_data", DAY, str(tmp_path), 0.01)
        event = asyncio.ensure_future(anext(trigger.run()))
        await asyncio.sleep(0.1)
        assert not event.done()
        arrive(tmp_path / f"raw/{DAY}/data/manifest.json")
        return await asyncio.wait_for(event, 10)

    assert asyncio.run(fired()).payload is True


@pytest.mark.parametrize(
    ("artifact", "file"),
    [
        ("raw_data", rf"raw/{DAY}/data/manifest.json"),
        ("inbox", rf"inbox/{DAY}/_SUCCESS \(or _EMPTY\)"),
        ("champion", "models/champion.json"),
    ],
)
def test_a_wait_in_vain_names_the_file_and_the_setting(tmp_path, artifact, file):
    words = rf"{file}: must be there within schedule.sensor_timeout_hours \(12\), is not"
    with pytest.raises(AirflowSensorTimeout, match=words):
        in_vain(sensor(tmp_path, artifact))


def test_a_day_that_is_caught_up_is_waited_for_an_hour_and_then_left_to_the_next_run(tmp_path):
    late = sensor(tmp_path, day="2026-01-07")
    with pytest.raises(TaskDeferred) as deferred:
        execute(late)
    assert deferred.value.timeout.total_seconds() == 3600
    with pytest.raises(AirflowSkipException, match=r"2026-01-07.* within 1 hours; the next scheduled run looks again"):
        in_vain(late)


def test_a_day_that_somebody_asked_for_is_waited_for_like_any_other(tmp_path):
    asked = run("manual", **{"from": "2026-01-07", "to": DAY})
    with pytest.raises(TaskDeferred) as deferred:
        execute(sensor(tmp_path, day="2026-01-07"), asked)
    assert deferred.value.timeout.total_seconds() == 12 * 3600
    with pytest.raises(AirflowSensorTimeout):
        in_vain(sensor(tmp_path, day="2026-01-07"), asked)


def test_a_day_of_a_window_may_lack_after_the_whole_wait(tmp_path):
    wait = sensor(tmp_path, day="2026-01-07", may_lack=True)
    with pytest.raises(TaskDeferred) as deferred:
        execute(wait)
    assert deferred.value.timeout.total_seconds() == 12 * 3600
    with pytest.raises(AirflowSkipException, match="must be there within"):
        in_vain(wait)


def test_labels_that_are_overdue_are_not_waited_for(tmp_path):
    wait = sensor(tmp_path, "raw_target", day="2026-01-07", may_lack=True, label_days=3)
    with pytest.raises(AirflowSkipException, match=r"\(3\) have passed; the training of 2026-01-10 does without"):
        execute(wait)
    with pytest.raises(TaskDeferred):
        execute(sensor(tmp_path, "raw_target", day="2026-01-08", may_lack=True, label_days=3))


def test_a_scheduled_run_does_not_wait_for_a_champion_that_cannot_be_there_yet(tmp_path):
    config = factory().config  # three days of window from 2026-01-01 on
    early = sensor(tmp_path, "champion", own="2026-01-02", config=config)
    with pytest.raises(AirflowSkipException, match="the first whole window of a training ends with 2026-01-03"):
        execute(early)
    with pytest.raises(TaskDeferred):
        execute(early, run("manual", day="2026-01-02"))
    with pytest.raises(TaskDeferred):
        execute(sensor(tmp_path, "champion", own="2026-01-03", config=config))
    about = TrainedFor(target="bought", task="binary", features={}, first="2026-01-01", last="2026-01-01")
    model = Champion(day="2026-01-01", file="m", sha256="0" * 64, manifest="f", sklearn="1", trained_for=about)
    (tmp_path / "models").mkdir()
    write_champion(tmp_path / "models/champion.json", model)
    with pytest.raises(AirflowSkipException, match="cannot be used"):
        execute(early)
    write_champion(tmp_path / "models/champion.json", msgspec.structs.replace(model, trained_for=None))
    execute(early)


@pytest.mark.parametrize("back", [14, 0])
def test_who_makes_up_for_no_day_waits_for_the_champion_all_the_same(back):
    config = factory().config
    config = msgspec.structs.replace(config, schedule=msgspec.structs.replace(config.schedule, catch_up_days=back))
    with DagFactory(config, settings()).dag("predict", "0 4 * * *", None):
        assert DagFactory(config, settings()).wait_for("champion").config == (config if back else None)


def test_the_sensors_of_a_dag_look_every_five_seconds_at_the_machines_data():
    with factory().dag("predict", "0 4 * * *", None):
        wait = factory().wait_for("champion")
    assert (wait.poke_interval, wait.data_root, wait.own) == (5.0, "/data", "{{ day(dag_run, params) }}")
