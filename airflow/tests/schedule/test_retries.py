from datetime import UTC, date, datetime, timedelta
from types import SimpleNamespace

import pytest
from airflow.api_fastapi.execution_api.routes.task_instances import _is_eligible_to_retry
from airflow.sdk.definitions.retry_policy import RetryAction
from airflow.sdk.exceptions import AirflowException

from contract.config.data import Schedule
from microstep_airflow.dag_factory import STEP_LIMIT
from microstep_airflow.schedule.retries import (
    BETWEEN_ASKS,
    LONGEST_WAIT,
    MOST_TRIES_LOST,
    PAUSES,
    AtWorkElsewhere,
    FailuresAlone,
    NotOnThisMachine,
    NotThereYet,
    Stopped,
    Tries,
)


class Life:
    """A task as Airflow leads it from try to try: its number, and the store that outlives its process."""

    def __init__(self):
        self.kept = {}
        self.number, self.most = 0, MOST_TRIES_LOST

    def context(self):
        return {
            "task": SimpleNamespace(retries=MOST_TRIES_LOST),
            "ti": SimpleNamespace(try_number=self.number, max_tries=self.most),
            "task_state_store": SimpleNamespace(get=self.kept.get, set=self.kept.__setitem__),
        }

    def lose(self, times=1):
        """Tries that end without a word: Airflow's own rule says whether there is another one."""
        for _ in range(times):
            self.number += 1
            assert _is_eligible_to_retry("running", self.number, self.most)

    def fail(self, error=None):
        self.number += 1
        return FailuresAlone().evaluate(error or AirflowException("no"), self.number, self.most, self.context())

    def clear(self):
        """As Airflow's `clear_task_instances` does it."""
        self.most = self.number + MOST_TRIES_LOST


@pytest.fixture
def life():
    return Life()


def test_work_that_fails_is_tried_again_after_growing_pauses_and_three_times_at_most(life):
    decisions = [life.fail() for _ in range(4)]
    assert [decision.action for decision in decisions] == [RetryAction.RETRY] * 3 + [RetryAction.FAIL]
    assert (
        [decision.retry_delay for decision in decisions[:3]]
        == list(PAUSES)
        == [timedelta(minutes=n) for n in (1, 2, 4)]
    )


def looks(life, day, times):
    """What is decided after each look of a scheduled run of 2026-01-10 at a source without rows of a day."""
    policy = FailuresAlone(Schedule(first_day=date(2026, 1, 1)))
    end = datetime(2026, 1, 11, 3, 15, tzinfo=UTC)
    run = SimpleNamespace(run_type="scheduled", conf=None, run_after=end, data_interval_end=end)
    decisions = []
    for _ in range(times):
        life.number += 1
        context = life.context() | {"dag_run": run, "params": {}}
        context["task"].day = day
        decisions.append(policy.evaluate(NotThereYet("0 rows"), life.number, life.most, context))
    return decisions


def test_rows_that_are_not_there_yet_are_looked_for_as_long_as_a_file_is_waited_for(life):
    *waited, last = looks(life, "2026-01-10", 37)
    assert {(decision.action, decision.retry_delay) for decision in waited} == {
        (RetryAction.RETRY, timedelta(minutes=20))
    }
    assert last.action is RetryAction.FAIL
    assert MOST_TRIES_LOST > 37


def test_rows_of_an_earlier_day_are_left_to_the_next_run(life):
    decisions = looks(life, "2026-01-09", 4)
    assert [decision.action for decision in decisions] == [RetryAction.RETRY] * 3 + [RetryAction.FAIL]
    assert [decision.retry_delay for decision in decisions[:3]] == list(PAUSES)


def asks(life, times):
    """What is decided each time when another run is found at work."""
    return [life.fail(AtWorkElsewhere("another run is at work on this step and day")) for _ in range(times)]


