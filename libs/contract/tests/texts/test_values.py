import datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from contract.errors import DataError
from contract.texts.values import as_text, canonical, inexact

MIDNIGHT = datetime.date(2026, 1, 2)


@pytest.mark.parametrize(
    ("text", "values"),
    [
        (
            "1000",
            [
                pa.array(["1000"]),
                pa.array([" 1000\t"]),
                pa.array(["1000.0"]),
                pa.array(["1000.00"]),
                pa.array([1000], pa.int32()),
                pa.array([1000], pa.uint64()),
                pa.array([1000.0]),
                pa.array([1000.0], pa.float32()),
                pa.array([Decimal("1000.00")]),
                pa.array([1000]).dictionary_encode(),
                pa.array(["1000.0"]).dictionary_encode(),
            ],
        ),
        ("1000000000000000", [pa.array(["1e+15"]), pa.array([1e15]), pa.array([10**15]), pa.array(["1000000000000000.0"])]),
        ("10000000000000000000", [pa.array([1e19]), pa.array(["1e+19"]), pa.array([10**19], pa.uint64())]),
        (
            "1.1",
            [
                pa.array(["1.1"]),
                pa.array(["1.10"]),
                pa.array([1.1]),
                pa.array([1.1], pa.float32()),
                pa.array([Decimal("1.10")]),
                pa.array([Decimal("1.1000")]),
            ],
        ),
        ("0.00001", [pa.array(["1e-05"]), pa.array([1e-5]), pa.array([Decimal("0.000010")])]),
        ("0.0000001", [pa.array(["1e-07"]), pa.array([1e-7]), pa.array([Decimal("0.00000010")])]),
        ("0", [pa.array(["-0"]), pa.array(["-0.0"]), pa.array([-0.0]), pa.array([0]), pa.array([Decimal("0.00")])]),
        ("-5.5", [pa.array(["-5.50"]), pa.array([-5.5])]),
        ("true", [pa.array([True]), pa.array(["True"]), pa.array(["TRUE"]), pa.array(["true"])]),
        ("false", [pa.array([False]), pa.array(["False"]), pa.array(["FALSE"])]),
        ("Zürich", [pa.array(["Zürich"]), pa.array(["Zu\u0308rich "])]),
        (
            "2026-01-02",
            [
                pa.array([datetime.date(2026, 1, 2)]),
                pa.array([MIDNIGHT]).cast(pa.timestamp("ns")),
                pa.array([MIDNIGHT]).cast(pa.timestamp("s")),
                pa.array(["2026-01-02 00:00:00"]),
            ],
        ),
        (
            "2026-01-02 03:04:05.5Z",
            [
                pa.array([datetime.datetime(2026, 1, 2, 3, 4, 5, 500_000, datetime.UTC)], pa.timestamp("us", "UTC")),
                pa.array(["2026-01-02T03:04:05.500+00:00"]),
                pa.array([datetime.datetime(2026, 1, 2, 3, 4, 5, 500_000, datetime.UTC)], pa.timestamp("ns", "Asia/Kolkata")),
                pa.array(["2026-01-02 08:34:05.5+05:30"]),
                pa.array(["2026-01-02 08:34:05.5+0530"]),
                pa.array(["2026-01-01 20:04:05.5-07"]),
                pa.array(["2026-01-02 03:04:05.5 UTC"]),
            ],
        ),
        ("2026-01-02 00:00:00Z", [pa.array(["2026-01-02 01:00:00+01:00"]), pa.array(["2026-01-02T00:00Z"])]),
        (
            "12:30:00",
            [
                pa.array([datetime.time(12, 30)], pa.time32("s")),
                pa.array([datetime.time(12, 30)], pa.time64("ns")),
                pa.array(["12:30:00"]),
                pa.array(["12:30:00.000"]),
            ],
        ),
        ("12:30:00.05", [pa.array([datetime.time(12, 30, 0, 50_000)], pa.time64("us")), pa.array(["12:30:00.0500"])]),
    ],
)  # fmt: skip
def test_a_value_has_one_text_whatever_its_type_and_however_it_is_written(text, values):
    assert [canonical(column).to_pylist() for column in values] == [[text]] * len(values)


@pytest.mark.parametrize(
    "text",
    ["007", "007.0", "0300001", "3.", ".5", "1e5", "1e-5", "1.9.0", "10.0.0.0", "+5", "YES", "yes", "tRue", "1,0",
     "c-0", "A.0", "", "2026-11-22-1", "12:30", "1000", "c1",
     "2026-02-30 01:00:00+01:00", "0001-01-01 00:00:00+01:00", "9999-12-31 23:00:00-02"],
)  # fmt: skip
def test_any_other_text_stays_what_it_is(text):
    assert canonical(pa.array([text, None])).to_pylist() == [text, None]


def test_no_value_has_no_text():
    assert canonical(pa.array([1.5, None, float("nan")])).to_pylist() == ["1.5", None, None]
    assert canonical(pa.array([], pa.string())).to_pylist() == []


def test_a_part_of_a_column_is_read_as_the_whole():
    column = pa.array(["x", "1.0", "True", "-0", "1e+15", "e\u0301"])
    assert canonical(column.slice(1, 4)).to_pylist() == ["1", "true", "0", "1000000000000000"]


def test_floats_beyond_2_to_the_53_have_lost_digits():
    assert inexact(pa.array([2.0**53, 2.0**53 - 1, -1e17, None])).tolist() == [True, False, True, False]
    texts = ["9007199254740993", "9007199254740992.0", "1e+15", "1.2e+17", " 1e+16", None, "123456789012345678901"]
    lost = [False, True, False, True, True, False, False]
    assert inexact(pa.array(texts)).tolist() == lost
    assert inexact(pa.array(texts).dictionary_encode()).tolist() == lost
    assert inexact(pa.array([2**63 - 1])).tolist() == [False]
    small = [2.0**24, 2.0**24 - 1, -1e17, None]
    assert inexact(pa.array(small, pa.float32())).tolist() == [True, False, True, False]
    assert inexact(pa.array(small, pa.float32()).dictionary_encode()).tolist() == [True, False, True, False]
    assert inexact(pa.array([2048.0, 2047.0], pa.float16())).tolist() == [True, False]


def test_whole_floats_are_written_as_integers_and_nan_is_nothing():
    values = pa.array([1.0, 2.5, float("nan"), None, 123456789012.0, 1e300])
    assert as_text(values).to_pylist() == ["1", "2.5", None, None, "123456789012", "1e+300"]


def test_a_dictionary_is_read_as_its_values():
    values = pa.array([1000.0, float("nan"), None, 1e15, 1e-7])
    assert canonical(values.dictionary_encode()).to_pylist() == canonical(values).to_pylist()


def test_a_duration_has_no_text_for_its_unit_would_be_lost():
    with pytest.raises(DataError, match=r"got duration\[us\] \(its unit would be lost\)"):
        canonical(pa.array([datetime.timedelta(seconds=1)]))


def test_a_list_has_no_text():
    with pytest.raises(DataError, match=r"type must be a number, a truth, a time or text, got list<"):
        canonical(pa.array([[1]]))
