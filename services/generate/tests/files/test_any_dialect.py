"""Any table written in any dialect, encoding and form of numbers reads back equal, or is refused in words.

MICROSTEP_TABLES is the number of tables (default: a quick part of them).
"""

import bz2
import gzip
import io
import lzma
import os
import tempfile
import zipfile
from dataclasses import replace
from pathlib import Path

import msgspec
import pyarrow as pa
from hypothesis import HealthCheck, assume, given, reject, settings
from hypothesis import strategies as st

from contract.config.source import Files
from contract.errors import DataError
from contract.texts.numbers import NumberForm
from generate.files.open_table import open_table
from generate.infer.gather import gather
from generate.infer.inputs import open_files
from generate.infer.sniffing import sniff

TABLES = int(os.environ.get("MICROSTEP_TABLES", "100"))
QUICK = settings(max_examples=TABLES, deadline=None, suppress_health_check=list(HealthCheck), print_blob=True)

PACKINGS = {
    "": lambda content: content,
    ".gz": gzip.compress,
    ".bz2": bz2.compress,
    ".xz": lzma.compress,
    ".zst": lambda content: pa.compress(content, codec="zstd", asbytes=True),
}
ENCODINGS = ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252", "iso8859-15", "cp1251", "shift_jis")
FORMS = [
    NumberForm(decimal, thousands)
    for decimal in ".,"
    for thousands in (None, ",", ".", "'", "_", " ", "\u2019")
    if thousands != decimal
]


def zipped(content):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("__MACOSX/._table.csv", b"\0\1")
        archive.writestr("folder/table.csv", content)
    return packed.getvalue()


def written(value, dialect, *, always):
    """A field as programs write it: quoted where it must be."""
    quote, escape = dialect.quote, dialect.escape
    must = any(mark in value for mark in (dialect.delimiter, quote, escape or quote, "\n", "\r"))
    if not (must or always):
        return value
    if escape:
        value = value.replace(escape, escape * 2)
    return quote + value.replace(quote, (escape or quote) + quote) + quote


def with_marks(number, form):
    """A number as people write it, with the form's marks."""
    whole, _, fraction = f"{abs(number):.15g}".partition(".")
    if form.thousands:
        whole = f"{int(whole):,}".replace(",", form.thousands)
    sign = "-" if number < 0 else ""
    beside = f" {form.unit}" if form.unit else ""
    return sign + whole + (form.decimal + fraction if fraction else "") + beside


PACKINGS[".zip"] = zipped


@st.composite
def dialects(draw):
    delimiter = draw(st.sampled_from(",;\t|"))
    quote = draw(st.sampled_from("\"'"))
    escape = draw(st.sampled_from([None, "\\"]))
    return Files(
        delimiter=delimiter,
        quote=quote,
        escape=escape,
        skip_lines=draw(st.sampled_from([0, 0, 0, 1, 3])),
        encoding=draw(st.sampled_from(ENCODINGS)),
    )


def cells(encoding):
    """Text of an encoding, often with what dialects are made of."""
    plain = encoding.replace("-sig", "")
    codec = plain if plain not in ("utf-8", "utf-16", "utf-16-le", "utf-32") else "utf-8"
    letters = st.characters(codec=codec, exclude_categories=("Cc", "Cs", "Co"), exclude_characters="\ufeff\xa5\u203e")
    marks = st.sampled_from([",", ";", "\t", "|", '"', "'", "\n", "\r\n", "\\", " ", '""', "x"])
    return st.lists(letters | marks, max_size=8).map("".join)


@st.composite
def tables(draw, source):
    width = draw(st.integers(2, 5))
    word = cells(source.encoding)
    names = draw(
        st.lists(
            word.filter(lambda name: name.strip() and "\r" not in name), min_size=width, max_size=width, unique=True
        )
    )
    rows = draw(st.lists(st.lists(word, min_size=width, max_size=width), min_size=1, max_size=12))
    return names, rows


def content_of(draw, source, names, rows):
    """The file of a table: the marks are the dialect's, what stands around the rows is anything."""
    end = draw(st.sampled_from(["\n", "\r\n"]))
    always = draw(st.booleans())
    trailing = source.delimiter * draw(st.sampled_from([0, 0, 1, 2]))
    lines = [source.delimiter.join(written(value, source, always=always) for value in row) for row in (names, *rows)]
    lines = [line + trailing for line in lines]
    before = draw(st.sampled_from(["", end, end * 2, f"sep={source.delimiter}{end}", f'"sep={source.delimiter}"{end}']))
    before += "".join(f"A title of {number}{end}" for number in range(source.skip_lines))
    after = draw(st.sampled_from(["", end, end + trailing + end, end * 3, f"{end} {end}"]))
    text = before + end.join(lines) + after
    try:
        return text.encode(source.encoding)
    except UnicodeEncodeError:  # a mark of thousands that the encoding does not have
        reject()


