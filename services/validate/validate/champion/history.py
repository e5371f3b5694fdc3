"""The ledger as people read it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from contract.models.ledger import Line
from contract.visible import visible

_HEAD = ("when", "decision", "model", "before", "by", "metrics", "why")
_WIDEST = 60


def table(lines: list[Line]) -> str:
    """A table, newest last; long reasons are cut."""
    cells = [_HEAD, *(tuple(map(visible, _cells(line))) for line in lines)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(_HEAD) - 1)]
    return "\n".join(
        "  ".join([*(word.ljust(width) for word, width in zip(row, widths, strict=False)), row[-1]]).rstrip()
        for row in cells
    )


def as_json(texts: Iterable[bytes]) -> Iterator[str]:
    """Each line as it is in the file, but for characters that a terminal would obey, which are escaped."""
    return (visible(text.decode()) for text in texts)


def _cells(line: Line) -> tuple[str, ...]:
    why = line.why if len(line.why) <= _WIDEST else f"{line.why[: _WIDEST - 1]}…"
    before = line.before.label if line.before else "-"
    when = line.when.replace("T", " ").replace("+00:00", "Z")
    return when, line.decision, line.model.label, before, line.by, _scores(line), why


def _scores(line: Line) -> str:
    """The training metric of the model, and of the champion before in brackets."""
    name = line.metrics.get("metric")
    own, old = (line.metrics.get(which) or {} for which in ("challenger", "champion"))
    if own.get(name) is None:
        return "-"
    return f"{name} {own[name]:.4f}" + (f" ({old[name]:.4f})" if old.get(name) is not None else "")
