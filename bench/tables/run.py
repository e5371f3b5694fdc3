#!/usr/bin/env python3
"""Foreign tables, unedited: from the file as people send it to predictions of days that come later.

Each table of `catalog` in its order, cut into nine days of equally many rows. `generate infer` sees the first seven, in
one file, and what it writes is used as it is. The seven days come in, one training, its judgement; the last two are
predicted. The peers of `peers` are fitted on the very rows that the training may fit, as the package gives them, and
scored on the very rows that were predicted. Nothing is chosen by the last days.

    bench/tables/run.py [--table NAME …] [--tidy-only | --as-sent-only] [--peers NAME …] [--keep FOLDER]
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from catalog import TABLES, Table
from peers import PEERS, metric, score
from spellings import SPELLINGS
from tqdm import tqdm

from contract.datasets.dataset import Dataset
from contract.datasets.manifest import read_manifest

ROOT = Path(__file__).resolve().parents[2]
DAYS = [(date(2026, 1, 1) + timedelta(days=number)).isoformat() for number in range(9)]
HISTORY, LAST = DAYS[:7], DAYS[7:]
STEPS = ("generate", "preprocess", "train", "validate", "predict")


class Stopped(Exception):
    """A step refused; its last line says why."""


@dataclass
class Row:
    """What came out, for one table in one spelling."""

    table: Table
    spelling: str
    rows: int = 0
    rejected: float | None = None
    metric: str = ""
    ours: float | None = None
    peers: dict[str, float | None] = field(default_factory=dict)
    seconds: float = 0.0
    note: str = ""

    def __str__(self) -> str:
        numbers = [self.ours, *(self.peers.get(name) for name in PEERS)]
        shown = " | ".join("—" if number is None else f"{number:.3f}" for number in numbers)
        rejected = "—" if self.rejected is None else f"{100 * self.rejected:.2f} %"
        ran = "no" if self.ours is None else "yes"
        return (
            f"| {self.table.name} | {self.spelling} | {self.rows:,} | {ran} | {rejected} | {self.metric} | {shown} | "
            f"{self.seconds:.0f} | {self.note} |"
        )


HEAD = f"""| table | sent as | rows | unedited | rejected | metric | Microstep | {" | ".join(PEERS)} | s | |
|---|---|---|---|---|---|---|{"---|" * len(PEERS)}---|---|"""


@dataclass
class Trial:
    """One table in one spelling, in a data root of its own."""

    table: Table
    spelling: str
    folder: Path
    frame: pd.DataFrame

    def days(self) -> dict[str, pd.DataFrame]:
        """Nine of equally many rows."""
        cuts = np.linspace(0, len(self.frame), len(DAYS) + 1).astype(int)
        return {day: self.frame[start:end] for day, start, end in zip(DAYS, cuts, cuts[1:], strict=False)}

    def run(self, step: str, *words: str) -> None:
        """A step; raises Stopped with its last line."""
        paths = [ROOT / "libs" / "contract", ROOT / "libs" / "analysis", ROOT / "services" / step]
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW", "MICROSTEP"))}
        done = subprocess.run(
            [ROOT / ".venvs" / step / "bin" / "python", *words],
            env=kept | {"PYTHONPATH": os.pathsep.join(map(str, paths))},
            cwd=self.folder,
            capture_output=True,
            text=True,
            check=False,
        )
        (self.folder / "log.txt").open("a").write(done.stderr)
        if done.returncode:
            errors = [line for line in done.stderr.splitlines() if " ERROR " in line] or [done.stderr[-300:]]
            raise Stopped(f"{step} {done.returncode}: {errors[-1].partition(f'{step}: ')[2] or errors[-1]}")

    def days_of(self, step: str, days: list[str]) -> None:
        """A step on several days."""
        self.run(step, str(ROOT / "demo" / "days.py"), step, "root", "pipeline.toml", *days)

    def play(self) -> None:
        """From the file to predictions. Raises Stopped."""
        write, days = SPELLINGS[self.spelling], self.days()
        history = write(pd.concat([days[day] for day in HISTORY]), self.folder / "history")
        self.run(
            "generate", "-m", "generate", "infer", history.name, "--target", self.table.target, "--first-day", DAYS[0]
        )
        for day, rows in days.items():
            inbox = self.folder / "root" / "inbox" / day
            inbox.mkdir(parents=True)
            write(rows, inbox / "rows")
        self.days_of("generate", DAYS)
        self.days_of("preprocess", DAYS)
        self.days_of("train", HISTORY[-1:])
        self.days_of("validate", HISTORY[-1:])
        self.days_of("predict", LAST)

    def numbers(self, day: str) -> pd.DataFrame:
        """Of a day's processed rows their place in the table as `at`, and whether they are test rows."""
        raw, processed = (Dataset.open(self.folder / "root" / part) for part in (f"raw/{day}/data", f"processed/{day}"))
        number = np.concatenate([batch.column("_row").to_numpy() for batch in raw.batches(["_row"])])
        bad = [batch.column("_row").to_numpy() for batch in processed.batches(["_row"], role="rejected")]
        good = number[~np.isin(number, np.concatenate([[0], *bad]))]
        split = pa.Table.from_batches(list(processed.batches(["split"]))).column("split").to_pylist()
        assert len(good) == len(split), f"{day}: {len(good)} rows of the file are not the {len(split)} processed ones"
        start = self.days()[day].index[0]
        return pd.DataFrame({"at": start + good - 1, "test": np.array(split) == "test"})

    def rejected(self) -> float:
        """Of all rows of all days."""
        counts = [read_manifest(self.folder / "root" / "processed" / day).counts for day in DAYS]
        return sum(count["rejected"] for count in counts) / max(1, sum(count["rows_in"] for count in counts))

    def outcome(self) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame, dict[str, Any]]:
        """The rows that were fitted, those that were predicted, the predictions, and the settings of the table."""
        about = read_manifest(self.folder / "root" / "models" / HISTORY[-1]).notes["trained_for"]
        fitted = [day for day in HISTORY if about["first"] <= day <= about["last"]]
        parts = [self.numbers(day) for day in fitted]
        train = pd.concat([part[~part["test"]] for part in parts])["at"]
        test = pd.concat([self.numbers(day) for day in LAST])["at"]
        predicted = [Dataset.open(self.folder / "root" / "predictions" / day) for day in LAST]
        batches = [batch.to_pandas() for dataset in predicted for batch in dataset.batches()]
        settings = tomllib.loads((self.folder / "pipeline.toml").read_text())["table"]
        return self.frame.loc[train], self.frame.loc[test], pd.concat(batches), settings


