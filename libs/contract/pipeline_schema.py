"""Write `pipeline.schema.json`, by which editors complete, explain and check a pipeline's file: `make generated`.

Its types are those that the steps read the file by, its words the table of docs/configuration.md. Rules between keys
(min <= max, say) no schema tells: `python -m contract.config FILE` does. In draft 7, which editors for TOML know best.
"""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from typing import Any

import msgspec

from contract.config import Config
from contract.config import data as sections
from contract.config import model as model_sections
from contract.config.parse import SECTIONS, SOURCES

ROOT = Path(__file__).resolve().parents[2]
FILE = ROOT / "pipeline.schema.json"
PAGE = ROOT / "docs" / "configuration.md"
_SECTIONS: dict[str, type[msgspec.Struct]] = {
    **SECTIONS,
    "columns.NAME": sections.Column,
    "training.candidates": model_sections.Candidate,
    "training.candidates.encode": model_sections.Encode,
}
_WITHIN = {
    "Costs": {
        "false_positive": "what it costs to say the positive class wrongly",
        "false_negative": "what it costs to miss the positive class",
    },
    "Range": {
        "low": "the least value",
        "high": "the greatest value",
        "log": "evenly in the logarithm",
        "integer": "whole numbers alone",
    },
    "Candidate": {"encode": "how the estimator gets columns of words as numbers: text, category"},
    "Alerts": {"sender": "whom mails are from"},
}
"""Keys of values that are tables, which the page shows by examples, and one that it says nothing of."""
_KEY = re.compile(r"^\| `([\w.]+)` \| (?:[^|`]|`[^`]*`)+ \| (.*)\|$")
_KIND = re.compile(r'^`kind = "(\w+)"`')
_LINK = re.compile(r"\[([^\]]*)\]\([^)]*\)")


def schema() -> dict[str, Any]:
    """The schema of the file."""
    whole = msgspec.json.schema(Config, ref_template="#/definitions/{name}")
    types = whole["$defs"]
    for (struct, key), text in _meanings(PAGE.read_text(encoding="utf-8")).items():
        types[struct]["properties"][key]["description"] = text
    for source in SOURCES.values():
        types[source.__name__]["properties"]["kind"]["description"] = "where rows come from: synthetic, files or sql"
    for struct, keys in _WITHIN.items():
        for key, text in keys.items():
            types[struct]["properties"][key]["description"] = text
    config = types.pop("Config")
    config["additionalProperties"] = False
    config["properties"]["source"].pop("discriminator")
    for table in config["properties"].values():
        table.pop("default", None)  # what lacks as a whole, its keys tell
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A pipeline of Microstep",
        **_in_draft_7(config),
        "definitions": _in_draft_7(types),
    }


def _in_draft_7(part: Any) -> Any:
    """The same as draft 7 has it, without null, which TOML has not."""
    if isinstance(part, list | tuple):
        return [_in_draft_7(item) for item in part]
    if not isinstance(part, dict):
        return part
    part = {key: _in_draft_7(value) for key, value in part.items() if (key, value) != ("default", None)}
    if "prefixItems" in part:
        part |= {"items": part.pop("prefixItems"), "additionalItems": False}
    if {"type": "null"} in part.get("anyOf", ()):
        others = [kind for kind in part.pop("anyOf") if kind != {"type": "null"}]
        part = (others[0] if len(others) == 1 else {"anyOf": others}) | part
    if None in part.get("enum", ()):
        part["enum"] = [word for word in part["enum"] if word is not None]
    return part


def _meanings(page: str) -> dict[tuple[str, str], str]:
    """By struct and key, what the page says of it."""
    found: dict[tuple[str, str], str] = {}
    kind = ""
    for line in page.splitlines():
        if begins := _KIND.match(line):
            kind = begins[1]
        if (row := _KEY.match(line)) is None:
            continue
        section, _, key = row[1].rpartition(".")
        struct = SOURCES[kind] if section == "source" else _SECTIONS[section]
        text = _LINK.sub(r"\1", row[2]).replace("\\|", "|").strip()
        found[struct.__name__, key] = text
    return found


def main() -> int:
    """Write it."""
    FILE.write_text(json.dumps(schema(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
