"""The embedded way: the same DAGs for a week of synthetic days, on this machine alone, without Docker.

`demo.py run` makes the environments, starts an MLflow server and Airflow (both on SQLite, both on 127.0.0.1), lets
Airflow run the three DAGs with the `process` runner, and prints what came out. `demo.py ui` serves the pages of that
run until Ctrl-C. Everything is kept in `.demo/`, which one of them uses at a time. However they end (Ctrl-C, a closed
terminal, SIGTERM, SIGKILL), the servers end with them.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NoReturn

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "ops"))

from airflow_api import AirflowApi  # noqa: E402
from checkout.ending import CONFIGURATION  # noqa: E402
from checkout.settings import PIPELINE  # noqa: E402
from embedded import MLFLOW_PORT, Airflow, make_environments, mlflow_password, mlflow_server  # noqa: E402
from only_one import Occupied, only_one  # noqa: E402
from pipeline_file import what_is_wrong  # noqa: E402
from pipelines.places import file_of, names  # noqa: E402
from server import Server, Trouble  # noqa: E402
from stages import Stages, printable  # noqa: E402

HOME = ROOT / ".demo"
DAYS = 7


def week() -> list[str]:
    """The demo's days: the week that ended yesterday (UTC) at its first run, the same week ever after."""
    with contextlib.suppress(FileNotFoundError):
        return list(json.loads((HOME / "days.json").read_text(encoding="utf-8")))
    today = datetime.now(UTC).date()
    days = [(today - timedelta(days=back)).isoformat() for back in range(DAYS, 0, -1)]
    (HOME / "days.json").write_text(json.dumps(days), encoding="utf-8")
    return days


def played(root: Path = ROOT) -> Path:
    """The file of the pipeline that the demo runs: the only one, or the one that is named. Raises Trouble."""
    there, wanted = names(root), os.environ.get(PIPELINE, "")
    if wanted in there or not there:
        return file_of(wanted if there else "", root)
    if len(there) == 1 and not wanted:
        return file_of(there[0], root)
    raise Trouble(
        f"{PIPELINE}: must be one of {', '.join(there)}, got {wanted!r}; type: {PIPELINE}={there[0]} make demo"
    )


def configure(days: list[str]) -> None:
    """Write the demo's pipeline.toml: that file, with no run but those that the demo asks for. Raises Trouble."""
    shipped = played()
    try:
        # the mark that some editors put at the start of a file is none of TOML's
        text = shipped.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise Trouble(f"{shipped}: must be UTF-8: {error}. Save it again as UTF-8.") from None
    lines = []
    for line in text.splitlines():
        key = line.split("=")[0].strip()
        if key == "first_day":
            lines.append(f"first_day = {days[0]}")
        elif key in ("generate", "predict", "train") and '"' in line:
            lines.append(f'{key} = "0 0 29 2 *"  # leap days: the demo starts the runs itself')
        elif key == "to":
            lines.append("to = []  # no mail server here")
        else:
            lines.append(line)
    (HOME / "pipeline.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")


class Misconfigured(Trouble):
    """The configuration cannot be read; no server would say so as well."""


def check(file: Path) -> None:
    """Raise Misconfigured for a configuration that no step can read."""
    if wrong := what_is_wrong(file):
        raise Misconfigured(wrong)


def run(lock: int) -> int:
    """Run the demo; the exit code is 1 when a DAG run failed. Raises Trouble."""
    stages = Stages(5)
    data = HOME / "data"
    if data.is_symlink() and not data.exists():
        raise Trouble(
            f"{data} is a link to {data.readlink()}, which is not there: make that directory, or remove the link."
        )
    data.mkdir(exist_ok=True)
    with stages.stage("environments, one a part (.venvs/)") as tell:
        make_environments(ROOT, tell)
    check(played())
    days = week()
    configure(days)
    with contextlib.ExitStack() as stack:
        with stages.stage("MLflow and Airflow, on SQLite (.demo/)") as tell:
            mlflow = stack.enter_context(mlflow_server(ROOT, HOME, hold=[lock]))
            airflow = stack.enter_context(Airflow(ROOT, HOME, mlflow.url, hold=[lock]))
            tell("starting")
            mlflow.wait()
            airflow.wait()
        for dag, wanted in (("generate", days), ("train", days[-1:]), ("predict", days)):
            with stages.stage(f"DAG {dag}, {len(wanted)} day{'s' if len(wanted) > 1 else ''}") as tell:
                try:
                    failed = run_dag(airflow.api, dag, wanted, tell)
                except OSError as error:
                    raise airflow.trouble(f"answered a request with an error, or not at all ({error})") from None
            if failed:
                print(f"\nDAG {dag} failed for {', '.join(failed)}; its logs: {HOME}/airflow/logs; look: make ui")
                return 1
    show(days[-1])
    print(f"\nThe demo took {stages.seconds:.0f} s. Next: make ui (the Airflow and MLflow pages of this run).")
    return 0


