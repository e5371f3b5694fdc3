"""Run Dagster's side of bench/chain.py once: a job of five ops, by the docker executor.

usage: run.py SCRATCH LABEL. The run's own process is this one, on the host, as with `dagster job execute`; the ops'
containers reach its storage, SQLite below SCRATCH, through a mount at the same path. How often the executor looks for
an op's end is Dagster's default, a second, unless DAGSTER_STEP_DELEGATING_EXECUTOR_SLEEP_SECONDS says otherwise.
The last line printed is JSON: the seconds from the first op's launch to the last one's success, and what ran.
"""

from __future__ import annotations

import json
import os
import platform
import sys
from pathlib import Path

import dagster
from chain_job import chain


def main() -> int:
    """0 when every op went well."""
    scratch, label = sys.argv[1:]
    home = Path(scratch)
    home.joinpath("dagster.yaml").write_text("telemetry:\n  enabled: false\n")
    container = {
        "network_mode": "none",
        "labels": dict([label.split("=")]),
        "user": f"{os.getuid()}:{os.getgid()}",
        "volumes": [f"{home}:{home}"],
    }
    config = {"execution": {"config": {"image": "bench-dagster", "container_kwargs": container}}}
    with dagster.DagsterInstance.from_config(scratch) as instance:
        run = dagster.execute_job(dagster.reconstructable(chain), instance, config)
        if not run.success:
            return 1
        events = instance.all_logs(run.run_id)
    kinds = dagster.DagsterEventType
    launched = [event.timestamp for event in events if event.dagster_event_type == kinds.STEP_WORKER_STARTING]
    ended = [event.timestamp for event in events if event.dagster_event_type == kinds.STEP_SUCCESS]
    seconds = max(ended) - min(launched)
    ran = f"dagster {dagster.__version__} on Python {platform.python_version()}"
    print(json.dumps({"seconds": seconds, "ran": ran}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
