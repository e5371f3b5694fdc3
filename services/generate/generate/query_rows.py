"""The rows that a database query gives.

Values become text, as in a CSV file: drivers give other types for the same column, even from row
to row, and the rules for values are preprocess's.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pyarrow as pa
from sqlalchemy import Connection, Date, NullPool, bindparam, create_engine, text
from sqlalchemy.exc import DBAPIError, InterfaceError, NoSuchModuleError, OperationalError, SQLAlchemyError

from contract.errors import ConfigError, DataError, Unavailable
from generate.columns import check, wanted
from generate.part import Part, part_of
from generate.sql import URL_FILE, Database, Query

FETCH_ROWS = 20_000


def parts_of(query: Query, *, data: bool, target: bool) -> Iterator[Part]:
    """What the queries give, in the database's order."""
    source = query.source
    with connected(query) as connection:
        if data or not source.target_query:
            for part in _rows(query, connection, "query", source.query):
                yield Part(part.data, None if source.target_query else part.target)
        if target and source.target_query:
            yield from _rows(query, connection, "target_query", source.target_query)


def _rows(query: Query, connection: Connection, name: str, sql: str) -> Iterator[Part]:
    run, config = query.run, query.run.config
    statement = text(sql)
    if "day" in statement.compile().params:
        statement = statement.bindparams(bindparam("day", run.date, Date))
    with explained(query, f"source.{name}"):
        result = connection.execution_options(yield_per=FETCH_ROWS).execute(statement)
        present = list(result.keys())
    contents = check(f"source.{name}", present, config, alone=name == "target_query")
    if name == "target_query" and not contents.target:
        raise DataError(f"source.{name}: column {config.table.target!r} must be there, got {', '.join(present)}")
    data = contents.data and name == "query"
    columns = [*(wanted(config) if data else [config.key]), *([config.table.target] if contents.target else [])]
    indices = {column: present.index(column) if column in present else None for column in columns}
    chunks = result.partitions()
    row = 1
    while True:
        with explained(query, f"source.{name}"):
            chunk = next(chunks, ())
        if not chunk and row > 1:
            return
        rows = as_texts(name, indices, chunk)
        yield part_of(rows, config, day=run.day, file=name, row=row, number=row if data else None)
        if not chunk:
            return
        row += len(chunk)


@contextmanager
def connected(query: Database) -> Iterator[Connection]:
    """A connection while it is needed. Raises ConfigError or Unavailable where there is none."""
    try:
        engine = create_engine(query.url, poolclass=NullPool)
    except (NoSuchModuleError, ImportError) as error:
        raise ConfigError(
            f"{URL_FILE}: no driver for {query.url.drivername!r} in this image ({error}); "
            "postgresql and sqlite work, for others add the driver to services/generate/requirements.in"
        ) from None
    with explained(query):
        connection = engine.connect()
    with connection:
        yield connection


@contextmanager
def explained(query: Database, setting: str | None = None) -> Iterator[None]:
    """Turn the database's errors into ours; `setting` names the query, None while connecting."""
    try:
        yield
    except SQLAlchemyError as error:
        message = " ".join(str(error.orig if isinstance(error, DBAPIError) else error).split())
        for secret in (query.url.password, query.url.query.get("password")):
            message = message.replace(str(secret), "***") if secret else message
        # SQLite calls a wrong query an operational error too; a server's are about the connection
        lost = isinstance(error, InterfaceError | OperationalError) and query.url.get_backend_name() != "sqlite"
        if setting is None or lost:
            raise Unavailable(f"database {query.database}: does not answer: {message}") from None
        where = "" if setting.startswith("--") else " in pipeline.toml"
        raise ConfigError(f"{setting}: the database refuses it: {message}; mend it{where}") from None


def as_texts(name: str, indices: dict[str, int | None], chunk: Any) -> pa.RecordBatch:
    """Rows of the database as texts; each column by its index in a row, None for one of nulls."""
    columns = list(zip(*chunk, strict=True)) if chunk else []
    return pa.RecordBatch.from_pydict(
        {
            column: pa.array(
                [None] * len(chunk)
                if index is None
                else [_text(name, column, value) for value in (columns[index] if columns else ())],
                pa.string(),
            )
            for column, index in indices.items()
        }
    )


def _text(name: str, column: str, value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, Decimal):
        return format(value, "f")  # without an exponent
    if isinstance(value, bytes | memoryview | list | dict | timedelta):
        raise DataError(
            f"source.{name}: column {column!r} must hold plain values, got a {type(value).__name__}; "
            "cast it to text in the query, or leave it out"
        )
    return str(value)
