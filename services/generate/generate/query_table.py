"""What a query gives for a day, as a table that somebody may look at before there is a configuration."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from datetime import date

import pyarrow as pa

from generate.query_rows import batches_of, connected, executed
from generate.sql import Database

NAME = "query"


class QueryTable:
    """The rows of one query: columns and values as text, as a day of `source.kind = "sql"` has them."""

    rows = None
    """Nobody knows before the end."""

    def __init__(self, sql: str, day: date) -> None:
        """`sql` may use `:day`. Raises MissingInput without a URL, Unavailable, or ConfigError for a wrong query."""
        self.name, self.sql, self.day, self.at = NAME, sql, day, Database.declared()
        with connected(self.at) as connection:
            names = list(executed(self.at, connection, NAME, sql, day).keys())
        self.schema = pa.schema([(name, pa.string()) for name in names])

    def batches(self, columns: Sequence[str]) -> Generator[pa.RecordBatch, None, None]:
        """The rows of the named columns, in the database's order. Raises DataError for values that are not plain."""
        with connected(self.at) as connection:
            result = executed(self.at, connection, NAME, self.sql, self.day)
            indices: dict[str, int | None] = {name: self.schema.names.index(name) for name in columns}
            yield from batches_of(self.at, result, NAME, indices)
