"""The rows of a day that would be rejected, by rule, with the first of each: the check finds them; none is stored."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from contract.steps.run import Run
from contract.visible import visible
from preprocess.check import UNREAD, check
from preprocess.quarantine import WHOLE_ROW, Tally, TooManyRejected
from preprocess.work import must_fit, opened

_LONGEST = 80
"""Characters of a value."""


@dataclass
class Examples(Tally):
    """Rejected rows so far, with the first ones of each rule."""

    most: int = 0
    rows_of: dict[tuple[str, str], list[dict[str, Any]]] = field(default_factory=dict)
    """By column and rule."""

    def add(self, rows: pa.Table) -> None:
        """Count the next rejected rows, and keep those that are the first of their rule."""
        super().add(rows)
        for pair in rows.group_by(["column", "rule"]).aggregate([]).to_pylist():
            kept = self.rows_of.setdefault((pair["column"], pair["rule"]), [])
            if (lacks := self.most - len(kept)) > 0:
                of_rule = pc.and_(pc.equal(rows["column"], pair["column"]), pc.equal(rows["rule"], pair["rule"]))
                kept += [_bounded(row) for row in rows.filter(of_rule).slice(0, lacks).to_pylist()]


def show(run: Run, *, most: int, as_json: bool) -> None:
    """Print what would be rejected. Raises DataError where the step would end with it.

    If all rows were judged, those rejected are printed first.
    """
    examples, stopped = Examples(most=most), None
    with TemporaryDirectory(prefix="microstep-check-") as scratch:
        aside = replace(run, root=Path(scratch))
        (aside.root / "raw").symlink_to((run.root / "raw").absolute())
        data, target = opened(aside)
        must_fit(aside, data, target)
        try:
            check(aside, aside.recipe({}), data, target, examples)
        except TooManyRejected as error:  # any other error leaves rows that nobody has judged: they are not counted
            stopped = error
    total = data.rows() + data.rows(UNREAD)
    print(_as_json(examples, total, stopped) if as_json else "\n".join(_lines(run, examples, total)))
    if stopped is not None:
        raise stopped


def _lines(run: Run, examples: Examples, total: int) -> Iterator[str]:
    allowed = run.config.table.max_rejected_fraction
    share = f" ({examples.rows / total:.1%}, table.max_rejected_fraction allows {allowed:.1%})" if total else ""
    yield f"{run.day}: {total:,} rows, {total - examples.rows:,} good, {examples.rows:,} rejected{share}"
    for (column, rule), rows in _by_rows(examples):
        count = examples.by_rule[f"{column}: {rule}"]
        yield ""
        yield visible(f"{column}: {rule}: {count:,} row{'' if count == 1 else 's'}")
        for row in rows:
            whose = "" if column == WHOLE_ROW else f", key {row['key']}"
            yield visible(f"  {row['_file']} row {row['_row']:,}{whose}: {_shown(row['value'])}")
        if count > len(rows):
            yield f"  and {count - len(rows):,} more"


def _as_json(examples: Examples, total: int, stopped: TooManyRejected | None) -> str:
    rules = [
        {"column": column, "rule": rule, "rows": examples.by_rule[f"{column}: {rule}"], "examples": rows}
        for (column, rule), rows in _by_rows(examples)
    ]
    stops = None if stopped is None else str(stopped)
    return json.dumps({"rows": total, "rejected": examples.rows, "stopped": stops, "rules": rules}, ensure_ascii=False)


def _by_rows(examples: Examples) -> list[tuple[tuple[str, str], list[dict[str, Any]]]]:
    """Most first."""
    return sorted(examples.rows_of.items(), key=lambda item: (-examples.by_rule[": ".join(item[0])], item[0]))


def _bounded(row: dict[str, Any]) -> dict[str, Any]:
    """With no text longer than a line can show: a cell may hold a whole document."""
    return {
        name: f"{text[:_LONGEST]}…" if isinstance(text, str) and len(text) > _LONGEST else text
        for name, text in row.items()
    }


def _shown(value: str | None) -> str:
    return "nothing" if value is None else repr(value)
