"""A model's card: what it is, what it was trained on, and why it was chosen. The same training gives the same card."""

from __future__ import annotations

import importlib.metadata
import math
import platform
import statistics
from typing import Any

import numpy as np
from sklearn.pipeline import Pipeline

from analysis.window import HeldOut
from contract.config import Config
from train.baseline import baseline
from train.comparison.selection import Result
from train.prepare import known
from train.rows import Rows

LIBRARIES = ("scikit-learn", "numpy", "pandas", "scipy", "joblib")


def card(
    config: Config,
    rows: Rows,
    results: list[Result],
    chosen: Result,
    parted: HeldOut,
    *,
    threshold: float | None = None,
    iterations: int | None = None,
) -> dict[str, Any]:
    """The content of card.json."""
    table, days = config.table, list(rows.by_day)
    return {
        "task": table.task,
        "target": table.target,
        "positive": table.positive,
        "classes": None if table.task == "regression" else sorted(rows.labels_of(np.unique(rows.codes))),
        "features": {name: config.columns[name].type for name in config.features},
        "features_without_a_value": [name for name, column in rows.columns.items() if not known(column).any()],
        "window": {"first": days[0], "last": days[-1], "rows_by_day": rows.by_day},
        "held_out": {"days": parted.names, "why": parted.why},
        "rows": len(rows),
        "group": config.group,
        "groups": rows.entities,
        "rows_available": rows.available,
        "metric": config.training.metric_for(config.table.task),
        "baseline": baseline(rows),
        "chosen": chosen.candidate.name,
        "estimator": chosen.candidate.estimator,
        "params": chosen.candidate.params,
        "threshold": threshold,
        "iterations": iterations,
        "cross_validation": config.training.cross_validation,
        "class_weights": config.training.class_weights,
        "candidates": {result.candidate.name: _scores(result) for result in results},
        "libraries": {"python": platform.python_version(), **{library: version(library) for library in LIBRARIES}},
    }


def notes(content: dict[str, Any]) -> dict[str, Any]:
    """For the manifest: the card in a line."""
    chosen = content["candidates"][content["chosen"]]
    threshold = {} if content["threshold"] is None else {"threshold": content["threshold"]}
    return threshold | {
        "chosen": content["chosen"],
        "metric": content["metric"],
        "cv": chosen["mean"],
        "baseline": content["baseline"],
        "sklearn": content["libraries"]["scikit-learn"],
    }


def iterations(model: Pipeline) -> int | None:
    """How many rounds an estimator that counts them went before it stopped."""
    rounds = getattr(model[-1], "n_iter_", None)
    return None if rounds is None else int(np.max(rounds))


def version(library: str) -> str:
    """The version that is installed."""
    return importlib.metadata.version(library)


def _scores(result: Result) -> dict[str, Any]:
    return {
        "estimator": result.candidate.estimator,
        "params": result.candidate.params,
        "searched": result.searched,
        "trials": result.trials,
        "mean": result.mean,
        # of scores of which one is no number it raises
        "std": statistics.pstdev(result.scores) if math.isfinite(result.mean) else math.nan,
        "folds": result.scores,
        "train_mean": statistics.fmean(result.train_scores),
    }
