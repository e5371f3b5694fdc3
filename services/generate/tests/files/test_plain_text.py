import datetime
import math
from decimal import Decimal
from uuid import UUID

import pytest

from generate.files.plain_text import plain_text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, None),
        (math.nan, None),
        ("x", "x"),
        (True, "true"),
        (7, "7"),
        (7.0, "7"),
        (0.1, "0,1"),
        (1e16, "1e+16"),
        (-0.0, "0"),
        (Decimal("1.10"), "1,10"),
        (UUID(int=1), "00000000-0000-0000-0000-000000000001"),
        (datetime.datetime(2026, 1, 2, 3, 4, tzinfo=datetime.UTC), "2026-01-02 03:04:00+00:00"),
        (datetime.time(1, 2), "01:02:00"),
    ],
)
def test_a_value_is_written_as_a_csv_file_would(value, text):
    assert plain_text(value, ",") == text


@pytest.mark.parametrize("value", [b"x", [1], {"a": 1}, datetime.timedelta(1)])
def test_what_is_no_plain_value_has_no_text(value):
    with pytest.raises(TypeError, match=type(value).__name__):
        plain_text(value)
