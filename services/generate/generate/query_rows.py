"""The rows that a database query gives.

Values become text, as in a CSV file: drivers give other types for the same column, even from row
to row, and the rules for values are preprocess's.
"""

from __future__ import annotations

import logging
import re
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from sqlalchemy import Connection, CursorResult, Date, NullPool, TextClause, bindparam, create_engine, text
from sqlalchemy.exc import DBAPIError, InterfaceError, NoSuchModuleError, OperationalError, SQLAlchemyError

from contract.config.source import asks_for_day
from contract.errors import ConfigError, DataError, Unavailable
from generate.columns import check, wanted
from generate.files.plain_text import beyond_python, plain_text
from generate.part import Part, part_of
from generate.sql import URL_FILE, Database, Query

log = logging.getLogger("generate")

FETCH_ROWS = 20_000
_REAL = 700
"""PostgreSQL's number for a float of 32 bits."""
_IN_USE = (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)
_ANOTHER_CLOCK = (
    "source: the queries are asked by the clock of schedule.timezone, %s, not by the server's, %s: a timestamp without "
    "a zone that a query casts to timestamptz, or compares with one, is taken for a time of that clock; where it is "
    "one of %s, write: COLUMN at time zone '%s'"
)
# texts, names in quotes, comments
_QUOTED = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|\$(\w*)\$.*?\$\1\$|--[^\n]*|/\*.*?\*/""", re.DOTALL)
_COLON = re.compile(r"(?<!\\):")
_PARAMETER = re.compile(r"(?<!\\):(?!(?<!::)day\b)")
"""A colon that does not begin `:day`, and that nobody has escaped."""


def parts_of(query: Query, *, data: bool, target: bool) -> Iterator[Part]:
    """What the queries give, in the database's order."""
    source = query.source
    with connected(query.at, query.run.config.schedule.timezone) as connection:
        if data or not source.target_query:
            for part in _rows(query, connection, "query", source.query):
                yield Part(part.data, None if source.target_query else part.target)
        if target and source.target_query:
            yield from _rows(query, connection, "target_query", source.target_query)


def _rows(query: Query, connection: Connection, name: str, sql: str) -> Iterator[Part]:
    run, config = query.run, query.run.config
    result = executed(query.at, connection, f"source.{name}", sql, run.date)
    present = list(result.keys())
    contents = check(f"source.{name}", present, config, alone=name == "target_query")
    if name == "target_query" and not contents.target:
        raise DataError(f"source.{name}: column {config.table.target!r} must be there, got {', '.join(present)}")
    data = contents.data and name == "query"
    columns = [*(wanted(config) if data else [config.key]), *([config.table.target] if contents.target else [])]
    indices = {column: present.index(column) if column in present else None for column in columns}
    row, key = 1, config.table.key
    single = result.cursor is not None and any(column[:2] == (key, _REAL) for column in result.cursor.description)
    for rows in batches_of(query.at, result, f"source.{name}", indices):
        if single:
            _check_exact(f"source.{name}", key, rows)
        yield part_of(rows, config, day=run.day, file=name, row=row, number=row if data else None)
        row += rows.num_rows


def _check_exact(name: str, key: str | None, rows: pa.RecordBatch) -> None:
    """Raise DataError for a key that was a float of 32 bits and has lost its last digits."""
    values = rows[key].cast(pa.float64())
    lost = values.filter(pc.greater_equal(pc.abs(values), 2.0**24))
    if len(lost):
        raise DataError(
            f"{name}: the key {key!r} must tell rows apart, got {lost[0].as_py():.0f} of the type real, which has lost "
            "its last digits; keep it as a whole number or as text"
        )


def executed(at: Database, connection: Connection, name: str, sql: str, day: date) -> CursorResult[Any]:
    """The result of a query for a day. Raises ConfigError, by the `name` of the query, when it is refused."""
    statement = statement_of(sql)
    if asks_for_day(sql):
        statement = statement.bindparams(bindparam("day", day, Date))
    with explained(at, name):
        return connection.execution_options(yield_per=FETCH_ROWS).execute(statement)


def batches_of(
    at: Database, result: CursorResult[Any], name: str, indices: dict[str, int | None]
) -> Iterator[pa.RecordBatch]:
    """The rows of a result as texts, at least one batch; `indices`: where each column is in it, None for nowhere."""
    chunks, empty = result.partitions(), True
    while True:
        with explained(at, name, reading=True):
            chunk = next(chunks, ())
        if chunk or empty:
            yield _as_text(name, indices, chunk)
        if not chunk:
            return
        empty = False


