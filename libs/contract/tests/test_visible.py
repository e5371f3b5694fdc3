import json

import pytest

from contract.visible import visible

ESCAPE = "\x1b[31m"


@pytest.mark.parametrize(
    ("text", "seen"),
    [
        (f"a{ESCAPE}b", "a\\u001b[31mb"),
        ("a\x00\x07\r\n\tb", "a\\u0000\\u0007\\u000d\\u000a\\u0009b"),
        ("\x7f\x85\x9b2J", "\\u007f\\u0085\\u009b2J"),
        ("pay\u202egnp.exe\u2069", "pay\\u202egnp.exe\\u2069"),
        ("one\u2028two", "one\\u2028two"),
        ("half \ud83d", "half \\ud83d"),
        ("größe, цена, 价格, \N{FAMILY}, a\u200db, \\u001b", "größe, цена, 价格, \N{FAMILY}, a\u200db, \\u001b"),
    ],
)
def test_what_cannot_be_seen_is_written_out_and_nothing_else(text, seen):
    assert visible(text) == seen


def test_what_is_kept_stays():
    assert visible("a\n\tb\x1b", keep="\n\t") == "a\n\tb\\u001b"


def test_json_stays_the_same_value():
    value = {"a\x9b": "\u202e\x7f", "b": "\x1b"}
    text = visible(json.dumps(value, ensure_ascii=False))
    assert text.isascii()
    assert json.loads(text) == value
