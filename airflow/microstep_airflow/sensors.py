"""Wait, without holding a worker, until what a step reads is there."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

from airflow.providers.standard.sensors.filesystem import FileSensor
from airflow.sdk import Context
from airflow.sdk.exceptions import AirflowSensorTimeout

from contract.layout import MANIFEST, Layout

MARKER = "_SUCCESS"
"""Who drops files into the inbox writes this one last, and so says that the day is complete."""


class ArrivalSensor(FileSensor):
    """Waits for the file that commits something in the data root.

    :param artifact: a name of `contract.layout.Layout`: inbox, raw_data, raw_target or champion
    :param day: YYYY-MM-DD
    :param data_root: as Airflow sees it
    """

    template_fields: Sequence[str] = (*FileSensor.template_fields, "day")

    def __init__(self, *, artifact: str, day: str, data_root: str, **kwargs: Any) -> None:
        path = committing_file(artifact, day, Layout(Path(data_root)))
        super().__init__(filepath=str(path), deferrable=True, **kwargs)
        self.artifact = artifact
        self.day = day

    @cached_property
    def path(self) -> str:
        """The file itself: it is absolute, so no connection with a base path is asked for."""
        return str(self.filepath)

    def resume_execution(self, next_method: str, next_kwargs: dict[str, Any] | None, context: Context) -> Any:
        """Go on after the wait. Raises AirflowSensorTimeout that names the file."""
        try:
            return super().resume_execution(next_method, next_kwargs, context)
        except AirflowSensorTimeout:
            raise AirflowSensorTimeout(
                f"{self.filepath}: must be there within schedule.sensor_timeout_hours ({self.timeout / 3600:g}), is not"
            ) from None


def committing_file(artifact: str, day: str, layout: Layout) -> Path:
    """The file whose appearance means that all of it is there: it is always renamed into place last."""
    if artifact == "champion":
        return layout.champion
    directory: Path = getattr(layout, artifact)(day)
    return directory / (MARKER if artifact == "inbox" else MANIFEST)
