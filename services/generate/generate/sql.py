"""A database as a source: `source.kind = "sql"`. `query_rows` reads its rows."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError

from contract.config.source import Sql
from contract.datasets.recipe import Recipe
from contract.errors import ConfigError, MissingInput
from contract.steps.run import Run
from generate.columns import wanted

URL_FILE = "MICROSTEP_SQL_URL_FILE"
CONNECT_SECONDS = "10"


@dataclass(frozen=True)
class Database:
    """Where queries go."""

    url: URL
    database: str
    """The URL as messages write it."""

    @classmethod
    def declared(cls) -> Database:
        """The one whose URL the secret file holds. Raises MissingInput without it, ConfigError for what is no URL."""
        url = _url()
        return cls(url, _public(url))

    @property
    def has_clock(self) -> bool:
        """Whether its sessions have a time zone, which decides the day of a moment."""
        return self.url.drivername == "postgresql+psycopg"


class Query:
    """The queries of one day.

    What a database holds cannot be hashed before it is read: a day is up to date as long as its
    dataset is there and the queries, the database, its clock and the code are the same; `--force` reads again.
    """

    def __init__(self, run: Run) -> None:
        """Raises MissingInput or ConfigError when the database's URL is not there or no URL."""
        assert isinstance(run.config.source, Sql)
        self.run, self.source = run, run.config.source
        self.at = Database.declared()
        self.rows = None
        self.data = self._recipe(self.source.query)
        self.target = self._recipe(self.source.target_query or self.source.query)

    def _recipe(self, query: str) -> Recipe:
        config = self.run.config
        clock = {"timezone": config.schedule.timezone} if self.at.has_clock else {}
        return self.run.recipe(
            {
                **clock,
                "source": {"kind": "sql", "database": self.at.database, "query": query},
                "columns": wanted(config),
                "key": config.table.key,
                "target": config.table.target,
                "missing_values": list(config.table.missing_values),
            }
        )


def _url() -> URL:
    path = Path(os.environ.get(URL_FILE, "/run/secrets/sql_url"))
    content = "the database's URL, as postgresql://user:password@host:5432/name"
    try:
        text = path.read_text(encoding="utf-8").strip()
    except FileNotFoundError:
        raise MissingInput(f"{URL_FILE}: {path} must be a file with {content}, got none; write it") from None
    try:
        url = make_url(text)
    except (ArgumentError, ValueError):
        # the text is a secret, and so is the error that quotes a part of it
        raise ConfigError(f"{URL_FILE}: {path} must hold {content} (an @ in it as %40), got no URL") from None
    if url.drivername in ("postgres", "postgresql"):
        url = url.set(drivername="postgresql+psycopg")
        if "connect_timeout" not in url.query:  # the driver's own default is to wait for minutes
            url = url.update_query_dict({"connect_timeout": CONNECT_SECONDS})
    return url


def _public(url: URL) -> str:
    """The URL as messages and manifests write it: without user, password, and options that may hold one too."""
    return str(URL.create(url.drivername, host=url.host, port=url.port, database=url.database))
