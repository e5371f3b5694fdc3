"""The rows that a database query gives: `source.kind = "sql"`.

Values become text, as in a CSV file: drivers give other types for the same column, even from row
to row, and the rules for values are preprocess's.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from contract.errors import ConfigError, DataError, MissingInput, Unavailable
from contract.recipe import Recipe
from contract.run import Run
from contract.sections import Sql
from generate.columns import check, wanted
from generate.ingest import Part, part_of

if TYPE_CHECKING:
    import pyarrow as pa
    from sqlalchemy import URL, Connection

URL_FILE = "MICROSTEP_SQL_URL_FILE"
FETCH_ROWS = 20_000
CONNECT_SECONDS = "10"


class Query:
    """The queries of one day.

    What a database holds cannot be hashed before it is read: a day is up to date as long as its
    dataset is there and the queries, the database and the code are the same; `--force` reads again.
    """

    def __init__(self, run: Run) -> None:
        """Raises MissingInput or ConfigError when the database's URL is not there or no URL."""
        assert isinstance(run.config.source, Sql)
        self.run, self.source = run, run.config.source
        self.url = _url()
        self.database = _public(self.url)
        self.rows = None
        self.data = self._recipe(self.source.query)
        self.target = self._recipe(self.source.target_query or self.source.query)

    def parts(self, *, data: bool, target: bool) -> Iterator[Part]:
        """What the queries give, in the database's order."""
        apart = self.source.target_query
        with self._connection() as connection:
            if data or not apart:
                for part in self._rows(connection, "query", self.source.query):
                    yield Part(part.data, None if apart else part.target)
            if target and apart:
                yield from self._rows(connection, "target_query", apart)

    def _recipe(self, query: str) -> Recipe:
        config = self.run.config
        return self.run.recipe(
            {
                "source": {"kind": "sql", "database": self.database, "query": query},
                "columns": wanted(config),
                "key": config.table.key,
                "target": config.table.target,
                "missing_values": list(config.table.missing_values),
            }
        )

    def _rows(self, connection: Connection, name: str, query: str) -> Iterator[Part]:
        from sqlalchemy import Date, bindparam, text

        config = self.run.config
        statement = text(query)
        if "day" in statement.compile().params:
            statement = statement.bindparams(bindparam("day", self.run.date, Date))
        with self._told(f"source.{name}"):
            result = connection.execution_options(yield_per=FETCH_ROWS).execute(statement)
            present = list(result.keys())
        found = check(f"source.{name}", present, config, alone=name == "target_query")
        if name == "target_query" and not found.target:
            raise DataError(f"source.{name}: column {config.table.target!r} must be there, got {', '.join(present)}")
        data = found.data and name == "query"
        columns = [*(wanted(config) if data else [config.key]), *([config.table.target] if found.target else [])]
        places = {column: present.index(column) if column in present else None for column in columns}
        chunks = result.partitions()
        row = 1
        while True:
            with self._told(f"source.{name}"):
                chunk = next(chunks, ())
            if not chunk and row > 1:
                return
            rows = _as_text(name, places, chunk)
            yield part_of(rows, config, day=self.run.day, file=name, row=row, number=row if data else None)
            if not chunk:
                return
            row += len(chunk)

    @contextmanager
    def _connection(self) -> Iterator[Connection]:
        from sqlalchemy import NullPool, create_engine
        from sqlalchemy.exc import NoSuchModuleError

        try:
            engine = create_engine(self.url, poolclass=NullPool)
        except (NoSuchModuleError, ImportError) as error:
            raise ConfigError(
                f"{URL_FILE}: no driver for {self.url.drivername!r} in this image ({error}); "
                "postgresql and sqlite work, for others add the driver to services/generate/requirements.in"
            ) from None
        with self._told(None):
            connection = engine.connect()
        with connection:
            yield connection

    @contextmanager
    def _told(self, what: str | None) -> Iterator[None]:
        """Turn the database's errors into ours; `what` is None while connecting."""
        from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, SQLAlchemyError

        try:
            yield
        except SQLAlchemyError as error:
            said = " ".join(str(error.orig if isinstance(error, DBAPIError) else error).split())
            for secret in (self.url.password, self.url.query.get("password")):
                said = said.replace(str(secret), "***") if secret else said
            # SQLite calls a wrong query an operational error too; a server's are about the connection
            lost = isinstance(error, InterfaceError | OperationalError) and self.url.get_backend_name() != "sqlite"
            if what is None or lost:
                raise Unavailable(f"database {self.database}: does not answer: {said}") from None
            raise ConfigError(f"{what}: the database refuses it: {said}; mend it in pipeline.toml") from None


def _url() -> URL:
    from sqlalchemy import make_url
    from sqlalchemy.exc import ArgumentError

    path = Path(os.environ.get(URL_FILE, "/run/secrets/sql_url"))
    what = "the database's URL, as postgresql://user:password@host:5432/name"
    try:
        text = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise MissingInput(f"{URL_FILE}: {path} must be a file with {what}, got none; write it") from None
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # the text is a secret, and so is the error that quotes a part of it
        raise ConfigError(f"{URL_FILE}: {path} must hold {what} (an @ in it as %40), got no URL") from None
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
        if "connect_timeout" not in url.query:  # the driver's own default is to wait for minutes
            url = url.update_query_dict({"connect_timeout": CONNECT_SECONDS})
    return url


def _public(url: URL) -> str:
    """The URL as messages and manifests write it: without user, password, and options that may hold one too."""
    from sqlalchemy import URL

    return str(URL.create(url.drivername, host=url.host, port=url.port, database=url.database))


def _as_text(name: str, places: dict[str, int | None], chunk: Any) -> pa.RecordBatch:
    import pyarrow as pa

    columns = list(zip(*chunk, strict=True)) if chunk else []
    return pa.RecordBatch.from_pydict(
        {
            column: pa.array(
                [None] * len(chunk)
                if place is None
                else [_text(name, column, value) for value in (columns[place] if columns else ())],
                pa.string(),
            )
            for column, place in places.items()
        }
    )


def _text(name: str, column: str, value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, bytes | memoryview | list | dict):
        raise DataError(
            f"source.{name}: column {column!r} must hold plain values, got a {type(value).__name__}; "
            "cast it to text in the query, or leave it out"
        )
    return str(value)
