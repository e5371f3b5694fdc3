"""Words of earlier versions are read as today's, in one module."""

import re
from pathlib import Path

import msgspec

import contract
from contract.datasets.manifest import Manifest, encode, read_manifest
from contract.layout import MANIFEST
from contract.models.champion import Champion
from contract.models.ledger import IN_USE, Line, last_in_use, read
from contract.old_words import OLD_IN_USE, renamed

ROOT = Path(contract.__file__).parents[3]
A = Champion(day="2026-01-01", file="m", sha256="1" * 64, manifest="f", sklearn="1", version="1")


def manifest(run):
    return Manifest(
        step="predict", day="2026-01-01", fingerprint="f", code="c", settings={}, inputs=[], schema=[], files=[],
        counts={}, notes={}, run=run,
    )  # fmt: skip


def test_what_an_earlier_version_saw_is_what_today_is_observed(tmp_path):
    old = manifest({"seen": {"absent": ["raw/x"]}, "image": "i"})
    (tmp_path / MANIFEST).write_bytes(encode(old))
    today = read_manifest(tmp_path)
    assert today.run == {"observed": {"absent": ["raw/x"]}, "image": "i"}
    assert today.identity == old.identity


def test_todays_word_stands_where_a_manifest_has_both_and_the_rest_is_left():
    assert renamed({"observed": 2, "seen": 1, "image": "i"}) == {"observed": 2, "image": "i"}
    assert renamed({}) == {}


def test_a_line_with_an_old_word_keeps_its_word_its_hash_and_puts_its_model_in_use(tmp_path):
    path = tmp_path / "ledger.jsonl"
    line = Line(decision="moved", why="by hand", day=A.day, before=None, model=A, metrics={}).after("")
    path.write_bytes(msgspec.json.encode(line) + b"\n")
    assert last_in_use(read(path)) == line
    assert set(OLD_IN_USE) < set(IN_USE)


def test_no_other_module_knows_an_old_word():
    """As a text in quotes: as English they may stand anywhere."""
    sources = [path for part in ("libs", "services", "airflow", "demo", "ops") for path in (ROOT / part).rglob("*.py")]
    knowing = [
        path.relative_to(ROOT).as_posix()
        for path in sources
        if "tests" not in path.parts and re.search(r"""["'](seen|moved)["']""", path.read_text())
    ]
    assert knowing == ["libs/contract/contract/old_words.py"]
