"""Wait, without holding a worker, until what a step reads is there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from airflow.sdk import BaseSensorOperator, Context
from airflow.sdk.exceptions import AirflowSensorTimeout, AirflowSkipException

from contract.config import Config
from contract.days import parse_day
from contract.due.arrived import EMPTY, SUCCESS, has_arrived
from contract.due.training import champion_is_usable, first_whole_window
from contract.layout import MANIFEST, Layout
from microstep_airflow.schedule.days import DAY
from microstep_airflow.schedule.lacking import is_caught_up
from microstep_airflow.triggers import ArrivalTrigger

CATCH_UP_SECONDS = 3600.0
"""How long a day that is caught up is waited for at most: whoever brings it is at work by then, or has failed."""

OVERDUE = "must be there within schedule.sensor_timeout_hours"
"""In the words of a wait in vain: by them it is known from a look that failed."""


class ArrivalSensor(BaseSensorOperator):
    """Waits until something in the data root is committed.

    :param artifact: inbox, raw_data, raw_target or champion
    :param day: YYYY-MM-DD
    :param data_root: as Airflow sees it
    :param may_lack: a wait in vain skips this task: a later one decides whether to go on without
    :param label_days: labels of a day that is so much older than the run's are not waited for; None: all are
    :param config: a scheduled run does not wait for a champion before the first whole window of it has ended; None:
        all do
    """

    template_fields: Sequence[str] = ("day", "own")

    def __init__(
        self,
        *,
        artifact: str,
        day: str,
        data_root: str,
        may_lack: bool = False,
        label_days: int | None = None,
        config: Config | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.artifact = artifact
        self.day = day
        self.own = DAY
        self.data_root = data_root
        self.may_lack = may_lack
        self.label_days = label_days
        self.config = config

    def execute(self, context: Context) -> None:
        """Go on at once, or wait. Raises AirflowSkipException for what is known not to come."""
        if (first := self._first_whole_window(context)) is not None:
            raise AirflowSkipException(
                f"{self._file}: is not there, or cannot be used for what pipeline.toml asks; the first whole window of"
                f" a training ends with {first} (schedule.first_day, training.window_days,"
                " training.target_delay_days), and then the days before it that have no predictions are caught up"
            )
        if has_arrived(Layout(Path(self.data_root)), self.artifact, self.day):
            return
        if self._is_overdue():
            raise AirflowSkipException(
                f"{self._file}: is not there, and training.target_delay_days + schedule.label_grace_days "
                f"({self.label_days}) have passed; the training of {self.own} does without"
            )
        self.defer(
            timeout=timedelta(seconds=self._patience(context)),
            trigger=ArrivalTrigger(self.artifact, self.day, self.data_root, self.poke_interval),
            method_name="execute_complete",
        )

    def execute_complete(self, context: Context, event: bool) -> None:
        """It is there."""

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Go on after the wait. Raises AirflowSensorTimeout, where it may lack AirflowSkipException, with the file."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except AirflowSensorTimeout:
            hours = f"{self._patience(context) / 3600:g}"
            if self._is_caught_up(context):
                raise AirflowSkipException(
                    f"{self._file}: has not come within {hours} hours; the next scheduled run looks again"
                ) from None
            message = f"{self._file}: {OVERDUE} ({hours}), is not"
            if self.artifact == "inbox":
                message += "; for a day that never has data: schedule.expected, schedule.holidays"
            raise (AirflowSkipException if self.may_lack else AirflowSensorTimeout)(message) from None

    def _patience(self, context: Context) -> float:
        return min(self.timeout, CATCH_UP_SECONDS) if self._is_caught_up(context) else self.timeout

    def _is_caught_up(self, context: Context) -> bool:
        # the days of a training's window are all its own
        return (
            not self.may_lack and self.artifact != "champion" and is_caught_up(context["dag_run"], self.own, self.day)
        )

    def _first_whole_window(self, context: Context) -> date | None:
        """Where a champion that can be used is not there and cannot be yet: when the first window will have ended."""
        if self.config is None or context["dag_run"].run_type != "scheduled":
            return None
        first = first_whole_window(self.config)
        is_early = parse_day(self.own) < first
        return first if is_early and not champion_is_usable(self.config, Layout(Path(self.data_root))) else None

    def _is_overdue(self) -> bool:
        if self.artifact != "raw_target" or self.label_days is None:
            return False
        return (parse_day(self.own) - parse_day(self.day)).days >= self.label_days

    @property
    def _file(self) -> str:
        layout = Layout(Path(self.data_root))
        if self.artifact == "champion":
            return str(layout.champion)
        directory: Path = getattr(layout, self.artifact)(self.day)
        return f"{directory / SUCCESS} (or {EMPTY})" if self.artifact == "inbox" else str(directory / MANIFEST)
