"""Run the running stack's DAGs some hundred times in one go, and print whether anything grows.

usage: make up, then: python3 bench/soak.py [RUNS]
Looked at after each fifth of the runs: containers, volumes, networks, staging directories, and of each long-lived part
the memory that it cannot give back (anonymous, of all its processes) and its open files.
"""

from __future__ import annotations

import json
import subprocess
import sys
import time
from datetime import date, timedelta
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT / folder) for folder in ("demo", "ops")]

from airflow_api import AirflowApi  # noqa: E402 - the path comes first
from checkout.settings import ports, project, read  # noqa: E402

PARTS = ("scheduler", "apiserver", "dag-processor", "triggerer")
AT_ONCE = 8
LOOK = """
import os
anonymous = open_files = 0
for pid in filter(str.isdigit, os.listdir("/proc")):
    try:
        open_files += len(os.listdir(f"/proc/{pid}/fd"))
        lines = open(f"/proc/{pid}/status").read().splitlines()
        anonymous += sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon"))
    except OSError:
        pass
print(anonymous // 1000, open_files)
"""


def output(*command: str) -> str:
    """What a command prints."""
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.strip()


def look() -> dict[str, int]:
    """The stack as it is: counts, and megabytes and open files of each part."""
    figures = {
        "containers": len(output("docker", "ps", "--all", "--quiet", f"--filter=name=^/{project()}-").split()),
        "volumes": len(output("docker", "volume", "ls", "--quiet").split()),
        "networks": len(output("docker", "network", "ls", "--quiet").split()),
        "staging": len(list((ROOT / "data").rglob(".staging-*"))),
    }
    for part in PARTS:
        memory, files = output("docker", "exec", f"{project()}-airflow-{part}-1", "python", "-c", LOOK).split()
        figures[f"{part} MB"], figures[f"{part} files"] = int(memory), int(files)
    return figures


def main() -> int:
    """0 when every run went well."""
    runs = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    password = json.loads(
        output("docker", "exec", f"{project()}-airflow-apiserver-1", "cat", "/run/microstep/airflow/passwords.json")
    )["admin"]
    port = ports(read())["MICROSTEP_AIRFLOW_PORT"]
    airflow = AirflowApi(f"http://127.0.0.1:{port}", lambda: password)
    first = date(2026, 1, 1)
    days = [(first + timedelta(days=number)).isoformat() for number in range(runs // 2)]
    airflow.run_days("generate", days[:7])
    airflow.run_days("train", days[6:7])
    states: list[str] = []
    looks = {0: look()}
    begin = time.monotonic()
    for start in range(0, len(days), AT_ONCE):
        for dag in ("generate", "predict"):
            states += airflow.run_days(dag, days[start : start + AT_ONCE]).values()
        if len(states) >= (len(looks)) * runs / 5:
            time.sleep(10)  # what has just ended is cleaned up
            looks[len(states)] = look()
        print(f"{len(states)} of {runs} runs, {time.monotonic() - begin:.0f} s", file=sys.stderr, flush=True)
    print(f"| after runs | {' | '.join(str(count) for count in looks)} |")
    print("|---" * (len(looks) + 1) + "|")
    for name in looks[0]:
        print(f"| {name} | {' | '.join(str(figures[name]) for figures in looks.values())} |")
    good = states.count("success")
    seconds = (time.monotonic() - begin) / len(states)
    print(f"\n{good} of {len(states)} runs went well, {seconds:.1f} s each, {AT_ONCE} at once")
    return 0 if good == len(states) else 1


if __name__ == "__main__":
    sys.exit(main())
