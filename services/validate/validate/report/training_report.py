"""The HTML report of a training: the verdict first, then what it rests on. The same judgement gives the same report."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import msgspec
from markupsafe import Markup

from analysis.pages.page import render
from contract.datasets.dataset import Dataset
from contract.datasets.manifest import Input, read_manifest
from contract.errors import DataError, MissingInput
from contract.models.champion import Champion
from contract.steps.run import Run
from validate.evaluation.compare import Comparison
from validate.live.metrics import LiveMetrics
from validate.report.importance import importance
from validate.report.plots import live_plot, training_plots

_TEMPLATE = Path(__file__).parent / "templates" / "train.html"
MOST_CONFUSED = 3
"""Classes beside one of many that it is taken for."""
MOST_WORDS = 4
"""The most words of a category in the profile."""


def training_report(
    run: Run,
    comparison: Comparison,
    model: Dataset,
    days: list[Dataset],
    live: list[LiveMetrics],
    served: Champion | None,
) -> tuple[str, dict[str, Markup]]:
    """The HTML, and its plots by name; `served`: the champion when the judgement began, compared or not."""
    report = comparison.report
    importances = importance(comparison.model, comparison.sample, run.config, report.metric)
    plots = training_plots(comparison, importances)
    if (course := live_plot(live)) is not None:
        plots["live"] = course
    html = render(
        _TEMPLATE,
        report=report,
        task=run.config.table.task,
        target=run.config.table.target,
        positive=run.config.table.positive,
        name=run.config.pipeline.name,
        plots=plots,
        live=live,
        importance=importances,
        card=msgspec.json.decode(model.file("card").read_bytes()),
        profile=_profile(days),
        rows_by_day=[(day.path.name, day.manifest.counts) for day in days],
        rejected=_rejected(days),
        lineage=_lineage(run, model, days),
        in_use=report.challenger.model if report.decision == "promoted" else served,
        confused=_confused,
        registry=os.environ.get("MLFLOW_TRACKING_URI", ""),
    )
    return html, plots


def _confused(said: list[int], own: int, classes: list[str]) -> list[tuple[str, int]]:
    """The classes that rows of the class number `own` are said to be instead, the most frequent ones first."""
    others = [(classes[code], rows) for code, rows in enumerate(said) if rows and code != own]
    return sorted(others, key=lambda other: -other[1])[:MOST_CONFUSED]


def _profile(days: list[Dataset]) -> list[dict[str, Any]]:
    """Every column over the window: rows, missing, and mean and ends, or the most frequent categories."""
    columns: dict[str, dict[str, Any]] = {}
    for day in days:
        for name, profile in msgspec.json.decode(day.file("profile").read_bytes())["columns"].items():
            own = columns.setdefault(
                name,
                {"name": name, "kind": profile["kind"], "count": 0, "missing": 0, "sum": 0.0, "ends": [], "words": {}},
            )
            own["count"] += profile["count"]
            own["missing"] += profile["missing"]
            # of a text its characters are told, and nothing of what it says
            of_numbers = profile.get("characters", profile)
            if profile["kind"] == "datetime" and profile["count"]:
                own["ends"] += [profile["earliest"], profile["latest"]]
            elif "mean" in of_numbers and profile["count"]:
                own["sum"] += of_numbers["mean"] * profile["count"]
                own["ends"] += [of_numbers["min"], of_numbers["max"]]
            for word, count in profile.get("categories", {}).items():
                own["words"][word] = own["words"].get(word, 0) + count
    return [_summary(column) for column in columns.values()]


def _summary(column: dict[str, Any]) -> dict[str, Any]:
    if column["ends"] and column["kind"] == "datetime":
        text = f"{min(column['ends'])} to {max(column['ends'])}"
    elif column["ends"]:
        mean = column["sum"] / column["count"]
        unit = " characters" if column["kind"] == "text" else ""
        text = f"{min(column['ends']):g} to {max(column['ends']):g}{unit}, mean {mean:.4g}"
    else:
        most = sorted(column["words"].items(), key=lambda item: (-item[1], item[0]))
        text = ", ".join(f"{word} {count / column['count']:.0%}" for word, count in most[:MOST_WORDS])
        text += ", …" if len(most) > MOST_WORDS else ""
    total = column["count"] + column["missing"]
    return {**column, "share_missing": column["missing"] / total if total else None, "text": text}


def _rejected(days: list[Dataset]) -> list[tuple[str, int]]:
    rules: dict[str, int] = {}
    for day in days:
        for rule, rows in day.manifest.counts.get("rejected_by_rule", {}).items():
            rules[rule] = rules.get(rule, 0) + rows
    return sorted(rules.items(), key=lambda item: (-item[1], item[0]))


def _lineage(run: Run, model: Dataset, days: list[Dataset]) -> dict[str, Any]:
    """Down to the raw manifests, each by the identity that the one above names."""
    return {
        "model": {"path": run.layout.name(model.path), **_made(model)},
        "days": [
            {
                "path": run.layout.name(day.path),
                **_made(day),
                "raw": [{"path": raw.path, "identity": raw.sha256, **_source(run, raw)} for raw in day.manifest.inputs],
            }
            for day in days
        ],
    }


def _source(run: Run, raw: Input) -> dict[str, Any]:
    """What raw data was made from; `gone` says why nothing tells: it may be deleted once it is processed."""
    try:
        manifest = read_manifest(run.root / raw.path)
    except (MissingInput, DataError) as error:
        return {"inputs": [], "gone": "not there any more" if isinstance(error, MissingInput) else "damaged"}
    if manifest.identity != raw.sha256:
        return {"inputs": [], "gone": "written again since"}
    return {"inputs": manifest.inputs, "gone": None}


def _made(dataset: Dataset) -> dict[str, Any]:
    manifest = dataset.manifest
    return {
        "identity": manifest.identity,
        "code": manifest.code,
        "revision": manifest.run.get("revision"),
        "image": manifest.run.get("image"),
        "created_at": manifest.run.get("created_at"),
        "mlflow_run": manifest.run.get("mlflow_run"),
    }
