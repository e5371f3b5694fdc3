"""A model's card: what it is, what it was trained on, and why it was chosen. The same training gives the same card."""

from __future__ import annotations

import importlib.metadata
import platform
import statistics
from typing import Any

from contract.config import Config
from train.candidates import metric
from train.rows import Rows
from train.search import Result

LIBRARIES = ("scikit-learn", "numpy", "pandas", "scipy", "joblib")


def card(config: Config, rows: Rows, results: list[Result], chosen: Result) -> dict[str, Any]:
    """The content of card.json."""
    table, days = config.table, list(rows.by_day)
    return {
        "task": table.task,
        "target": table.target,
        "positive": table.positive,
        "classes": None if table.task == "regression" else sorted(set(rows.target)),
        "features": {name: config.columns[name].type for name in config.features},
        "features_without_a_value": rows.frame.columns[rows.frame.isna().all()].tolist(),
        "window": {"first": days[0], "last": days[-1], "rows_by_day": rows.by_day},
        "rows": len(rows.frame),
        "metric": metric(config),
        "chosen": chosen.candidate.name,
        "estimator": chosen.candidate.estimator,
        "params": chosen.candidate.params,
        "candidates": {result.candidate.name: _scores(result) for result in results},
        "libraries": {"python": platform.python_version(), **{each: version(each) for each in LIBRARIES}},
    }


def notes(content: dict[str, Any]) -> dict[str, Any]:
    """For the manifest: the card in a line."""
    chosen = content["candidates"][content["chosen"]]
    return {
        "chosen": content["chosen"],
        "metric": content["metric"],
        "cv": chosen["mean"],
        "sklearn": content["libraries"]["scikit-learn"],
    }


def version(library: str) -> str:
    """The version that is installed."""
    return importlib.metadata.version(library)


def _scores(result: Result) -> dict[str, Any]:
    return {
        "estimator": result.candidate.estimator,
        "params": result.candidate.params,
        "mean": result.mean,
        "std": statistics.pstdev(result.scores),
        "folds": result.scores,
        "train_mean": statistics.fmean(result.train_scores),
    }
