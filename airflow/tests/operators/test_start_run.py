from types import SimpleNamespace

import pytest
from airflow.sdk.exceptions import AirflowSkipException, DagRunTriggerException
from conftest import factory
from test_runs import A_DATASET

from contract.datasets.manifest import encode
from microstep_airflow.operators.start_run import FirstTrainingOperator

DAY = "2026-01-05"


@pytest.fixture
def start(tmp_path):
    """Looks whether the first training is due after a run of generate."""
    operator = FirstTrainingOperator(
        task_id="first_training", day=DAY, config=factory().config, data_root=str(tmp_path)
    )
    operator.trigger_run_id = "generate__r__-1"

    def look(conf=None):
        operator.execute.__wrapped__(
            operator, {"dag_run": SimpleNamespace(run_type="manual" if conf else "scheduled", conf=conf)}
        )

    return look


def bring(root, *days):
    for day in days:
        for part in ("data", "target"):
            (root / "raw" / day / part).mkdir(parents=True)
            (root / "raw" / day / part / "manifest.json").write_bytes(encode(A_DATASET))


def test_the_first_training_is_started_once_its_window_is_there(start, tmp_path):
    bring(tmp_path, "2026-01-03", "2026-01-04")
    with pytest.raises(AirflowSkipException, match="a day of its window lacks"):
        start()
    bring(tmp_path, DAY)
    with pytest.raises(DagRunTriggerException) as started:
        start()
    assert (started.value.trigger_dag_id, started.value.conf) == ("train", {"day": DAY})
    assert started.value.dag_run_id == "generate__r__-1"
    assert started.value.skip_when_already_exists is True


def test_none_is_started_beside_a_champion(start, tmp_path):
    bring(tmp_path, "2026-01-03", "2026-01-04", DAY)
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "champion.json").touch()
    with pytest.raises(AirflowSkipException, match="there is a champion"):
        start()


def test_a_run_for_days_that_somebody_asked_for_starts_none(start, tmp_path):
    bring(tmp_path, "2026-01-03", "2026-01-04", DAY)
    with pytest.raises(AirflowSkipException, match="who asks for days"):
        start({"day": DAY})