def run_dag(api: AirflowApi, dag: str, days: list[str], tell: Callable[[str], object]) -> list[str]:
    """Run a DAG for some days and wait for it; the days for which it failed."""
    if len(days) == 1:
        return [day for day, state in api.run_days(dag, days, tell).items() if state != "success"]
    done: list[str] = []

    def keep(now: list[str]) -> None:
        done[:] = now
        tell(f"{len(done)} of {len(days)} done")

    # one run for all days, as for days that were missed: a run each would start three times as many tasks
    state = api.run_range(dag, days[0], days[-1], keep)
    return [] if state == "success" else sorted(set(days) - set(done)) or days


def show(day: str) -> None:
    """Print what was trained, promoted and predicted, and where it lies."""
    data = HOME / "data"
    model, predictions = (
        json.loads((data / kind / day / "manifest.json").read_text()) for kind in ("models", "predictions")
    )
    notes, counts = model["notes"], predictions["counts"]
    judged = last_decision(data / "ledger.jsonl")
    champion = json.loads((data / "models" / "champion.json").read_text())
    rows = f"{model['counts']['rows_in']:,} rows of {model['counts']['days']} days"
    score = f"{notes['metric']} {notes['cv']:.4f} in cross-validation"
    for title, summary, path in (
        ("trained", f"{notes['chosen']} on {rows}, {score}", data / "models" / day),
        (judged["decision"], judged["why"], data / "reports" / "train" / day),
        ("champion", f"the model of {champion['day']}, version {champion['version']} in MLflow", data / "ledger.jsonl"),
        ("predicted", f"{counts['rows_out']:,} rows: {counts['predicted']}", data / "predictions" / day),
        ("reports", "of each training and each predicted day, for a browser", data / "reports" / "index.html"),
    ):
        print(f"\n{title:<11}{printable(summary)}\n{'':<11}{path.relative_to(ROOT)}", end="")
    print()


def last_decision(ledger: Path) -> dict[str, Any]:
    """The last line of the ledger. As `contract.models.ledger` reads it: a line without its end was torn by a crash."""
    whole, _, _ = ledger.read_bytes().rpartition(b"\n")
    line: dict[str, Any] = json.loads(whole.rpartition(b"\n")[2])
    return line


def ui(lock: int) -> int:
    """Serve the pages of the demo until Ctrl-C. Raises Trouble."""
    if not (HOME / "airflow").is_dir():
        print("There is no run to show yet: make demo", file=sys.stderr)
        return 66
    check(HOME / "pipeline.toml")
    with (
        mlflow_server(ROOT, HOME, port=MLFLOW_PORT, hold=[lock]) as mlflow,
        Airflow(ROOT, HOME, mlflow.url, port=8080, hold=[lock]) as airflow,
    ):
        mlflow.wait()
        airflow.wait()
        print(f"\nAirflow  {airflow.url}  (user admin, password {airflow.password()})")
        print(f"MLflow   {mlflow.url}  (user admin, password {mlflow_password(HOME)})")
        print("Ctrl-C stops both.", flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            watch(mlflow, airflow)
    return 0


def watch(*servers: Server) -> NoReturn:
    """Return never. Raises Trouble when one of the servers has ended."""
    while True:
        for server in servers:
            if not server.alive:
                raise server.trouble("has ended")
        time.sleep(1)


def stop(number: int, _: object) -> NoReturn:
    """End in order: every `with` on the way out stops its servers."""
    raise SystemExit(128 + number)


def end_with_make() -> None:
    """End when `make` does, even if it was killed and could not tell us."""
    parent = os.getppid()

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=look, daemon=True).start()


def main(name: str) -> int:
    """Run one of the two commands; the exit code."""
    signal.signal(signal.SIGTERM, stop)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup
        signal.signal(signal.SIGHUP, stop)
    if "MAKELEVEL" in os.environ:
        end_with_make()
    try:
        HOME.mkdir(exist_ok=True)
        with only_one(HOME / "lock", "make demo" if name == "run" else "make ui") as lock:
            return {"run": run, "ui": ui}[name](lock)
    except KeyboardInterrupt:
        print("\nStopped.")
        return 128 + signal.SIGINT
    except Occupied as error:
        print(error, file=sys.stderr)
        return 75
    except Misconfigured as error:
        print(f"\n{error}", file=sys.stderr)
        return CONFIGURATION
    except Trouble as error:
        print(f"\n{error}", file=sys.stderr)
        return 69
    except OSError as error:
        print(f"\n{error}", file=sys.stderr)
        return 74


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
