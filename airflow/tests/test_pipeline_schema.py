"""The schema by which editors check a pipeline's file, held against what reads it.

Here, because of all environments this one has a validator of JSON Schema (`jsonschema` comes with Airflow).
"""

import copy
import json
import re
import subprocess
import sys
import tomllib
from datetime import date, time
from pathlib import Path

import pytest
from jsonschema import Draft7Validator

from contract.config.parse import parse

ROOT = Path(__file__).parents[2]
sys.path.append(str(ROOT / "libs" / "contract"))

from pipeline_schema import FILE, schema  # noqa: E402

VALIDATOR = Draft7Validator(json.loads(FILE.read_text()))
FULL = """
[pipeline]
name = "orders"
[source]
kind = "files"
delimiter = ";"
[table]
target = "back"
task = "binary"
key = "id"
positive = "yes"
[columns.id]
type = "text"
role = "ignore"
[columns.x]
type = "number"
min = 0
max = 1.5
[columns.back]
type = "category"
values = ["no", "yes"]
[[training.candidates]]
name = "a"
estimator = "x.Y"
encode = { text = "words" }
search = { c = { low = 1, high = 2.5, log = true }, d = [1, "two"] }
[training]
class_weights = { no = 1, yes = 2.5 }
[decision]
costs = { false_positive = 1, false_negative = 2 }
[gate]
minimums = { roc_auc = 0.7 }
[drift]
[predictions]
[schedule]
first_day = 2026-01-01
holidays = [2026-12-25]
expected = ["mon", "tue"]
[alerts]
quiet_hours = [22:00:00, 06:30:00]
"""


def plain(value):
    """As an editor gives TOML to a schema: dates and times are texts."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value.isoformat() if isinstance(value, date | time) else value


def refuses(raw):
    return [error.message for error in VALIDATOR.iter_errors(plain(raw))]


def configurations():
    """Each text in a file of this repository that is TOML and that the steps accept, with where it is."""
    files = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    for name in files:
        path = ROOT / name
        if path.suffix not in (".toml", ".py", ".md") or not path.is_file() or path.is_symlink():
            continue
        text = path.read_text(encoding="utf-8")
        texts = [text] if path.suffix == ".toml" else re.findall(r'(?s)"""(.*?)"""|```toml\n(.*?)```', text)
        for number, found in enumerate(texts):
            content = found if isinstance(found, str) else "".join(found)
            try:
                raw = tomllib.loads(content)
                parse(raw)
            except (ValueError, RecursionError):
                continue
            yield f"{name}[{number}]", raw


def test_it_is_what_the_types_and_the_page_give_now():
    assert json.loads(FILE.read_text()) == json.loads(json.dumps(schema())), "type: make generated"
    Draft7Validator.check_schema(schema())


def test_the_copy_beside_several_pipelines_is_the_same_file():
    assert (ROOT / "pipelines" / FILE.name).resolve() == FILE


def test_the_shipped_file_names_it_in_its_first_line():
    assert (ROOT / "pipeline.toml").read_text().splitlines()[0] == f"#:schema ./{FILE.name}"


def test_what_the_steps_accept_it_accepts():
    found = dict(configurations())
    assert {"pipeline.toml[0]"} < set(found)
    assert len(found) > 5
    assert {name: wrong for name, raw in found.items() if (wrong := refuses(raw))} == {}
    parse(tomllib.loads(FULL))
    assert refuses(tomllib.loads(FULL)) == []


def test_every_key_says_what_it_means():
    definitions = VALIDATOR.schema["definitions"]
    lacking = [
        f"{name}.{key}"
        for name, part in definitions.items()
        for key, value in part["properties"].items()
        if not value.get("description")
    ]
    assert lacking == []


WRONG = {
    "string": [7, ["a"]],
    "integer": ["seven", 1.5],
    "number": ["seven"],
    "boolean": ["yes", 1],
    "array": [7],
    "object": [7],
}


def resolved(part):
    name = part.get("$ref", "").rpartition("/")[2]
    return VALIDATOR.schema["definitions"][name] if name else part


def mistakes():
    """Each table of FULL with a value of a wrong type for each key, a word that is none of its words, an unknown key."""

    def within(where, part):
        part = resolved(part)
        yield [*where, "no_such_key"], 1
        for key, value in part["properties"].items():
            kinds = [resolved(kind) for kind in value.get("anyOf", [value])]
            for kind in kinds[:1]:
                for wrong in WRONG.get(kind.get("type"), []) if len(kinds) == 1 else [[7.5], True]:
                    yield [*where, key], wrong
                if "enum" in kind and len(kinds) == 1:
                    yield [*where, key], "no such word"
        for key in part.get("required", []):
            yield [*where, key], None

    top = VALIDATOR.schema["properties"]
    for name in ("pipeline", "table", "decision", "gate", "drift", "predictions", "schedule", "alerts", "training"):
        yield from within([name], top[name])
    yield from within(["source"], {"$ref": "#/definitions/Files"})
    yield from within(["columns", "x"], {"$ref": "#/definitions/Column"})
    yield from within(["training", "candidates", 0], {"$ref": "#/definitions/Candidate"})
    yield from within(["training", "candidates", 0, "encode"], {"$ref": "#/definitions/Encode"})
    yield from within(["decision", "costs"], {"$ref": "#/definitions/Costs"})
    yield from within(["training", "candidates", 0, "search", "c"], {"$ref": "#/definitions/Range"})
    yield ["no_such_table"], {}
    yield ["source", "kind"], "excel"
    yield ["source", "query"], "select :day"
    yield from (([name], None) for name in ("source", "table", "columns", "training", "schedule"))


def test_the_mistakes_are_many():
    assert len(list(mistakes())) > 150


@pytest.mark.parametrize(("where", "wrong"), list(mistakes()), ids=lambda part: str(part)[:60])
def test_what_the_steps_refuse_by_type_key_or_word_it_refuses(where, wrong):
    raw = tomllib.loads(FULL)
    part = copy.deepcopy(raw)
    inner = part
    for key in where[:-1]:
        inner = inner[key]
    if wrong is None:
        inner.pop(where[-1])
    else:
        inner[where[-1]] = wrong
    with pytest.raises(ValueError):
        parse(part)
    assert refuses(part), f"{where} = {wrong!r}"
