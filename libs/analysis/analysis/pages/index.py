"""reports/index.html: every report, newest first, and who is champion. Needs no numpy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from analysis.pages.page import render
from contract.atomic import replace_file
from contract.datasets.dataset import Dataset
from contract.errors import DataError, MissingInput
from contract.layout import Layout
from contract.models.champion import Champion, read_champion
from contract.models.ledger import Line, last_in_use, read

_TEMPLATE = Path(__file__).parent / "templates" / "index.html"
KINDS = ("train", "predict", "live")


def write(layout: Layout) -> None:
    """Write the page anew, in one rename."""
    decision = _decision(layout)
    # the ledger says who is served; the pointer follows it, and a kill may have left it behind
    champion = decision.model if decision else _pointed(layout)
    page = render(_TEMPLATE, champion=champion, decision=decision, reports=_reports(layout))
    replace_file(layout.reports / "index.html", page.encode())


def _pointed(layout: Layout) -> Champion | None:
    try:
        return read_champion(layout.champion)
    except (MissingInput, DataError):
        return None


def _decision(layout: Layout) -> Line | None:
    """The ledger's last line that put a model in use."""
    try:
        return last_in_use(read(layout.ledger))
    except (OSError, DataError):
        return None


def _reports(layout: Layout) -> list[dict[str, Any]]:
    reports = []
    for kind in KINDS:
        reports += [_report(layout, kind, path.parent) for path in (layout.reports / kind).glob("*/manifest.json")]
    return sorted(reports, key=lambda report: (report["day"], report["kind"]), reverse=True)


def _report(layout: Layout, kind: str, directory: Path) -> dict[str, Any]:
    report = {"kind": kind, "day": directory.name, "word": "damaged", "link": None, "text": ""}
    try:
        manifest = Dataset.open(directory).manifest
    except (DataError, MissingInput) as error:
        return report | {"text": str(error)}
    notes = manifest.notes
    fell = "alarm" if notes.get("level") == "alarm" else ""
    report["word"] = notes.get("decision") or notes.get("drift") or fell
    if kind == "live" and notes.get("value") is not None:
        part = " of the test part" if notes.get("part") == "test" else ""
        score = f"{notes.get('metric')} {notes['value']:.4f}"
        report["text"] = f"{score} by {notes.get('model')}, {manifest.counts.get('rows', 0):,} rows{part}"
    elif kind == "live":
        report |= {"word": "unmeasured", "text": f"not measured: {notes.get('why') or 'these rows cannot tell'}"}
    elif kind == "train":
        report["text"] = notes.get("why", "")  # an earlier version may have said less
    elif kind == "predict":
        columns = [f"{name}: {level}" for name, level in notes.get("columns", {}).items()]
        without = [f"not measured: {notes['without']}"] if notes.get("without") else []
        report["text"] = "; ".join([", ".join(columns), *without] if columns else without)
    pages = manifest.named("page")
    if pages:
        report["link"] = f"{kind}/{directory.name}/{pages[0].path}"
    return report
