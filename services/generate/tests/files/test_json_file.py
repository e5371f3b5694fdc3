import gzip

import pytest

from contract.errors import DataError

LINES = '{"id": 1, "x": 1.5, "ok": true}\n\n{"id": 12345678901234567890, "more": "a,\\nb", "x": null}\n'
NAMES, ROWS = (
    ["id", "x", "ok", "more"],
    {1: ("1", "1.5", "true", None), 2: ("12345678901234567890", None, None, "a,\nb")},
)


@pytest.mark.parametrize("name", ["a.jsonl", "a.ndjson", "a.jsonl.gz"])
def test_each_line_is_a_row_and_its_values_are_text(read, name):
    content = gzip.compress(LINES.encode()) if name.endswith("gz") else LINES
    assert read(name, content) == (NAMES, ROWS, [])


def test_a_line_that_is_no_object_is_told(read):
    _, rows, unread = read("a.jsonl", '{"id": 1}\n{"id": 2\n[3]\n"x"\n{"id": 4}')
    assert rows == {1: ("1",), 5: ("4",)}
    assert [(number, text) for number, _, text in unread] == [(2, '{"id": 2'), (3, "[3]"), (4, '"x"')]
    assert all(rule.startswith("must be a JSON object, ") for _, rule, _ in unread)


def test_lists_and_objects_are_their_json(read):
    _, rows, unread = read(
        "a.jsonl", '{"id": 1, "x": [1, "ü"]}\n{"id": 2, "x": {"a": {"b": null}}}\n{"id": 3, "x": []}\n'
    )
    assert rows == {1: ("1", '[1,"ü"]'), 2: ("2", '{"a":{"b":null}}'), 3: ("3", "[]")}
    assert unread == []


@pytest.mark.parametrize("content", ["", "no json\n", "[1]\n"])
def test_a_file_without_an_object_is_refused(read, content):
    with pytest.raises(DataError, match=r"^a.jsonl: must have one JSON object a line, got "):
        read("a.jsonl", content)
