#!/usr/bin/env python3
"""How long Airflow's DAG processor takes to read the DAG files, by the number of pipelines.

usage: make build, then: python3 bench/scaling/parsing.py [1 10 50 200] [--runs 3]

In the image of Airflow, by the DAG processor's own function, with what it has imported beforehand, each file in a fork
of its own as there: read, checked and made ready for the database. Processor seconds, the least of the runs; the
seconds of the slowest file, which alone have a limit (core.dagbag_import_timeout, 30 s); and what the task's own
reading of its file takes. The time to write what has changed into the database is not in it.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path

from stacks import output, write_pipelines

INSIDE = """
import json, os, resource, sys, time
sys.argv = ["airflow", "dag-processor"]
import airflow.settings
airflow.settings.initialize()
import structlog
from pathlib import Path
from airflow.dag_processing import processor
FOLDER = Path("/opt/airflow/dags")

def read(file, asked):
    "Seconds, processor seconds and DAGs of one file, in a fork."
    ours, theirs = os.pipe()
    if not (child := os.fork()):
        os.environ.update({"_AIRFLOW_PARSING_CONTEXT_DAG_ID": asked} if asked else {})
        begin, used = time.perf_counter(), time.process_time()
        request = processor.DagFileParseRequest(file=str(file), bundle_path=FOLDER, bundle_name="dags-folder")
        result = processor._parse_file(request, structlog.get_logger())
        found = len(result.serialized_dags)
        os.write(theirs, json.dumps([time.perf_counter() - begin, time.process_time() - used, found]).encode())
        os._exit(0)
    os.waitpid(child, 0)
    return json.loads(os.read(ours, 1000))

files = sorted(FOLDER.glob("*.py"))
for file in files:
    processor._pre_import_airflow_modules(str(file), structlog.get_logger())
runs = [[read(file, "") for file in files] for _ in range(int(sys.argv_runs))]
tasks = [read(FOLDER / "train.py", "p0.train") for _ in range(int(sys.argv_runs))]
print("figures", json.dumps({
    "all": min(sum(cpu for _, cpu, _ in run) for run in runs),
    "slowest": min(max(cpu for _, cpu, _ in run) for run in runs),
    "task": min(cpu for _, cpu, _ in tasks),
    "dags": sum(found for _, _, found in runs[0]),
    "megabytes": resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1000,
}))
"""


def measure(count: int, runs: int) -> dict[str, float]:
    """The figures with so many pipelines."""
    with tempfile.TemporaryDirectory(prefix="microstep-parsing-") as name:
        checkout = Path(name)
        checkout.chmod(0o755)
        (checkout / "pipelines").mkdir()
        write_pipelines(checkout, count)
        mounts = [f"--volume={checkout / source}:{target}:ro" for source, target in MOUNTS.items()]
        script = INSIDE.replace("sys.argv_runs", str(runs))
        command = ["docker", "run", "--rm", "--network=none", "--env=MICROSTEP_HOST_ROOT=/srv/microstep", *mounts]
        printed = output(*command, "microstep-airflow", "python", "-c", script)
    figures: dict[str, float] = json.loads(printed.rpartition("figures ")[2])
    return figures


MOUNTS = {"data": "/data", "pipelines": "/config/pipelines", "pipeline.toml": "/config/pipeline.toml"}


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "counts", type=int, nargs="*", default=[1, 10, 50, 200], help="pipelines (default: 1 10 50 200)"
    )
    parser.add_argument("--runs", type=int, default=3, help="of each number (default: 3)")
    args = parser.parse_args()
    print("| pipelines | DAGs | all files, s | the slowest file, s | a task's own reading, s | MB of the largest |")
    print("|---|---|---|---|---|---|")
    for count in args.counts:
        figures = measure(count, args.runs)
        cells = [f"{figures[name]:.2f}" for name in ("all", "slowest", "task")]
        print(f"| {count} | {figures['dags']} | {' | '.join(cells)} | {figures['megabytes']:.0f} |", flush=True)


if __name__ == "__main__":
    main()