@dataclass
class PeerScores:
    """What the peers reach on a table: fitted once where another spelling leads to the same rows."""

    fitted: pd.Index = field(default_factory=lambda: pd.Index([]))
    later: pd.Index = field(default_factory=lambda: pd.Index([]))
    values: dict[str, float | None] = field(default_factory=dict)
    note: str = ""

    def on(
        self, names: Sequence[str], fitted: pd.DataFrame, y_train: Any, later: pd.DataFrame, y_true: Any, task: str
    ) -> PeerScores:
        """The scores of some peers on these rows."""
        if self.values and self.fitted.equals(fitted.index) and self.later.equals(later.index):
            return self
        scores = PeerScores(fitted.index, later.index)
        for name in names:
            try:
                model = PEERS[name](fitted, y_train, task)
                probability = model.predict_proba(later)[:, 1] if task == "binary" else None
                scores.values[name] = score(task, y_true, model.predict(later), probability)
            except Exception as error:  # noqa: BLE001 - a peer that cannot is a result, too
                scores.values[name] = None
                scores.note += f"{name}: {type(error).__name__}: {error}"[:200]
        return scores


def play(trial: Trial, names: Sequence[str], peers: PeerScores) -> tuple[Row, PeerScores]:
    """One table in one spelling, beside the peers of some names; `peers`: what they reached on it before."""
    table, folder = trial.table, trial.folder
    folder.mkdir(parents=True)
    row, start = Row(table, trial.spelling, len(trial.frame)), time.monotonic()
    try:
        trial.play()
        row.seconds = time.monotonic() - start
        row.rejected = trial.rejected()
        fitted, later, predictions, settings = trial.outcome()
    except Stopped as stopped:
        row.seconds, row.note = time.monotonic() - start, str(stopped)[:300]
        return row, peers
    # R's numbers of the rows are no column: where a package has sorted its rows, they would tell the target
    fitted, later = (part.drop(columns="", errors="ignore") for part in (fitted, later))
    task = settings["task"]
    row.metric = metric(task)
    y_train, y_true = fitted.pop(table.target), later.pop(table.target)
    if task == "regression":
        row.ours = score(task, y_true, predictions["prediction"], None)
    elif task == "binary":
        positive = settings["positive"]
        row.ours = score(task, _is(y_true, positive), None, predictions["score"])
        y_train, y_true = _is(y_train, positive), _is(y_true, positive)
    else:
        row.ours = score(task, _texts(y_true), _texts(predictions["prediction"]), None)
        y_train, y_true = _texts(y_train), _texts(y_true)
    peers = peers.on(names, fitted, y_train, later, y_true, task)
    row.peers, row.note = peers.values, peers.note
    return row, peers


