"""The rows of a query as `infer` looks at them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import date
from functools import cached_property

import pyarrow as pa
from sqlalchemy import URL, Connection, CursorResult, Date, bindparam, text

from contract.errors import UsageError
from generate.columns import differ
from generate.infer.inputs import Input, meaning_of
from generate.query_rows import FETCH_ROWS, as_texts, connected, explained
from generate.sql import public, url_of

NAME = "query"
_TABLE = re.compile(r"\b(?:from|join)\s+((?:[\w\"`.]+))", re.IGNORECASE)


class QueryRows:
    """What a query gives for one day; every value is text, as in the nightly run."""

    rows = None

    def __init__(self, query: str, day: date) -> None:
        """Raises UsageError for a query that does not ask for a day, else as a nightly query does."""
        if ":day" not in query:
            raise UsageError(f"--query: must use :day, as each night's query does, got {query!r}")
        self.name, self.query, self.day = NAME, query, day
        self.url: URL = url_of()
        self.database = public(self.url)

    @cached_property
    def schema(self) -> pa.Schema:
        """The query's columns, all of text."""
        with connected(self) as connection:
            names = list(self._result(connection).keys())
        differ(NAME, names)
        return pa.schema([(name, pa.string()) for name in names])

    def batches(self, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
        """The rows in the database's order."""
        with connected(self) as connection:
            result = self._result(connection)
            present = list(result.keys())
            indices: dict[str, int | None] = {column: present.index(column) for column in columns}
            with explained(self, "--query"):
                for chunk in result.partitions(FETCH_ROWS):
                    yield as_texts(NAME, indices, chunk)

    def _result(self, connection: Connection) -> CursorResult[tuple[object, ...]]:
        statement = text(self.query).bindparams(bindparam("day", self.day, Date))
        with explained(self, "--query"):
            return connection.execution_options(yield_per=FETCH_ROWS).execute(statement)


def open_query(query: str, day: date) -> Input:
    """The rows of `query` for `day`, from the database that MICROSTEP_SQL_URL_FILE names."""
    rows = QueryRows(query, day)
    tables = _TABLE.findall(query)
    meaning = meaning_of(re.sub(r'["`]', "", tables[0]).rpartition(".")[2]) if tables else ""
    return Input(NAME, (rows,), {"kind": "sql", "query": query}, meaning)
