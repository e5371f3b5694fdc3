import datetime

import pytest

from contract.models.champion import Champion
from contract.pretty_json import pretty_json


def test_it_is_indented_and_ends_with_a_line():
    assert pretty_json({"a": [1], "b": "é"}) == '{\n  "a": [\n    1\n  ],\n  "b": "é"\n}\n'.encode()


def test_a_struct_and_a_date_are_written_as_msgspec_does():
    assert b'  "day": "2026-01-02",\n' in pretty_json(
        Champion(day="2026-01-02", file="m", sha256="s", manifest="f", sklearn="1")
    )
    assert pretty_json(datetime.date(2026, 1, 2)) == b'"2026-01-02"\n'


def test_what_is_no_json_is_refused():
    with pytest.raises(TypeError):
        pretty_json(object())
