"""What a written value means, value by value, in plain Python: docs/your-own-data.md and docs/decisions/0035."""

from __future__ import annotations

import math
import re
import unicodedata
from decimal import Decimal

import xxhash

MISSING = ("", "NA", "N/A", "NaN", "nan", "NULL", "null", "None")
"""What table.missing_values is unless it is given."""
TRUTHS = {"True": "true", "TRUE": "true", "False": "false", "FALSE": "false"}


class Broken(Exception):
    """A value that breaks a rule of its column."""


def as_written(value: object) -> str | None:
    """The text of a cell, as it came: a text as it is, a number or a truth as programs write it."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**63 else repr(value)
    return str(value)


def one_text(text: str) -> str:
    """The one text of a value, however it is written."""
    text = unicodedata.normalize("NFC", text.strip())
    if re.fullmatch(r"-?(0|[1-9]\d*)\.\d*0", text):
        text = text.rstrip("0").rstrip(".")
    if re.fullmatch(r"-?\d(\.\d+)?[eE][+-]\d\d", text):
        text = format(Decimal(text), "f") if not float(text).is_integer() else str(int(float(text)))
    text = TRUTHS.get(text, text)
    return "0" if text == "-0" else text


def missing_words(words: tuple[str, ...]) -> set[str]:
    """The words that stand for a missing value, as they are listed and as the same values."""
    return {*words, *map(one_text, words)}


def identity(value: object, words: tuple[str, ...]) -> str | None:
    """The text of a key or a group; None where it is missing."""
    text = as_written(value)
    if text is None or one_text(text) in missing_words(words):
        return None
    return one_text(text)


def number(value: object, words: tuple[str, ...]) -> float | None:
    """A number; None where it is missing."""
    text = as_written(value)
    if text is None or text.strip() in words:
        return None
    text = re.sub(r"^\(\s*([^()+-]*\d[^()+-]*)\)$", r"-\1", text.strip())  # bookkeepers
    text = re.sub(r"^([^+-]*\.\d+)\s*-$", r"-\1", text)  # SAP
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", text):
        raise Broken("not a number")
    if float(text) in {float(word) for word in words if re.fullmatch(r"[+-]?\d+(\.\d*)?", word)}:
        return None
    return float(text)


def integer(value: object, words: tuple[str, ...]) -> int | None:
    """A whole number; a fraction of zeros is none."""
    found = number(value, words)
    if found is None:
        return None
    if not found.is_integer():
        raise Broken("not an integer")
    return int(found)


def category(
    value: object, words: tuple[str, ...], allowed: tuple[str, ...] | None, *, closed: bool = True
) -> str | None:
    """A word, written as `allowed` lists it; where the list is not closed, another one as it is."""
    text = as_written(value)
    if text is None or text.strip() in words:
        return None
    if allowed is not None and text.strip() in allowed:
        return text.strip()
    word = one_text(text)
    if word in missing_words(words) and (allowed is None or word not in map(one_text, allowed)):
        return None
    if allowed is None:
        return word
    try:
        return listed(word, allowed)
    except Broken:
        if closed:
            raise
        return word


def listed(word: str, allowed: tuple[str, ...]) -> str:
    """The allowed value that a word is: the same one, else the same truth, else the same but for its case."""
    one_truth = sorted(map(truth, allowed), key=str) == [False, True]
    for same in (
        lambda other: one_text(other) == word,
        lambda other: truth(other) == truth(word) if one_truth and truth(word) is not None else False,
    ):
        for other in allowed:
            if same(other):
                return other
    alike = [other for other in allowed if one_text(other).lower() == word.lower()]
    if len(alike) == 1 and len({one_text(other).lower() for other in allowed}) == len(allowed):
        return alike[0]
    raise Broken("not one of")


def truth(word: str) -> bool | None:
    """The truth that a word writes, in any case; None for another word."""
    lower = one_text(word).lower()
    if lower in ("true", "t", "yes", "y", "on", "1"):
        return True
    return False if lower in ("false", "f", "no", "n", "off", "0") else None


def hash_of(text: str) -> int:
    """XXH64 with seed 0 of the UTF-8 text."""
    return int(xxhash.xxh64_intdigest(text.encode()))


def is_test(group: int, fraction: float) -> bool:
    """Whether an entity belongs to the test part."""
    return group / 2**64 < fraction


def content_text(values: dict[str, object]) -> str:
    """What a model sees of a row, as one text: the features in the order of their names."""
    texts = [as_written(values[name]) for name in sorted(values)]
    return "\x1f".join("\0" if text is None else one_text(text) for text in texts)
