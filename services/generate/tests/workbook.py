"""A small Excel workbook, as bytes: enough of the format for what is read of it."""

import io
import zipfile
from xml.sax.saxutils import escape

_NAMES = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HIDDEN = ' state="hidden"'
DAY = 1
"""The style of a cell whose number is a day."""


class Day(int):
    """A day as Excel counts them: 46024 is 2 January 2026."""


class Formula(str):
    """A formula that nobody has calculated, in the cell that its first word names: "C2 A2*2"."""

    __slots__ = ()


def workbook(*, merged=(), hidden=(), **sheets):
    """The workbook of sheets by their names, each a list of rows; None is an empty cell.

    `merged`: ranges of cells of each sheet, as "A2:A4"; `hidden`: names of sheets that nobody sees.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        write = archive.writestr
        parts = "".join(
            f'<Override PartName="/xl/worksheets/sheet{number}.xml" ContentType="application/vnd.openxmlformats-'
            'officedocument.spreadsheetml.worksheet+xml"/>'
            for number in range(1, len(sheets) + 1)
        )
        write("[Content_Types].xml", f'<Types xmlns="{_PACKAGE}/content-types">{parts}</Types>')
        write("_rels/.rels", _relations(("officeDocument", "xl/workbook.xml")))
        write(
            "xl/_rels/workbook.xml.rels",
            _relations(
                *(("worksheet", f"worksheets/sheet{n}.xml") for n in range(1, len(sheets) + 1)),
                ("styles", "styles.xml"),
            ),
        )
        names = "".join(
            f'<sheet name="{escape(name)}" sheetId="{number}"{_HIDDEN if name in hidden else ""} r:id="r{number}"/>'
            for number, name in enumerate(sheets, 1)
        )
        write("xl/workbook.xml", f'<workbook {_NAMES} xmlns:r="{_RELATIONS}"><sheets>{names}</sheets></workbook>')
        formats = '<cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14" applyNumberFormat="1"/></cellXfs>'
        write("xl/styles.xml", f"<styleSheet {_NAMES}>{formats}</styleSheet>")
        for number, rows in enumerate(sheets.values(), 1):
            body = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
            ranges = "".join(f'<mergeCell ref="{cells}"/>' for cells in merged)
            body = f"<sheetData>{body}</sheetData>" + (f"<mergeCells>{ranges}</mergeCells>" if merged else "")
            write(f"xl/worksheets/sheet{number}.xml", f"<worksheet {_NAMES}>{body}</worksheet>")
    return packed.getvalue()


def _relations(*parts):
    lines = "".join(
        f'<Relationship Id="r{number}" Type="{_RELATIONS}/{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(parts, 1)
    )
    return f'<Relationships xmlns="{_PACKAGE}/relationships">{lines}</Relationships>'


def _cell(value):
    if value is None:
        return "<c/>"
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, Day):
        return f'<c s="{DAY}"><v>{int(value)}</v></c>'
    if isinstance(value, Formula):
        cell, _, text = value.partition(" ")
        return f'<c r="{cell}"><f>{escape(text)}</f><v/></c>'
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{escape(value)}</t></is></c>'
