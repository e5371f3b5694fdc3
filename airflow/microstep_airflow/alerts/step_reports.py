"""What the steps report about a day, read from the data root for the mails."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from contract.datasets.dataset import Dataset
from contract.due.training import described
from contract.errors import StepError
from contract.layout import Layout
from contract.models import ledger
from contract.models.champion import Champion
from contract.models.ledger import Line


@dataclass(frozen=True)
class Report:
    """What a step says about a day in its report's manifest, and where its files are."""

    dataset: Dataset
    layout: Layout

    @classmethod
    def open(cls, root: Path, kind: Literal["train", "predict"], day: str) -> Report:
        """The report of a day. Raises MissingInput when there is none, DataError when it is damaged."""
        layout = Layout(root)
        return cls(Dataset.open(layout.report(kind, day)), layout)

    @property
    def notes(self) -> dict[str, Any]:
        """What the manifest says in a few words."""
        return self.dataset.manifest.notes

    @property
    def page(self) -> str:
        """The page to read, relative to the data root; its directory when it has none."""
        path = self.dataset.path
        pages = self.dataset.manifest.named("page")
        return self.layout.name(path / pages[0].path) if pages else f"{self.layout.name(path)}/"

    def read(self, role: str) -> dict[str, Any]:
        """The JSON file with a role, checked against the manifest. Raises DataError when it is damaged."""
        content: dict[str, Any] = json.loads(self.dataset.file(role).read_bytes())
        return content


@dataclass(frozen=True)
class Verdict:
    """What validate says about the challenger of a day."""

    decision: str
    why: str
    metric: str
    scores: str
    """Of challenger and champion by that metric, as a sentence."""
    rules: list[tuple[str, str]]
    """Of each rule of the gate: its verdict, its sentence; those that decided come first."""
    page: str
    left_out: str = ""
    """The days of the window that the training did without, and why; empty for none."""
    live: str = ""
    """That the champion's live score fell far below the gate's; empty when no such day is known."""
    in_use: bool = True
    """Some model is, by the ledger of now."""

    @classmethod
    def of(cls, root: Path, day: str) -> Verdict:
        """The verdict about a day's challenger. Raises MissingInput or DataError when it cannot be read."""
        report = Report.open(root, "train", day)
        content = report.read("verdict")
        metric, champion = content["metric"], content["champion"]
        rules = [(rule["verdict"], rule["text"]) for rule in content["rules"]]
        return cls(
            # the verdict is what the gate said; the notes follow what became of it
            decision=report.notes["decision"],
            why=content["why"],
            metric=metric,
            scores=compared(content["challenger"]["metrics"][metric], champion and champion["metrics"][metric])
            + _beside(content.get("baseline"), metric),
            rules=sorted(rules, key=lambda rule: rule[0] == "passed"),
            page=report.page,
            left_out=described(content.get("window", {}).get("left_out", {})),
            live=content.get("live") or "",
            in_use=ledger.last_in_use(ledger.read(Layout(root).ledger)) is not None,
        )

    @property
    def besides(self) -> str:
        """What makes it another one than last week's: days that it did without, a champion whose live score fell."""
        return f"{self.left_out} {'live' if self.live else ''}".strip()

    @property
    def broken(self) -> list[str]:
        """The sentences of the rules that the challenger did not pass."""
        return [text for verdict, text in self.rules if verdict == "failed"]


@dataclass(frozen=True)
class Promotion:
    """A line of the ledger that put a model in use."""

    model: str
    """As people call it: `v3`, or `the model of 2026-01-03` where no registry was in use."""
    score: str
    """By the training's metric, and the difference to the champion before."""
    by: str
    succeeds: bool
    """There was a champion before."""
    line: str
    """The line's hash in the ledger."""
    moved: float | None
    """The difference to the champion before, on the same rows; None without one."""

    @classmethod
    def since(cls, root: Path, day: str, metric: str, start: datetime) -> Promotion | None:
        """The last decision about a day's model, if it was its promotion at or after `start`.

        Raises DataError where the ledger's chain is broken.
        """
        line = last_decision(root, day)
        if line is None or line.decision != "promoted":
            return None
        # the ledger's times are whole seconds
        if datetime.fromisoformat(line.when) < start.replace(microsecond=0):
            return None
        model, score, moved = _called(line.model), _score(line, metric), _moved(line, metric)
        return cls(model, score, line.by, line.before is not None, line.hash, moved)


