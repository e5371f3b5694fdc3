"""Whatever a table holds: a configuration and a page are written, or it is refused with a reason."""

import csv
import tomllib
from datetime import date
from html.parser import HTMLParser

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from contract.config.parse import parse
from contract.errors import DataError
from generate.infer.inference import look_at
from generate.infer.inputs import open_files
from generate.infer.page.page import page_of
from generate.infer.render.file import render

WORDS = [
    "",
    "NA",
    "None",
    "?",
    "-",
    "n/a",
    "yes",
    "NO",
    "t",
    "F",
    "0",
    "1",
    "1.0",
    "-1",
    "999",
    "1e5",
    "+3",
    "\N{MINUS SIGN}2",
    "$5",
    "45%",
]
WORDS += [
    "22.11.2026",
    "11/22/2026 09:00",
    "2026-11-22",
    "2026-11",
    "20261122",
    "1764230400",
    "Nov 22, 2026",
    "0000-00-00",
    "9999-12-31",
]
WORDS += [
    "09:30",
    "007",
    "12345678901234567890",
    "12,5",
    "DE",
    "a b c d e f",
    "x" * 300,
    "今日の天気はいい",
    "'\"\\#=[]",
    "{{ 7 * 7 }}<b>",
]
NAMES = [
    "",
    "id",
    "Unnamed: 0",
    "RowNumber",
    "customer_id",
    "when",
    "ts",
    "age",
    "n_visits",
    "name",
    "a.b",
    'q"',
    "<i>",
    "x",
]

values = st.one_of(
    st.sampled_from(WORDS), st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=8)
)
columns = st.one_of(
    st.lists(values, min_size=1, max_size=5).map(lambda some: (some * 60)[:60]),
    st.lists(st.sampled_from(WORDS[:20]), min_size=60, max_size=60),
    st.sampled_from(["{}", "{}.5", "c{}", "{}.1.2026", "word {} of many more words", "{}0000000000000000000"]).map(
        lambda form: [form.format(number + 1) for number in range(60)]
    ),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(columns, min_size=1, max_size=6),
    st.permutations(NAMES),
    st.lists(st.sampled_from(WORDS), min_size=2, max_size=3),
)
def test_any_table_is_described_or_refused(tmp_path, drawn, names, labels):
    table = dict(zip(names, drawn, strict=False)) | {"y": (labels * 30)[:60]}
    path = tmp_path / "orders.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([table, *zip(*table.values(), strict=True)])
    try:
        seen = look_at(open_files([path]), "y")
    except DataError as error:
        assert str(error).strip()  # noqa: PT017 (any other error fails)
        return
    text = render(seen.schema, name="a", first_day=date(2026, 1, 1), source=['kind = "files"'])
    written = tomllib.loads(text)
    assert parse(written).features == seen.schema.features
    assert list(written["columns"]) == [column.name for column in seen.schema.columns]
    assert not set(seen.schema.features) & {seen.schema.key, "y"}
    page = page_of(seen.schema, seen.columns, seen.sample, seen.form, name="a")
    HTMLParser().feed(page)
