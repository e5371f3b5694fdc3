"""What the steps have written, read as any other program would: JSON, Parquet, CSV, a scikit-learn pipeline."""

from __future__ import annotations

import hashlib
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import joblib
import pandas as pd

IN_USE = ("promoted", "rolled_back", "adopted")
"""Words of the ledger that put a model in use."""


def manifest(dataset: Path) -> dict[str, Any] | None:
    """The manifest of a dataset; None without one."""
    path = dataset / "manifest.json"
    return json.loads(path.read_bytes()) if path.exists() else None


def files(dataset: Path, role: str = "rows") -> list[Path]:
    """The files with a role."""
    found = manifest(dataset)
    return [dataset / file["path"] for file in found["files"] if file["role"] == role] if found else []


def table(dataset: Path) -> pd.DataFrame:
    """The rows of a dataset, texts as texts, None where a value is missing."""
    frames = [_table(path) for path in files(dataset)]
    frame = pd.concat(frames, ignore_index=True) if frames else pd.DataFrame()
    return pd.DataFrame(
        {name: pd.Series([_plain(value) for value in frame[name].tolist()], dtype=object) for name in frame}
    )


def _table(path: Path) -> pd.DataFrame:
    if path.suffix == ".csv":
        return pd.read_csv(path, dtype=str, keep_default_na=False)
    return pd.read_parquet(path, dtype_backend="numpy_nullable")


def _plain(value: Any) -> Any:
    return None if value is pd.NA or value is None or value != value else value  # noqa: PLR0124 (NaN alone differs from itself)


def content(dataset: Path, role: str) -> Any:
    """The JSON of the one file with a role."""
    (path,) = files(dataset, role)
    return json.loads(path.read_bytes())


def ledger(root: Path) -> list[dict[str, Any]]:
    """The lines of the ledger, oldest first; fails where one does not follow the one before."""
    path = root / "ledger.jsonl"
    lines = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    for before, line in zip([{"hash": ""}, *lines], lines, strict=False):
        assert line["previous"] == before["hash"], f"the ledger's chain is broken: {line}"
    return lines


def champion(root: Path) -> dict[str, Any] | None:
    """The model of the ledger's last line that put one in use."""
    return next((line["to"] for line in reversed(ledger(root)) if line["decision"] in IN_USE), None)


def opened(path: Path) -> Any:
    """A model file."""
    return joblib.load(path)


def identity(found: dict[str, Any]) -> str:
    """By which the ledger names a training: sha256 over all of its manifest but `run`."""
    text = _compact({name: value for name, value in found.items() if name != "run"})
    return hashlib.sha256(text.encode()).hexdigest()


def _compact(value: Any) -> str:
    """JSON with sorted names and no blanks, numbers as msgspec writes them."""
    if isinstance(value, dict):
        return "{" + ",".join(f"{_compact(name)}:{_compact(value[name])}" for name in sorted(value)) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_compact, value)) + "]"
    if isinstance(value, float) and "e" in repr(value):
        digits, _, exponent = repr(value).partition("e")
        return format(Decimal(repr(value)), "f") if int(exponent) == -5 else f"{digits}e{int(exponent)}"
    return json.dumps(value, ensure_ascii=False)
