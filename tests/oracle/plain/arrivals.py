"""What arrives in an inbox: made-up rows, written in the ways in which tools write them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from plain.settings import IDENTITIES, Settings

Written = Literal["plain", "floats", "blanks", "parquet", "parquet floats"]
WRITTEN: tuple[Written, ...] = ("plain", "floats", "blanks", "parquet", "parquet floats")
WHOLE = ("id", "account", "customer", "code", "grade")
"""Columns of whole numbers, which are 3 to one tool and 3.0 to another."""


@dataclass(frozen=True)
class Table:
    """The world that the rows come from."""

    seed: int = 0
    rows: int = 40
    returning: bool = False
    """The same ids come again every day; else each row is a new one."""
    still: bool = False
    """Every day has the very same rows."""
    twice: int = 0
    """So many rows of a day come a second time, with other values."""
    gaps: float = 0.1
    """Fraction of `b`, `code` and `customer` that is missing."""
    signal: float = 1.5
    """How much the features tell of the targets."""

    def day(self, number: int) -> pd.DataFrame:
        """The true rows of a day, None where a value is missing."""
        number = 0 if self.still else number
        chance = np.random.default_rng([self.seed, number])
        count = self.rows
        people = chance.choice(2 * count, count, replace=False) if self.returning else np.arange(count)
        start = 300_000 if self.returning else 300_000 + 1000 * number
        a, b = chance.normal(size=count).round(1), chance.normal(size=count).round(3)
        code = chance.integers(1, 4, count)
        latent = self.signal * (a - b + 0.5 * (code == 2)) + chance.normal(size=count)
        other = self.signal * (b + a) + chance.normal(size=count)
        frame = pd.DataFrame(
            {
                "id": start + people,
                "account": 7_000_000 + 1000 * number + np.arange(count),
                "customer": 10 + people % 17,
                # whole numbers: its type may be one of both
                "a": (10 * a).round(),
                "b": b,
                "code": code,
                "region": chance.choice(["north", "south", "Süd"], count),
                "yn": np.where(latent > 0, "yes", "no"),
                "other": np.where(other > 0, "yes", "no"),
                "level": np.array(["low", "mid", "high"])[np.digitize(latent, [-0.7, 0.7])],
                "grade": np.digitize(other, [-0.7, 0.7]) + 1,
                "spend": (10 + 3 * latent).round(2),
            }
        ).astype(object)
        for name in ("b", "code", "customer"):
            frame.loc[chance.random(count) < self.gaps, name] = None
        again = frame.iloc[: self.twice].copy()
        again["a"] = [value + 1 for value in again["a"]]
        return pd.concat([frame, again], ignore_index=True)


def write(frame: pd.DataFrame, path: Path, written: Written, missing: str = "") -> None:
    """Write rows to `path` (without its suffix)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if written.startswith("parquet"):
        columns = {}
        for name in frame:
            values = list(frame[name])
            if name in WHOLE:
                # a column of whole numbers with a gap is one of floats, in pandas
                floats = written == "parquet floats" or None in values
                columns[name] = pd.Series(values, dtype="float64" if floats else "int64")
            elif name in ("a", "b", "spend"):
                columns[name] = pd.Series(values, dtype="float64")
            else:
                columns[name] = pd.Series(values, dtype=object)
        pd.DataFrame(columns).to_parquet(path.with_suffix(".parquet"), index=False)
        return
    texts = pd.DataFrame({name: [_text(name, value, written, missing) for value in frame[name]] for name in frame})
    texts.to_csv(path.with_suffix(".csv"), index=False)


def _text(name: str, value: object, written: Written, missing: str) -> str:
    if value is None:
        return missing
    text = f"{value}.0" if written == "floats" and name in WHOLE else str(value)
    return f" {text} " if written == "blanks" else text


def without_labels(frame: pd.DataFrame, target: str) -> pd.DataFrame:
    """The rows as they come before anybody knows the target."""
    return frame.drop(columns=target)


def labels(frame: pd.DataFrame, settings: Settings) -> pd.DataFrame:
    """The labels of rows, in a file of their own."""
    return frame[[settings.key or IDENTITIES[0], settings.target]]


def corrected(frame: pd.DataFrame, target: str) -> pd.DataFrame:
    """The rows with every third label said anew: the one that the row before has."""
    values = list(frame[target])
    return frame.assign(**{target: [values[row - 1] if row % 3 == 0 else values[row] for row in range(len(values))]})


def read(path: Path) -> pd.DataFrame:
    """A file as anybody reads it, cells as plain Python values."""
    if path.suffix == ".csv":
        return pd.read_csv(path, dtype=str, keep_default_na=False).astype(object)
    frame = pd.read_parquet(path)
    return pd.DataFrame({name: pd.Series(frame[name].tolist(), dtype=object) for name in frame})
