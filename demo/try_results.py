"""What came out of `make try`, in words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from stages import printable

LOSSES = "neg_"
"""How scikit-learn's scorers begin that are the negative of a loss."""


def show(root: Path, data: Path, trained: str, predicted: str) -> None:
    """Print what was trained, how it was judged and why, and what it is worth on the last day.

    `root`: the checkout, from which paths are told.
    """
    for title, text in (
        *_trained(data, trained),
        *_judged(data, trained),
        *_predicted(data, predicted),
        ("report", str(data / "reports" / "index.html")),
    ):
        print(f"\n{title:<10} {printable(text.replace(f'{root}/', ''))}", end="")
    print()


def _trained(data: Path, day: str) -> list[tuple[str, str]]:
    model = _json(data / "models" / day / "manifest.json")
    notes, counts = model["notes"], model["counts"]
    score = _score(notes["metric"], notes["cv"])
    return [
        ("trained", f"{notes['chosen']}, from {counts['rows_in']:,} rows of {counts['days']} days"),
        ("metric", f"{notes['metric']}: {score} in cross-validation"),
    ]


def _judged(data: Path, day: str) -> list[tuple[str, str]]:
    verdict = _report(data / "reports" / "train" / day, "verdict")
    metric, words = verdict["metric"], {"promoted": "in use", "refused": "not in use", "undecided": "not in use"}
    scores = verdict["challenger"]["metrics"]
    rows = f"{_score(metric, scores.get(metric))} on {verdict['rows']:,} rows that it had not seen"
    if baseline := verdict.get("baseline"):
        rows += f"; without a model {_score(metric, baseline['metrics'].get(metric))}"
    decision = verdict["decision"]
    failed = [rule["text"] for rule in verdict["rules"] if rule["verdict"] != "passed"]
    why = "; ".join(failed) if failed else "it passes every rule of the gate"
    return [("judged", rows), ("verdict", f"{decision} ({words.get(decision, 'waits for a word')}): {why}")]


def _predicted(data: Path, day: str) -> list[tuple[str, str]]:
    try:
        counts = _json(data / "predictions" / day / "manifest.json")["counts"]
    except FileNotFoundError:
        return [("predicted", f"nothing: no model is in use; what the gate asks for stands in [gate] of {_toml(data)}")]
    text = f"{counts['rows_out']:,} rows of {day}: {data / 'predictions' / day}"
    try:
        live = _report(data / "reports" / "live" / day, "live")
    except FileNotFoundError:
        return [("predicted", text)]
    if live["why"] is not None:
        return [("predicted", text), ("live", f"no score: {live['why']}")]
    score = _score(live["metric"], live["metrics"].get(live["metric"]))
    return [("predicted", text), ("live", f"{live['metric']} {score} on {live['rows']:,} of these rows")]


def _toml(data: Path) -> Path:
    return data.parent / "pipeline.toml"


def _score(metric: str, value: float | None) -> str:
    """A score; of a loss as people know it, which is better the smaller it is."""
    if value is None:
        return "unknown"
    return f"{-value:.4f} (smaller is better)" if metric.startswith(LOSSES) else f"{value:.4f}"


def _report(folder: Path, role: str) -> Mapping[str, Any]:
    """The file of a report with a role. Raises FileNotFoundError where there is none."""
    files = _json(folder / "manifest.json")["files"]
    content = next((file["path"] for file in files if file["role"] == role), None)
    if content is None:
        raise FileNotFoundError(folder)
    return _json(folder / content)


def _json(path: Path) -> Mapping[str, Any]:
    content: Mapping[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    return content