def read(path, source):
    table = open_table(path, path.name, source)
    blocks = list(table.read(table.schema.names))
    rows = [list(row.values()) for block in blocks for row in block.rows.to_pylist()]
    numbers = [number for block in blocks for number in block.numbers.tolist()]
    return table.schema.names, dict(zip(numbers, rows, strict=True)), [row for block in blocks for row in block.unread]


@QUICK
@given(st.data())
def test_a_table_reads_back_equal_by_its_settings_or_its_rows_are_told(data):
    source = data.draw(dialects())
    names, rows = data.draw(tables(source))
    assume(any(value.strip() for value in rows[-1]))  # nothing at the end is no row
    content = content_of(data.draw, source, names, rows)
    packing = data.draw(st.sampled_from(list(PACKINGS)))
    declared = source if source.encoding != "utf-8-sig" else msgspec.structs.replace(source, encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / data.draw(st.sampled_from(["a.csv", f"a.csv{packing}", "a.txt"]))
        path.write_bytes(PACKINGS[packing](content))
        try:
            header, read_rows, unread = read(path, declared)
        except DataError as error:
            # bytes that are UTF-8 as well, under another name: refused, and said so
            assert "as source.encoding says, is UTF-8" in str(error) or "bytes of 0" in str(error)  # noqa: PT017
            return
    assert header == names
    if any(row.rule.startswith("a quote takes lines") for row in unread):
        # one row over several lines that could as well be rows: each line has a place
        assert [row for row in rows if row in read_rows.values()] == list(read_rows.values())
        return
    told = {row.number for row in unread}
    assert told.isdisjoint(read_rows)
    assert told | set(read_rows) == set(range(1, len(rows) + 1))
    assert {number: rows[number - 1] for number in read_rows} == read_rows
    # a row is told only where it could as well be several, a total, or the header
    assert all(row.rule.startswith(("a line of totals", "the header again")) for row in unread)


WORDS = st.sampled_from(["north", "south", "east", "west"])
NOTES = {
    "utf-8": ["fine", "so-so; not bad", "a, b", 'say "yes"', "Köln, 東京", "two\nlines"],
    "cp1252": ["Müller", "Größe; 5", "café, \u20ac", "fine", "plain"],
    "iso8859-15": ["Müller", "Größe", "café \u20ac"],
    "cp1251": ["Иванов", "Москва, центр", "хорошо"],
    "shift_jis": ["山田太郎", "東京都", "大阪"],
}


@QUICK
@given(st.data())
def test_a_table_as_people_have_it_is_read_back_by_what_infer_finds(data):
    draw = data.draw
    encoding = draw(st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252", "iso8859-15", "cp1251", "shift_jis"]))
    notes = NOTES.get(encoding, NOTES["utf-8"])
    source = Files(
        delimiter=draw(st.sampled_from(",;\t|")), encoding=encoding, skip_lines=draw(st.sampled_from([0, 0, 1, 2]))
    )
    form = draw(st.sampled_from(FORMS))
    form = replace(form, unit=draw(st.sampled_from([None, "$", "%", "kg"])))
    amounts = draw(
        st.lists(st.integers(-(10**7), 10**7).map(lambda number: number / 100), min_size=30, max_size=60, unique=True)
    )
    rows = [
        [str(1000 + number), draw(WORDS), with_marks(amount, form), draw(st.sampled_from(notes))]
        for number, amount in enumerate(amounts)
    ]
    content = content_of(draw, source, ["id", "region", "amount", "note"], rows)
    packing = draw(st.sampled_from(list(PACKINGS)))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"a.csv{packing}"
        path.write_bytes(PACKINGS[packing](content))
        found = sniff(path)
        header, read_rows, unread = read(path, found.source)
        numbers = gather(open_files([path]))
    assert header == ["id", "region", "amount", "note"]
    assert unread == []
    if "encoding" not in found.notes:
        assert list(read_rows.values()) == rows
    if form.thousands == "\u2019" and "encoding" in found.notes:
        return  # no letter of ASCII, and what was guessed is said
    assert [row[:3] for row in read_rows.values()] == [row[:3] for row in rows]
    if not numbers.doubt:
        texts = pa.array([row[2] for row in read_rows.values()])
        unit = next(column.unit for column in numbers.columns if column.name == "amount")
        assert replace(numbers.form, unit=unit).plain(texts).cast(pa.float64()).to_pylist() == amounts
