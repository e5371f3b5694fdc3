"""A table as a file: tidy, and in the ways in which people send one."""

from __future__ import annotations

import csv
from collections.abc import Callable
from pathlib import Path

import pandas as pd

Write = Callable[[pd.DataFrame, Path], Path]
"""Writes a table beside a path without a suffix; returns the file."""


def tidy(frame: pd.DataFrame, stem: Path) -> Path:
    """UTF-8, commas, dates as ISO writes them, nothing where a value is missing."""
    path = stem.with_suffix(".csv")
    frame.to_csv(path, index=False)
    return path


def german(frame: pd.DataFrame, stem: Path) -> Path:
    """A German export: cp1252, semicolons and one too many, decimal commas, `31.12.2013 14:00`, `?`."""
    frame = _dated(frame, "%d.%m.%Y %H:%M", "%d.%m.%Y")
    path = stem.with_suffix(".csv")
    with path.open("w", encoding="cp1252", errors="replace", newline="") as file:
        writer = csv.writer(file, delimiter=";", lineterminator=";\r\n")
        writer.writerow(frame.columns)
        columns = [_texts(frame[name], "?", ",") for name in frame.columns]
        writer.writerows(zip(*columns, strict=True))
    return path


def american(frame: pd.DataFrame, stem: Path) -> Path:
    """A gzipped file with all fields quoted, `12/31/2013 14:00`, `n/a`."""
    path = stem.with_suffix(".csv.gz")
    _dated(frame, "%m/%d/%Y %H:%M", "%m/%d/%Y").to_csv(path, index=False, na_rep="n/a", quoting=csv.QUOTE_ALL)
    return path


def excel(frame: pd.DataFrame, stem: Path) -> Path:
    """A workbook, dates as its own cells."""
    path = stem.with_suffix(".xlsx")
    frame = frame.assign(**{name: pd.to_datetime(frame[name], utc=True).dt.tz_localize(None) for name in _dates(frame)})
    frame.to_excel(path, index=False)
    return path


def lines(frame: pd.DataFrame, stem: Path) -> Path:
    """JSON, a row a line."""
    path = stem.with_suffix(".jsonl")
    frame.to_json(path, orient="records", lines=True, force_ascii=False)
    return path


SPELLINGS: dict[str, Write] = {write.__name__: write for write in (tidy, german, american, excel, lines)}


def _dates(frame: pd.DataFrame) -> list[str]:
    """The columns of texts that ISO dates are, all of them."""
    texts = [name for name in frame.columns if pd.api.types.is_string_dtype(frame[name])]
    return [name for name in texts if frame[name].dropna().astype(str).str.match(r"\d{4}-\d\d-\d\d").all()]


def _dated(frame: pd.DataFrame, with_time: str, without: str) -> pd.DataFrame:
    written = {}
    for name in _dates(frame):
        moments = pd.to_datetime(frame[name], utc=True)
        form = without if (moments.dropna() == moments.dropna().dt.normalize()).all() else with_time
        written[name] = moments.dt.strftime(form)
    return frame.assign(**written)


def _texts(column: pd.Series, missing: str, decimal: str) -> list[str]:
    number = pd.api.types.is_float_dtype(column)
    texts = [missing if pd.isna(value) else str(value) for value in column]
    return [text.replace(".", decimal) for text in texts] if number else texts