def last_decision(root: Path, day: str) -> Line | None:
    """The last line of the ledger about a day's model; None when there is none.

    Raises DataError where the ledger's chain is broken.
    """
    return next((line for line in reversed(ledger.read(Layout(root).ledger)) if line.day == day), None)


@dataclass(frozen=True)
class DriftReport:
    """How far a day's rows are from the training's."""

    level: str
    """`ok`, `watch`, `alarm`, or `unmeasured`: something could not be measured, and nothing else has drifted."""
    columns: dict[str, str]
    """The level of each column in watch or alarm."""
    sizes: dict[str, str]
    """What was measured of each of them, in words."""
    without: str
    """What was not measured and why; empty when all was."""
    page: str

    @classmethod
    def of(cls, root: Path, day: str) -> DriftReport:
        """What predict measured of a day. Raises MissingInput or DataError when it cannot be read."""
        report = Report.open(root, "predict", day)
        content = report.read("drift")
        measured = [*content["columns"], *([content["score"]] if content["score"] else [])]
        columns = report.notes["columns"]
        sizes = {column["name"]: _size(column) for column in measured if column["name"] in columns}
        # drift.json of an earlier version has none
        if (volume := content.get("volume")) and _ROWS in columns:
            sizes[_ROWS] = volume["reason"]
        return cls(report.notes["drift"], columns, sizes, report.notes.get("without") or "", report.page)


def tracked_run(root: Path, day: str) -> str | None:
    """The MLflow run of a day's model, if it has one."""
    try:
        run: str | None = Dataset.open(Layout(root).model(day)).manifest.run.get("mlflow_run")
    except StepError:
        return None
    return run


def compared(challenger: float | None, champion: float | None) -> str:
    """Two scores as a sentence; None where the rows could not tell, or where there is no champion."""
    new = "unknown" if challenger is None else f"{challenger:.4f}"
    if champion is None:
        return f"{new}, without a champion to compare with"
    difference = "" if challenger is None else f" ({challenger - champion:+.4f})"
    return f"{new}, the champion's is {champion:.4f}{difference}"


def _beside(baseline: dict[str, Any] | None, metric: str) -> str:
    """The baseline's score, where the verdict has one: earlier versions wrote none."""
    score = baseline and baseline["metrics"].get(metric)
    return "" if baseline is None or score is None else f"; {score:.4f} without a model ({baseline['text']})"


def _size(column: dict[str, Any]) -> str:
    kind = "Kolmogorov-Smirnov distance" if column["kind"] == "number" else "Cohen's w"
    missing = f", missing {column['missing']:.1%} instead of {column['missing_before']:.1%}"
    gone = abs(column["missing"] - column["missing_before"]) >= _MISSING_WORTH_A_WORD
    why = f"{column['reason']}; " if column.get("reason") else ""
    return f"{why}{kind} {column['effect']:.2f}, PSI {column['psi']:.2f}{missing if gone else ''}"


_ROWS = "(rows)"
"""As predict names how many rows a day has, beside the columns."""
_MISSING_WORTH_A_WORD = 0.01


def _called(model: Champion) -> str:
    return f"v{model.version}" if model.version else f"the model of {model.day}"


def _moved(line: Line, metric: str) -> float | None:
    new, before = line.metrics["challenger"][metric], line.metrics["champion"]
    return float(new - before[metric]) if before and before[metric] is not None and line.before else None


def _score(line: Line, metric: str) -> str:
    text, moved = f"{metric} {line.metrics['challenger'][metric]:.4f}", _moved(line, metric)
    return text if moved is None or not line.before else f"{text}, {moved:+.4f} against {_called(line.before)}"
