#!/usr/bin/env python3
"""Time the pipeline beside two scripts that do the same work: as it is usually written, and tuned for this machine.

usage: python3 bench/pipeline.py [--rows 1000000] [--runs 3] [--without plain]

The work (bench/reference/): a labelled table is read and checked; two candidates are compared by cross-validation, the
better one is fitted and judged on rows that it has not seen, with an interval; a new table is scored, and looked at for
drift. The pipeline does it as the `process` runner has it, a process a step, from the inbox to predictions and reports.
The three run in turn, round after round; a ratio is the median of the rounds' ratios.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
REFERENCE = ROOT / "bench" / "reference"
LABELLED, NEW = "2026-01-05", "2026-01-06"
CHAIN = [(step, LABELLED) for step in ("generate", "preprocess", "train", "validate")]
CHAIN += [(step, NEW) for step in ("generate", "preprocess", "predict")]


@dataclass
class Run:
    """One run of one of the three."""

    seconds: float
    megabytes: int
    """The peak of its largest process."""
    auc: float
    """Of its scores of the new table, held against the truth."""
    parts: dict[str, float] = field(default_factory=dict)
    peaks: dict[str, int] = field(default_factory=dict)


def configuration(training: str = "") -> str:
    """A pipeline.toml for the reference table, with the models and checks of the scripts; `training`: more of it."""
    sys.path.insert(0, str(REFERENCE))
    from schema import KEY, LEAST, LEVELS, NUMBERS, TARGET

    columns = [
        f'{KEY} = {{ type = "text", role = "ignore" }}',
        f'{TARGET} = {{ type = "category", values = ["0", "1"] }}',
    ]
    columns += [f'{name} = {{ type = "number"{", min = 0" if name in LEAST else ""} }}' for name in NUMBERS]
    columns += [f'{name} = {{ type = "category", values = {json.dumps(values)} }}' for name, values in LEVELS.items()]
    return f"""
