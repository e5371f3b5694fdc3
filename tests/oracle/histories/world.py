"""Who brings the files: rows and labels of days, in time or late, right, wrong or corrected."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from plain import arrivals
from plain.arrivals import Table, Written
from plain.settings import WORDS, day_of

if TYPE_CHECKING:
    from checks.story import Story


class World:
    """The inbox of a history."""

    def __init__(self, story: Story, table: Table) -> None:
        self.story = story
        self.table = table
        self.truth: dict[int, pd.DataFrame] = {}

    def copied(self, root: Path) -> World:
        """The same below another root."""
        world = World(self.story.copied(root), self.table)
        world.truth = dict(self.truth)
        return world

    def rows(self, number: int) -> pd.DataFrame:
        """The rows of a day, as they are known now."""
        return self.truth.setdefault(number, self.table.day(number))

    def arrive(self, number: int, written: Written, labels: str) -> None:
        """Rows in place of all files that the day had; `labels`: all, half or none of the target are known."""
        frame, target = self.rows(number), self.story.settings.target
        if labels == "none":
            frame = arrivals.without_labels(frame, target)
        elif labels == "half":
            frame = frame.assign(**{target: [value if row % 2 else None for row, value in enumerate(frame[target])]})
        self._clear(number)
        self._write(frame, number, "rows", written)

    def label(self, number: int, written: Written, kind: str) -> None:
        """Labels in a file of their own: late, of another day (`strange`), corrected, or of a part of the rows."""
        frame, settings = self.rows(number), self.story.settings
        if kind == "strange":
            frame = self.table.day(number + 50).assign(id=lambda rows: [value + 1_000_000 for value in rows["id"]])
        elif kind == "corrected":
            frame = self.truth[number] = arrivals.corrected(frame, settings.target)
        elif kind == "part":
            frame = frame.iloc[::3]
        # files are read in the order of their names, and the first label of a key stays
        self._write(arrivals.labels(frame, settings), number, "labels" if kind == "late" else f"a_{kind}", written)

    def more_rows(self) -> None:
        """From now on days have rows enough for anything."""
        self.table = replace(self.table, rows=max(160, self.table.rows), gaps=0.0, twice=0)
        self.truth.clear()

    def mend(self, number: int) -> None:
        """The day's files anew: every row with all labels, in the words that pipeline.toml lists now."""
        settings, frame = self.story.settings, self.rows(number)
        for target in WORDS:
            old, new = WORDS[target], settings.words_of(target)
            said = [word if str(word) in new else new[old.index(str(word)) % len(new)] for word in frame[target]]
            if settings.column_of(target)["type"] == "category":
                frame = frame.assign(**{target: said})
        self.truth[number] = frame
        self.arrive(number, "plain", "all")

    def _clear(self, number: int) -> None:
        shutil.rmtree(self.story.root / "inbox" / day_of(number), ignore_errors=True)

    def _write(self, frame: pd.DataFrame, number: int, name: str, written: Written) -> None:
        folder = self.story.root / "inbox" / day_of(number)
        for suffix in (".csv", ".parquet"):
            (folder / f"{name}{suffix}").unlink(missing_ok=True)
        missing = (self.story.settings.missing or ("",))[0]
        arrivals.write(frame, folder / name, written, missing)
        (folder / "_SUCCESS").touch()
