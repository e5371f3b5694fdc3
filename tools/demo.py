"""The embedded way: the same DAGs for a week of synthetic days, on this machine alone, without Docker.

`demo.py run` makes the environments, starts an MLflow server and Airflow (both on SQLite, both on 127.0.0.1), lets
Airflow run the three DAGs with the `process` runner, and prints what came out. `demo.py ui` serves the pages of that
run until Ctrl-C. Everything is kept in `.demo/`.
"""

from __future__ import annotations

import contextlib
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from embedded import Airflow, Server, make_environments, mlflow_password, mlflow_server

ROOT = Path(__file__).resolve().parents[1]
HOME = ROOT / ".demo"
DAYS = 7


class Stages:
    """Says on a terminal, or line by line in a log, where the demo is."""

    def __init__(self, total: int) -> None:
        self._total, self._number, self._start = total, 0, time.monotonic()

    @contextmanager
    def stage(self, what: str) -> Iterator[Any]:
        """A stage; gives a function that says how far it is."""
        self._number += 1
        begin = time.monotonic()
        head = f"[{self._number}/{self._total}] {what}"
        shown = ""

        def tell(detail: str) -> None:
            nonlocal shown
            if sys.stdout.isatty():
                print(f"\r\033[K{head} … {detail} ({time.monotonic() - begin:.0f} s)", end="", flush=True)
            elif detail != shown:
                print(f"{head} … {detail}", flush=True)
            shown = detail

        tell("")
        yield tell
        end = "\r\033[K" if sys.stdout.isatty() else ""
        print(f"{end}{head}: done in {time.monotonic() - begin:.0f} s", flush=True)

    @property
    def seconds(self) -> float:
        """Since the demo began."""
        return time.monotonic() - self._start


def week() -> list[str]:
    """The demo's days: the week that ended yesterday (UTC) at its first run, the same week ever after."""
    with contextlib.suppress(FileNotFoundError):
        return list(json.loads((HOME / "days.json").read_text()))
    today = datetime.now(UTC).date()
    days = [(today - timedelta(days=back)).isoformat() for back in range(DAYS, 0, -1)]
    (HOME / "days.json").write_text(json.dumps(days))
    return days


def configure(days: list[str]) -> None:
    """Write the demo's pipeline.toml: the shipped one, with no run but those that the demo asks for."""
    lines = []
    for line in (ROOT / "pipeline.toml").read_text().splitlines():
        key = line.split("=")[0].strip()
        if key == "first_day":
            lines.append(f"first_day = {days[0]}")
        elif key in ("generate", "predict", "train") and '"' in line:
            lines.append(f'{key} = "0 0 29 2 *"  # leap days: the demo starts the runs itself')
        elif key == "to":
            lines.append("to = []  # no mail server here")
        else:
            lines.append(line)
    (HOME / "pipeline.toml").write_text("\n".join(lines) + "\n")


def run() -> int:
    """Run the demo; the exit code is 1 when a DAG run failed."""
    stages = Stages(5)
    HOME.mkdir(exist_ok=True)
    (HOME / "data").mkdir(exist_ok=True)
    with stages.stage("environments, one a part (.venvs/)") as tell:
        make_environments(ROOT, tell)
    days = week()
    configure(days)
    with contextlib.ExitStack() as stack:
        with stages.stage("MLflow and Airflow, on SQLite (.demo/)") as tell:
            mlflow = stack.enter_context(mlflow_server(ROOT, HOME))
            airflow = stack.enter_context(Airflow(ROOT, HOME, mlflow.url))
            tell("starting")
            mlflow.wait()
            airflow.wait()
        for dag, wanted in (("generate", days), ("train", days[-1:]), ("predict", days)):
            with stages.stage(f"DAG {dag}, {len(wanted)} day{'s' if len(wanted) > 1 else ''}") as tell:
                states = airflow.api.run_days(dag, wanted, tell)
            if failed := [day for day, state in states.items() if state != "success"]:
                print(f"\nDAG {dag} failed for {', '.join(failed)}; its logs: {HOME}/airflow/logs; look: make ui")
                return 1
    show(days[-1])
    print(f"\nThe demo took {stages.seconds:.0f} s. Next: make ui (the Airflow and MLflow pages of this run).")
    return 0


def show(day: str) -> None:
    """Print what was trained, promoted and predicted, and where it lies."""
    data = HOME / "data"
    model, predictions = (
        json.loads((data / kind / day / "manifest.json").read_text()) for kind in ("models", "predictions")
    )
    notes, counts = model["notes"], predictions["counts"]
    judged = json.loads((data / "ledger.jsonl").read_text().splitlines()[-1])
    champion = json.loads((data / "models" / "champion.json").read_text())
    rows = f"{model['counts']['rows_in']:,} rows of {model['counts']['days']} days"
    score = f"{notes['metric']} {notes['cv']:.4f} in cross-validation"
    for what, found, place in (
        ("trained", f"{notes['chosen']} on {rows}, {score}", data / "models" / day),
        (judged["decision"], judged["why"], data / "reports" / "train" / day),
        ("champion", f"the model of {champion['day']}, version {champion['version']} in MLflow", data / "ledger.jsonl"),
        ("predicted", f"{counts['rows_out']:,} rows: {counts['predicted']}", data / "predictions" / day),
        ("reports", "of each training and each predicted day, for a browser", data / "reports" / "index.html"),
    ):
        print(f"\n{what:<11}{found}\n{'':<11}{place.relative_to(ROOT)}", end="")
    print()


def ui() -> int:
    """Serve the pages of the demo until Ctrl-C."""
    if not (HOME / "airflow").is_dir():
        print("There is no run to show yet: make demo", file=sys.stderr)
        return 66
    with mlflow_server(ROOT, HOME, port=5000) as mlflow, Airflow(ROOT, HOME, mlflow.url, port=8080) as airflow:
        mlflow.wait()
        airflow.wait()
        print(f"\nAirflow  {airflow.url}  (user admin, password {airflow.password()})")
        print(f"MLflow   {mlflow.url}  (user admin, password {mlflow_password(HOME)})")
        print("Ctrl-C stops both.", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            serve_forever(mlflow, airflow)
    return 0


def serve_forever(*servers: Server) -> None:
    """Return when one of the servers has ended."""
    while all(server.alive for server in servers):
        time.sleep(1)


if __name__ == "__main__":
    sys.exit({"run": run, "ui": ui}[sys.argv[1]]())