[source]
kind = "files"
[table]
key = "{KEY}"
target = "{TARGET}"
task = "binary"
positive = "1"
[columns]
{chr(10).join(columns)}
[training]
window_days = 1
folds = 2
{training}
[[training.candidates]]
name = "linear"
estimator = "sklearn.linear_model.LogisticRegression"
params = {{ max_iter = 1000 }}
[[training.candidates]]
name = "trees"
estimator = "sklearn.ensemble.HistGradientBoostingClassifier"
params = {{ max_iter = 100, early_stopping = false }}
[schedule]
first_day = 2026-01-01
"""


def timed(command: list[str | Path], **environment: str) -> tuple[float, int, str]:
    """Seconds, peak megabytes and output of a command. Raises SystemExit with the output when it fails."""
    # without bytecode every start would compile its imports again; how many threads is each one's own business
    left_out = ("PYTHONDONTWRITEBYTECODE", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS")
    kept = {name: value for name, value in os.environ.items() if name not in left_out}
    begin = time.perf_counter()
    child = subprocess.Popen(
        command, env={**kept, **environment}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert child.stdout is not None
    printed = child.stdout.read()
    _, status, used = os.wait4(child.pid, 0)
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        raise SystemExit(f"{' '.join(map(str, command))}: exit {child.returncode}\n{printed}")
    return time.perf_counter() - begin, used.ru_maxrss // 1000, printed


def script(name: str, tables: Path, out: Path) -> Run:
    """One of the two scripts."""
    python = ROOT / ".venvs" / "train" / "bin" / "python"
    seconds, megabytes, printed = timed([python, REFERENCE / f"{name}.py", tables, out])
    results = json.loads(printed.splitlines()[-1])
    suffix = "csv" if name == "plain" else "parquet"
    peaks = {stage["stage"]: stage["megabytes"] for stage in results["stages"]}
    parts = {stage["stage"]: stage["seconds"] for stage in results["stages"]}
    return Run(seconds, max(megabytes, *peaks.values()), auc([out / f"predictions.{suffix}"], tables), parts, peaks)


def inbox(tables: Path, out: Path, training: str = "") -> None:
    """A data root that both tables have come to, and the configuration for it."""
    for day, name in ((LABELLED, "train"), (NEW, "new")):
        directory = out / "data" / "inbox" / day
        directory.mkdir(parents=True)
        os.link(tables / f"{name}.parquet", directory / "table.parquet")
    (out / "pipeline.toml").write_text(configuration(training))


def step(name: str, day: str, out: Path, *arguments: str) -> tuple[float, int]:
    """Seconds and peak megabytes of a step, run as the `process` runner does."""
    path = os.pathsep.join(str(ROOT / part) for part in ("libs/contract", "libs/analysis", f"services/{name}"))
    python = ROOT / ".venvs" / name / "bin" / "python"
    options = ["--day", day, "--data-root", out / "data", "--config", out / "pipeline.toml", *arguments]
    seconds, megabytes, _ = timed([python, "-m", name, *options], PYTHONPATH=path)
    return seconds, megabytes


def pipeline(tables: Path, out: Path, training: str = "") -> Run:
    """All steps, each from nothing; `training` as in `configuration`."""
    shutil.rmtree(out, ignore_errors=True)
    inbox(tables, out, training)
    run = Run(0, 0, 0)
    for name, day in CHAIN:
        part = name if day == LABELLED or name == "predict" else f"{name}, new"
        run.parts[part], run.peaks[part] = step(name, day, out)
    predictions = sorted((out / "data" / "predictions" / NEW).glob("part-*.parquet"))
    return Run(sum(run.parts.values()), max(run.peaks.values()), auc(predictions, tables), run.parts, run.peaks)


def environments() -> None:
    """Make the environments of all steps."""
    subprocess.run([ROOT / "dev" / "env", *dict.fromkeys(step for step, _ in CHAIN)], check=True)


def make_tables(rows: float, folder: Path) -> Path:
    """The reference tables, as CSV and as Parquet."""
    timed([ROOT / ".venvs" / "train" / "bin" / "python", REFERENCE / "table.py", str(rows), folder])
    return folder


def machine() -> str:
    """What the figures are from."""
    return f"{os.cpu_count()} processors, Python {platform.python_version()}"


def auc(predictions: list[Path], tables: Path) -> float:
    """ROC AUC of predicted scores, in one file or several, on the new table."""
    python = ROOT / ".venvs" / "train" / "bin" / "python"
    return float(timed([python, REFERENCE / "judge.py", tables / "truth.parquet", *predictions])[2])


def table(runs: dict[str, list[Run]]) -> list[str]:
    """The lines to print."""
    ours = runs["pipeline"]
    lines = [
        "| | seconds | peak MB | ROC AUC of the new rows | pipeline / it: time | memory |",
        "|---|---|---|---|---|---|",
    ]
    for name, rounds in runs.items():
        pairs = list(zip(ours, rounds, strict=True))
        ratios = [median(one.seconds / other.seconds for one, other in pairs)]
        ratios += [median(one.megabytes / other.megabytes for one, other in pairs)]
        seconds = [run.seconds for run in rounds]
        lines.append(
            f"| {name} | {median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f}) | "
            f"{max(run.megabytes for run in rounds):,} | {rounds[0].auc:.4f} | {ratios[0]:.2f} | {ratios[1]:.2f} |"
        )
    for name in ("tuned", "pipeline"):
        lines += ["", f"| {name} | seconds | peak MB |", "|---|---|---|"]
        for part in runs[name][0].parts:
            seconds = median(run.parts[part] for run in runs[name])
            lines.append(f"| {part} | {seconds:.1f} | {max(run.peaks[part] for run in runs[name]):,} |")
    return lines


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=float, default=1e6, help="of each table (default: a million)")
    parser.add_argument("--runs", type=int, default=3, help="rounds (default: 3)")
    parser.add_argument("--without", choices=["plain"], action="append", default=[], help="leave a script out")
    args = parser.parse_args()
    environments()
    with tempfile.TemporaryDirectory() as scratch:
        tables = make_tables(args.rows, Path(scratch, "tables"))
        ways: dict[str, Callable[[], Run]] = {
            "plain": lambda: script("plain", tables, Path(scratch, "plain")),
            "tuned": lambda: script("tuned", tables, Path(scratch, "tuned")),
            "pipeline": lambda: pipeline(tables, Path(scratch, "pipeline")),
        }
        runs: dict[str, list[Run]] = {name: [] for name in ways if name not in args.without}
        for number in range(args.runs):
            for name, rounds in runs.items():
                rounds.append(ways[name]())
                print(f"round {number + 1}: {name} {rounds[-1].seconds:.1f} s", file=sys.stderr, flush=True)
    print(f"{int(args.rows):,} rows, {args.runs} rounds, {machine()}\n")
    print("\n".join(table(runs)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