def test_another_run_is_waited_for_as_long_as_a_step_may_take(life):
    *waited, last = asks(life, 77)
    assert {decision.action for decision in waited} == {RetryAction.RETRY}
    assert [decision.retry_delay for decision in waited[:7]] == [*BETWEEN_ASKS, BETWEEN_ASKS[-1]]
    assert sum((decision.retry_delay for decision in waited), timedelta(0)) <= LONGEST_WAIT == STEP_LIMIT
    assert last.action is RetryAction.FAIL
    assert last.reason == "still after 6:00:00: another run is at work on this step and day"
    assert MOST_TRIES_LOST > 77


def test_a_machine_that_is_not_fit_takes_no_try_and_is_named(life):
    why = "b: must have the head's version, but the head has another one by now"
    asked = [life.fail(NotOnThisMachine(why)) for _ in range(3)]
    assert [decision.action for decision in asked] == [RetryAction.RETRY] * 3
    assert asked[-1].reason == f"at 3 asks: {why}"
    assert Tries.of(life.context()).waited == 3


def test_the_lock_of_a_machine_that_is_gone_is_outlived_by_the_first_asks():
    given_up = timedelta(seconds=113)
    assert sum(BETWEEN_ASKS[:4], timedelta(0)) > given_up


def test_who_waited_for_another_run_has_all_tries_left_for_work_that_fails(life):
    life.lose(1)
    asks(life, 3)
    assert [life.fail().retry_delay for _ in range(3)] == list(PAUSES)
    asks(life, 1)
    assert life.fail().action is RetryAction.FAIL
    assert Tries.of(life.context()) == Tries(failed=4, lost=1, waited=4)
    assert str(Tries.of(life.context())).endswith(
        "It found another run at work on its step and day, or a machine that is not fit, 4 times, and waited."
    )


def test_what_an_earlier_version_kept_is_read(life):
    life.fail()
    del life.kept["microstep_failures"]["waited"]
    assert Tries.of(life.context()) == Tries(failed=1, lost=0, waited=0)


def test_restarts_take_no_try_from_work_that_fails(life):
    life.lose(5)
    assert life.fail().retry_delay == PAUSES[0]
    life.lose(5)
    assert life.fail().retry_delay == PAUSES[1]
    life.lose(5)
    assert life.fail().retry_delay == PAUSES[2]
    assert life.fail().action is RetryAction.FAIL
    assert str(Tries.of(life.context())) == (
        "Its work failed 4 times. 15 more tries were lost without a message from the step:"
        " Airflow was restarted under them, or their process was killed."
    )


def test_a_day_of_restarts_every_quarter_of_an_hour_is_outlived(life):
    life.lose(4 * 24)
    assert life.fail().action is RetryAction.RETRY


def test_a_task_whose_process_dies_each_time_ends_some_day(life):
    life.lose(MOST_TRIES_LOST)
    with pytest.raises(AssertionError):
        life.lose()


def test_a_try_that_airflow_ended_is_none_that_failed(life):
    for _ in range(4):
        assert life.fail(Stopped("stopped")).action is RetryAction.DEFAULT
    assert life.fail().retry_delay == PAUSES[0]
    assert Tries.of(life.context()) == Tries(failed=1, lost=4)


def test_who_clears_a_task_gives_it_all_its_tries_again(life):
    for _ in range(4):
        life.fail()
    life.clear()
    assert life.fail().retry_delay == PAUSES[0]
    assert Tries.of(life.context()) == Tries(failed=1, lost=0)


def test_a_failure_that_is_final_is_counted_though_the_policy_is_not_asked(life):
    life.lose(2)
    life.fail()
    life.number += 1
    assert Tries.of(life.context()) == Tries(failed=2, lost=2)


def test_one_try_has_nothing_to_tell(life):
    life.fail()
    assert str(Tries.of(life.context())) == ""


def test_when_the_count_cannot_be_kept_all_tries_are_failures(life):
    context = life.context()
    context["ti"].try_number = 4
    context["task_state_store"].set = lambda *_: 1 / 0
    assert FailuresAlone().evaluate(AirflowException("no"), 4, life.most, context).action is RetryAction.FAIL
