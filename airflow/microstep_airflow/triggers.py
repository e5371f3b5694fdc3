"""Look for what has not come yet, in Airflow's triggerer: no worker is held."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

from airflow.triggers.base import BaseTrigger, TriggerEvent

from contract.due.arrived import has_arrived
from contract.layout import Layout


class ArrivalTrigger(BaseTrigger):
    """Fires once something of a day is there.

    :param artifact: inbox, raw_data, raw_target or champion
    :param day: YYYY-MM-DD
    :param data_root: as Airflow sees it
    :param poke_interval: seconds between two looks
    """

    def __init__(self, artifact: str, day: str, data_root: str, poke_interval: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.artifact = artifact
        self.day = day
        self.data_root = data_root
        self.poke_interval = poke_interval

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """What another process needs to make it anew."""
        names = ("artifact", "day", "data_root", "poke_interval")
        return f"{type(self).__module__}.{type(self).__qualname__}", {name: getattr(self, name) for name in names}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look until it is there."""
        layout = Layout(Path(self.data_root))
        # no event of a file reaches a container
        while not await asyncio.to_thread(has_arrived, layout, self.artifact, self.day):  # noqa: ASYNC110
            await asyncio.sleep(self.poke_interval)
        yield TriggerEvent(True)  # type: ignore[no-untyped-call]  # noqa: FBT003