def statement_of(sql: str) -> TextClause:
    """A query whose one parameter is `:day`: other colons (in texts, in `::date`, in `a[1:2]`) are the database's."""
    parts, end = [], 0
    for quoted in _QUOTED.finditer(sql):
        parts += [_PARAMETER.sub(r"\:", sql[end : quoted.start()]), _COLON.sub(r"\:", quoted[0])]
        end = quoted.end()
    return text("".join(parts) + _PARAMETER.sub(r"\:", sql[end:]))


@contextmanager
def connected(at: Database, clock: str | None = None) -> Iterator[Connection]:
    """A connection, where days begin by the `clock` of a time zone if the database has such a thing.

    Raises Unavailable when the database does not answer, ConfigError when no driver, or no database, knows what is
    asked.
    """
    try:
        engine = create_engine(at.url, poolclass=NullPool)
    except (NoSuchModuleError, ImportError) as error:
        raise ConfigError(
            f"{URL_FILE}: no driver for {at.url.drivername!r} in this image ({error}); "
            "postgresql and sqlite work, for others add the driver to services/generate/requirements.in"
        ) from None
    with explained(at):
        connection = engine.connect()
    with connection:
        if at.has_clock:
            with explained(at, "schedule.timezone"):
                _prepare_postgres(connection, clock)
        yield connection


def _prepare_postgres(connection: Connection, clock: str | None) -> None:
    """Days begin by `clock` while this transaction lasts; what Python has no time for, such as `infinity`, is text."""
    from psycopg import DataError as NoSuchTime  # noqa: PLC0415 - the driver of who has such a database
    from psycopg.types import datetime as loaders  # noqa: PLC0415 - the same

    def or_text(loader: Any) -> Any:
        def load(self: Any, data: Any) -> Any:
            try:
                return loader.load(self, data)
            except NoSuchTime:
                return beyond_python(bytes(data).decode())

        return type(loader.__name__, (loader,), {"load": load})

    if clock is not None:
        asked = text("select current_setting('TimeZone'), localtimestamp = now() at time zone :clock")
        server, same = connection.execute(asked, {"clock": clock}).one()
        if not same:
            log.info(_ANOTHER_CLOCK, clock, server, server, server)
        connection.execute(text("select set_config('TimeZone', :clock, true)"), {"clock": clock})
    adapters: Any = connection.connection.dbapi_connection.adapters  # type: ignore[union-attr]
    for name in ("date", "time", "timestamp", "timestamptz"):
        adapters.register_loader(name, or_text(getattr(loaders, f"{name.capitalize()}Loader")))


@contextmanager
def explained(at: Database, setting: str | None = None, *, reading: bool = False) -> Iterator[None]:
    """Turn the database's errors into ours; `setting` names the query, None while connecting.

    `reading`: it has answered, and what fails is the driver at a value.
    """
    try:
        yield
    except SQLAlchemyError as error:
        message = " ".join(str(error.orig if isinstance(error, DBAPIError) else error).split())
        for secret in (at.url.password, at.url.query.get("password")):
            message = message.replace(str(secret), "***") if secret else message
        # SQLite calls a wrong query an operational error too; a server's are about the connection
        lost = isinstance(error, InterfaceError | OperationalError) and at.url.get_backend_name() != "sqlite"
        orig = getattr(error, "orig", None)
        code: int | None = getattr(orig, "sqlite_errorcode", None)
        if setting is None or lost or (code or 0) & 0xFF in _IN_USE:
            raise Unavailable(f"database {at.database}: does not answer: {message}") from None
        if reading and code is None and getattr(orig, "sqlstate", None) is None:
            raise DataError(
                f"{setting}: a value cannot be read: {message}; cast its column to text in the query, or leave it out"
            ) from None
        where = " in pipeline.toml" if setting.startswith(("source.", "schedule.")) else ""
        raise ConfigError(f"{setting}: the database refuses it: {message}; mend it{where}") from None


def _as_text(name: str, indices: dict[str, int | None], chunk: Any) -> pa.RecordBatch:
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
    try:
        return plain_text(value)
    except TypeError as error:
        raise DataError(
            f"{name}: column {column!r} must hold plain values, got a {error}; "
            "cast it to text in the query, or leave it out"
        ) from None