def _texts(column: pd.Series) -> np.ndarray[Any, Any]:
    return np.array([_text(value) for value in column], dtype=object)


def _text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value == int(value) else str(value)


def _is(column: pd.Series, positive: str) -> np.ndarray[Any, Any]:
    return np.array([_text(value).lower() == positive.lower() for value in column])


def trials(chosen: list[str], spelled: str) -> Iterator[tuple[Table, str]]:
    """Each table as it is and as people would send it."""
    for table in TABLES:
        if not chosen or table.name in chosen:
            yield from ((table, name) for name in ("tidy", table.spelling) if spelled in ("both", name == "tidy"))


def main() -> int:
    """Print the table of docs/tables.md, a line when it is there."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--table", metavar="NAME", action="append", default=[], help="package/item; all by default")
    parser.add_argument("--tidy-only", dest="spelled", action="store_const", const=True, default="both")
    parser.add_argument("--as-sent-only", dest="spelled", action="store_const", const=False)
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=list(PEERS), help="all by default")
    parser.add_argument("--keep", metavar="FOLDER", type=Path, help="where the data roots stay")
    args = parser.parse_args()
    home = args.keep or Path(tempfile.mkdtemp(prefix="tables-"))
    rows: list[Row] = []
    peers: dict[str, PeerScores] = {}
    print(HEAD, flush=True)
    for table, spelling in tqdm(list(trials(args.table, args.spelled)), unit="table"):
        folder = home / table.name.replace("/", ".") / spelling
        trial = Trial(table, spelling, folder, table.load())
        row, peers[table.name] = play(trial, args.peers, peers.get(table.name, PeerScores()))
        rows.append(row)
        tqdm.write(str(rows[-1]), file=sys.stdout)
        sys.stdout.flush()
    if not args.keep:
        shutil.rmtree(home)
    _sum_up(rows)
    return 0


def _sum_up(rows: list[Row]) -> None:
    ran = [row for row in rows if row.ours is not None]
    print(f"\nunedited: {len(ran)} of {len(rows)}")
    few = sum(row.rejected is not None and row.rejected <= 0.01 for row in ran)
    print(f"at most 1 % rejected: {few} of {len(ran)}")
    for name, others in (("careful", 0.005), ("plain", 0.01), ("tabular", 0.005)):
        told = [row for row in ran if row.peers.get(name) is not None]
        good = sum(row.ours >= row.peers[name] - (0.01 if row.metric == "R2" else others) for row in told)  # type: ignore[operator]
        print(f"not below {name}: {good} of {len(told)}")


if __name__ == "__main__":
    sys.exit(main())
