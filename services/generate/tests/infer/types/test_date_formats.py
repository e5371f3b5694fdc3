from datetime import UTC, datetime

import pyarrow as pa
import pytest

from contract.config.when import check_date_format
from contract.texts.dates import DateForm
from generate.infer.types.date_formats import DateFormats, Forms

MOMENTS = [
    datetime(2024 + number % 3, number % 12 + 1, number % 28 + 1, number % 24, number % 60, 7, tzinfo=UTC)
    for number in range(400)
]
EARLY = [moment for moment in MOMENTS if moment.day < 13]


def forms(*batches, least=1.0):
    dates = DateFormats()
    for batch in batches:
        dates.add(pa.array(batch), pa.array([1] * len(batch)))
    return dates.forms(least * sum(map(len, batches)))


def mixed(*formats, moments=MOMENTS):
    return [moment.strftime(formats[number % len(formats)]) for number, moment in enumerate(moments)]


@pytest.mark.parametrize(
    "formats",
    [
        ("%Y-%m-%d", "%d.%m.%Y"), ("%Y-%m-%d", "%m/%d/%Y"), ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M"), ("%d.%m.%Y", "%d.%m.%Y %H:%M"),
        ("%d.%m.%Y", "%d.%m.%y"), ("%m/%d/%Y", "%m/%d/%Y %I:%M %p"), ("%H:%M", "%H:%M:%S"), ("%Y-%m-%d %H:%M", "%d.%m.%Y", "%d/%m/%Y %H:%M"),
        ("%d.%m.%Y %H:%M:%S", "%d.%m.%Y %H:%M:%S.%f"), ("%m/%d/%Y", "%d.%m.%Y"), ("%m/%d/%y %H:%M:%S.%f", "%d.%m.%YT%H:%M:%S"),
    ],
)  # fmt: skip
def test_two_forms_in_one_column_are_both_read_and_give_the_moments_that_were_written(formats):
    written = mixed(*formats)
    found = forms(written)
    assert (found.alternative, found.read) == (None, len(written))
    check_date_format(found.format, "datetime")
    expected = [datetime.strptime(word, formats[number % len(formats)]) for number, word in enumerate(written)]  # noqa: DTZ007
    assert DateForm(found.format, "UTC").moments(pa.array(written)).to_pylist() == expected


def test_a_form_that_a_few_rows_have_costs_no_row():
    words = [moment.strftime("%Y-%m-%d") for moment in MOMENTS]
    words[20] = MOMENTS[20].strftime("%d.%m.%Y")
    assert forms(words, least=0.98) == Forms("iso | %d.%m.%Y", None, len(words))


def test_an_export_that_changes_its_form_in_the_middle_is_read():
    first, second = ([moment.strftime(form) for moment in MOMENTS] for form in ("%d.%m.%Y", "%Y/%m/%d"))
    assert forms(first, second).format == "%Y/%m/%d | %d.%m.%Y"
    assert forms(mixed("%Y-%m-%d"), second).format == "iso | %Y/%m/%d"


def test_one_form_tells_the_order_of_day_and_month_of_the_others():
    words = mixed("%m/%d/%Y", moments=EARLY) + mixed("%m/%d/%Y %H:%M")
    assert forms(words) == Forms("%m/%d/%Y %H:%M | %m/%d/%Y", None, len(words))


def test_where_no_form_tells_the_order_the_other_one_is_asked():
    assert forms(mixed("%d/%m/%Y", "%Y-%m-%d", moments=EARLY)).alternative in (
        "iso | %m/%d/%Y", "%m/%d/%Y | iso"
    )  # fmt: skip


def test_both_orders_in_one_column_are_no_date_for_nobody_knows_which_a_value_has():
    assert forms(mixed("%d/%m/%Y", "%m/%d/%Y"), least=0.98) is None


@pytest.mark.parametrize(
    "formats",
    [
        ("%Y-%m-%d", "%Y-%d-%m"), ("%Y-%m-%d %H:%M", "%Y-%d-%m"), ("%Y-%m-%d", "%Y-%d-%m %H:%M:%S"),
        ("%Y/%m/%d", "%Y/%d/%m"), ("%Y/%m/%d %H:%M", "%Y/%d/%m"), ("%Y.%d.%m %I:%M %p", "%Y.%m.%d %H:%M"),
    ],
)  # fmt: skip
def test_nor_are_both_orders_behind_the_year(formats):
    assert forms(mixed(*formats), least=0.98) is None


def test_a_day_before_its_month_behind_the_year_is_read_by_itself_and_a_stray_one_beside_iso_is_not():
    assert forms(mixed("%Y-%d-%m", "%Y-%d-%m %H:%M")) == Forms("%Y-%d-%m | %Y-%d-%m %H:%M", None, len(MOMENTS))
    words = mixed("%Y-%m-%d")
    assert forms([*words, "2026-25-11"], least=0.98) == Forms("iso", None, len(words))
    early = mixed("%Y-%m-%d", moments=EARLY)
    assert forms([*early, "2026-11-24", "2026-11-25", "2026-25-11"], least=0.98) == Forms("iso", None, len(early) + 2)


def test_where_no_value_tells_the_order_behind_the_year_all_forms_are_asked_about_together():
    found = forms(mixed("%Y/%m/%d %H:%M", "%Y/%m/%d", moments=EARLY))
    assert (found.format, found.alternative) == ("%Y/%m/%d %H:%M | %Y/%m/%d", "%Y/%d/%m %H:%M | %Y/%d/%m")
    found = forms(mixed("%d/%m/%Y", "%Y/%m/%d", moments=EARLY))
    assert (found.format, found.alternative) == ("%d/%m/%Y | %Y/%m/%d", "%m/%d/%Y | %Y/%m/%d")


def test_an_hour_is_not_read_beside_a_day():
    assert forms(mixed("%d.%m.%Y", "%H:%M"), least=0.98) is None


@pytest.mark.parametrize("name", ["%d.%m.%y", "%y.%m.%d"])
def test_two_digits_that_may_be_the_day_or_the_year_are_asked_about(name):
    words = [moment.strftime(name) for moment in MOMENTS if moment.day > 23]
    found = forms(words)
    assert {found.format, found.alternative} == {"%d.%m.%y", "%y.%m.%d"}
    mixed_with_iso = forms(words, [moment.strftime("%Y-%m-%d") for moment in MOMENTS])
    assert {mixed_with_iso.format, mixed_with_iso.alternative} == {"iso | %d.%m.%y", "iso | %y.%m.%d"}


def test_marks_of_both_orders_are_never_read_by_a_third_one():
    found = forms(mixed("%m/%d/%y %H:%M:%S.%f", "%d.%m.%yT%H:%M:%S"))
    assert found.format == "%m/%d/%y %H:%M:%S.%f | %d.%m.%yT%H:%M:%S"
    assert found.alternative == "%m/%d/%y %H:%M:%S.%f | %y.%m.%dT%H:%M:%S"


def test_may_is_the_same_month_in_both_of_its_lengths():
    assert forms([f"{day:02d} May 2026" for day in range(1, 32)]).alternative is None
