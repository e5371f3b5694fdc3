import tomllib
from datetime import date

import pytest

from generate.infer.render.toml_text import key, value

NASTY = [
    "",
    "plain-1",
    "a b",
    "a.b",
    'say "x"',
    "back\\slash",
    "new\nline\r\n\ttab",
    "é 日本 🙂",
    "\x00\x1f\x7f\x85\u2028",
    "#=[]{}'",
]


@pytest.mark.parametrize("text", NASTY)
def test_any_text_comes_back_as_key_and_as_value(text):
    document = f"{key(text)} = {value(text)}\n"
    assert tomllib.loads(document) == {text: text}
    assert len(document.split("\n")) == 2


@pytest.mark.parametrize("text", ["\x1b[2J", "\x9b2J", "\u202e", "\u2066a\u2069"])
def test_what_commands_a_terminal_is_escaped_and_comes_back(text):
    assert value(text).isascii()
    assert tomllib.loads(f"x = {value(text)}")["x"] == text


@pytest.mark.parametrize("thing", [0, -3, 0.1, 1e300, True, date(2026, 1, 2), ["a", 1], [["x"], []]])
def test_values_come_back_as_they_were(thing):
    assert tomllib.loads(f"x = {value(thing)}")["x"] == thing


def test_a_whole_number_is_written_without_a_point():
    assert value(3.0) == "3"


def test_what_toml_has_no_word_for_is_refused():
    with pytest.raises(TypeError, match="no TOML for None"):
        value(None)
