import datetime
import math
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import pyarrow as pa
import pytest

from contract.texts.dates import DateForm
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
        (datetime.datetime(2026, 1, 2, 3, 4, tzinfo=ZoneInfo("Asia/Tokyo")), "2026-01-01 18:04:00+00:00"),
        (datetime.datetime(2026, 1, 2, 3, 4), "2026-01-02 03:04:00"),  # noqa: DTZ001 (a wall clock)
        (datetime.time(1, 2), "01:02:00"),
    ],
)
def test_a_value_is_written_as_a_csv_file_would(value, text):
    assert plain_text(value, ",") == text


@pytest.mark.parametrize("clock", ["UTC", "Asia/Kolkata", "Asia/Shanghai", "Europe/Berlin", "America/New_York"])
@pytest.mark.parametrize("day", [datetime.datetime(1900, 1, 1), datetime.datetime(1753, 1, 1)])  # noqa: DTZ001 (below)
def test_a_moment_before_its_zone_had_a_standard_time_is_one_that_is_read(clock, day):
    moment = day.replace(tzinfo=datetime.UTC).astimezone(ZoneInfo(clock))
    text = plain_text(moment)
    assert text == f"{day}+00:00"
    assert DateForm("iso", "UTC").moments(pa.array([text])).to_pylist() == [day]


def test_a_moment_that_utc_has_no_year_for_keeps_its_offset():
    last = datetime.datetime.max.replace(tzinfo=ZoneInfo("America/New_York"))
    assert plain_text(last) == "9999-12-31 23:59:59.999999-05:00"


@pytest.mark.parametrize("value", [b"x", [1], {"a": 1}, datetime.timedelta(1)])
def test_what_is_no_plain_value_has_no_text(value):
    with pytest.raises(TypeError, match=type(value).__name__):
        plain_text(value)
