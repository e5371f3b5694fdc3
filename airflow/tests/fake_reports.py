"""A data root with reports as validate and predict leave them."""

import hashlib
import json

import msgspec

from contract.datasets.manifest import File, Manifest, encode
from contract.layout import Layout
from contract.models import ledger
from contract.models.champion import Champion

DAY = "2026-01-03"
RULES = [
    ("passed", "1410 labelled test rows reach gate.min_test_rows 100"),
    ("passed", "roc_auc 0.8644 reaches gate.minimums.roc_auc 0.7"),
]
BROKEN = [RULES[0], ("failed", "roc_auc 0.5012 misses gate.minimums.roc_auc 0.7 by 0.1988")]


def report(root, kind, day, notes, **files):
    """A committed report with JSON files by role, and a page."""
    directory = Layout(root).report(kind, day)
    directory.mkdir(parents=True, exist_ok=True)
    contents = {f"{role}.json": json.dumps(content).encode() for role, content in files.items()}
    contents["report.html"] = b"<html></html>"
    named = []
    for name, content in contents.items():
        (directory / name).write_bytes(content)
        role = "page" if name == "report.html" else name.removesuffix(".json")
        named.append(File(path=name, role=role, bytes=len(content), sha256=hashlib.sha256(content).hexdigest()))
    manifest = Manifest(
        step="validate" if kind == "train" else "predict", day=day, fingerprint="f", code="c", settings={}, inputs=[],
        schema=[], files=named, counts={}, notes=notes, run={},
    )  # fmt: skip
    (directory / "manifest.json").write_bytes(encode(manifest))


def processed(root, day, rejected, rows=100):
    """A committed day, some rows of which broke a rule."""
    directory = Layout(root).processed(day)
    directory.mkdir(parents=True)
    count = sum(rejected.values())
    counts = {"rows_in": rows, "rejected": count, "rejected_by_rule": rejected}
    manifest = Manifest(
        step="preprocess", day=day, fingerprint="f", code="c", settings={}, inputs=[],
        schema=[], files=[], counts=counts, notes={}, run={},
    )  # fmt: skip
    (directory / "manifest.json").write_bytes(encode(manifest))


def verdict(root, decision="promoted", day=DAY, rules=RULES, champion=0.8612, challenger=0.8644, left_out=None):
    """The report about a training."""
    why = "; ".join(text for _, text in rules)
    content = {
        "decision": decision,
        "why": why,
        "metric": "roc_auc",
        "window": {"first": day, "last": day} | ({"left_out": left_out} if left_out else {}),
        "rules": [{"verdict": word, "text": text} for word, text in rules],
        "challenger": {"metrics": {"roc_auc": challenger}},
        "champion": None if champion is None else {"metrics": {"roc_auc": champion}},
    }
    report(root, "train", day, {"decision": decision, "why": why}, verdict=content)


def model(day, version):
    """A model as the ledger names it."""
    return Champion(day=day, file=f"models/{day}/m.joblib", sha256=day, manifest="m", sklearn="1", version=version)


def ledger_line(root, when, day=DAY, decision="promoted", before=("2025-12-27", "2"), version="3", by="validate",
                scores=(0.8644, 0.8612)):  # fmt: skip
    """A line more in the ledger, behind the last one."""
    path = Layout(root).ledger
    lines = ledger.read(path)
    line = ledger.Line(
        when=when,
        by=by,
        decision=decision,
        why="all rules",
        day=day,
        before=before and model(*before),
        model=model(day, version),
        metrics={"challenger": {"roc_auc": scores[0]}, "champion": before and {"roc_auc": scores[1]}},
    ).after(lines[-1].hash if lines else "")
    with path.open("ab") as file:
        file.write(msgspec.json.encode(line) + b"\n")


def drift(root, day, level, **columns):
    """The report about a day's predictions."""
    content = {
        "columns": [
            {"name": name, "kind": "number", "effect": 0.31, "psi": 1.2, "missing": 0.3, "missing_before": 0.1}
            for name in (*columns, "other")
        ],
        "score": None,
    }
    report(root, "predict", day, {"drift": level, "columns": columns}, drift=content)


def live(root, day, level):
    """The report about how a day's predictions turned out; `level` None: an earlier version's."""
    notes = {"metric": "roc_auc", "value": 0.61}
    notes |= {} if level is None else {"level": level, "standing": "roc_auc 0.6100, 0.8644 when the gate judged it"}
    report(root, "live", day, notes, live={})
