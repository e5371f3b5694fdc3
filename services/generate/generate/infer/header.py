"""Which line of a file names its columns."""

from __future__ import annotations

from collections.abc import Sequence

from generate.infer.types.number_forms import NUMBER


def is_header(row: Sequence[str], after: Sequence[Sequence[str]], width: int) -> bool:
    """Whether a row names the columns of those after it: no title, no comment, no blank line."""
    given = [cell for cell in row if cell.strip()]
    following = [other for other in after if any(cell.strip() for cell in other)]
    if not given:
        return False
    if width > 1 and len(given) < 2:
        # a title stands first, unless somebody has moved it: then the row below it names the columns
        return not row[0].strip() and not _names_numbers(following)
    if len(given) < min(width, max(map(len, after), default=0)) / 2:
        return False
    comment = given[0].lstrip().startswith("#") and len(given[0].strip()) > 1
    # `#id` may be a name: then a row of values follows, not the header
    names = following[0] if following else []
    return not (comment and names and all(name.strip() for name in names) and not has_number([names]))


def _names_numbers(rows: Sequence[Sequence[str]]) -> bool:
    """Whether the first of the rows names the columns of the others: words, and below one of them numbers alone."""
    names, *others = rows or [[]]
    if not all(name.strip() for name in names) or has_number([names]):
        return False
    columns = ([row[number].strip() for row in others if number < len(row)] for number in range(len(names)))
    return any(any(column) and all(NUMBER.fullmatch(cell) for cell in column if cell) for column in columns)


def has_number(rows: Sequence[Sequence[str]]) -> bool:
    """Whether a cell of the rows is a number."""
    return any(NUMBER.fullmatch(cell.strip()) for row in rows for cell in row)
