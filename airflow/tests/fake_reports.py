"""A data root with reports as validate and predict leave them."""

import hashlib
import json

from contract.champion import Champion
from contract.layout import Layout
from contract.manifest import File, Manifest, encode

DAY = "2026-01-03"
RULES = [
    ("passed", "1410 labelled test rows reach gate.min_test_rows 100"),
    ("passed", "roc_auc 0.8644 reaches gate.minimums.roc_auc 0.7"),
]
BROKEN = [RULES[0], ("failed", "roc_auc 0.5012 misses gate.minimums.roc_auc 0.7 by 0.1988")]


def report(root, kind, day, notes, **files):
    """A committed report with JSON files by role, and a page."""
    place = Layout(root).report(kind, day)
    place.mkdir(parents=True, exist_ok=True)
    contents = {f"{role}.json": json.dumps(content).encode() for role, content in files.items()}
    contents["report.html"] = b"<html></html>"
    named = []
    for name, content in contents.items():
        (place / name).write_bytes(content)
        role = "page" if name == "report.html" else name.removesuffix(".json")
        named.append(File(path=name, role=role, bytes=len(content), sha256=hashlib.sha256(content).hexdigest()))
    manifest = Manifest(
        step="validate" if kind == "train" else "predict", day=day, fingerprint="f", code="c", settings={}, inputs=[],
        schema=[], files=named, counts={}, notes=notes, run={},
    )  # fmt: skip
    (place / "manifest.json").write_bytes(encode(manifest))


def processed(root, day, rejected, rows=100):
    """A committed day, some rows of which broke a rule."""
    place = Layout(root).processed(day)
    place.mkdir(parents=True)
    count = sum(rejected.values())
    counts = {"rows_in": rows, "rejected": count, "rejected_by_rule": rejected}
    manifest = Manifest(
        step="preprocess", day=day, fingerprint="f", code="c", settings={}, inputs=[],
        schema=[], files=[], counts=counts, notes={}, run={},
    )  # fmt: skip
    (place / "manifest.json").write_bytes(encode(manifest))


def verdict(root, decision="promoted", day=DAY, rules=RULES, champion=0.8612, challenger=0.8644):
    """The report about a training."""
    why = "; ".join(text for _, text in rules)
    found = {
        "decision": decision,
        "why": why,
        "metric": "roc_auc",
        "rules": [{"verdict": word, "text": text} for word, text in rules],
        "challenger": {"metrics": {"roc_auc": challenger}},
        "champion": None if champion is None else {"metrics": {"roc_auc": champion}},
    }
    report(root, "train", day, {"decision": decision, "why": why}, verdict=found)


def model(day, version):
    """A model as the ledger names it."""
    made = Champion(day=day, file=f"models/{day}/m.joblib", sha256=day, manifest="m", sklearn="1", version=version)
    return {name: getattr(made, name) for name in made.__struct_fields__}


def line(root, when, day=DAY, decision="promoted", before=("2025-12-27", "2"), version="3", by="validate"):
    """A line more in the ledger."""
    content = {
        "when": when,
        "by": by,
        "decision": decision,
        "why": "all rules",
        "day": day,
        "from": before and model(*before),
        "to": model(day, version),
        "metrics": {"challenger": {"roc_auc": 0.8644}, "champion": before and {"roc_auc": 0.8612}},
    }
    with Layout(root).ledger.open("a") as ledger:
        ledger.write(json.dumps(content) + "\n")


def drift(root, day, level, **columns):
    """The report about a day's predictions."""
    found = {
        "columns": [
            {"name": name, "kind": "number", "effect": 0.31, "psi": 1.2, "missing": 0.3, "missing_before": 0.1}
            for name in (*columns, "other")
        ],
        "score": None,
    }
    report(root, "predict", day, {"drift": level, "columns": columns}, drift=found)
