import pytest

from socket_proxy.strict_json import compare, number_at, read


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b'{"x": 1, "x": 2}', "the key 'x' is given twice"),
        (b'{"x": {"y": 1, "\\u0079": 2}}', "the key 'y' is given twice"),
        (b'{"x": NaN}', "NaN is no number of JSON"),
        (b'{"x": "\xff"}', "utf-8"),
        (b'{"x":' * 50_000, "nested too deeply"),
        (b"[]", "must be a JSON object, not list"),
    ],
)
def test_json_with_a_second_reading_is_refused(raw, message):
    with pytest.raises(ValueError, match=message):
        read(raw)


def test_true_is_no_number_and_one_is_not_true():
    """Python takes them for equal; the engine does not."""
    with pytest.raises(ValueError, match="x: must be a whole number from 0 to 5, got True"):
        number_at({"x": True}, "x", 0, 5)
    with pytest.raises(ValueError, match="x: must be True, got 1"):
        compare({"x": 1}, {"x": True}, "")
