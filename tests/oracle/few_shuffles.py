"""Imported into validate: each column is shuffled once for its importance, which a page shows and nobody decides by."""

from validate.report import importance

importance.REPEATS = 1
