"""Generate one day: decide whether its source has anything new, and bring that in."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from contract.config.source import Files, Sql
from contract.datasets.arrival import together
from contract.datasets.manifest import read_manifest
from contract.errors import DataError, MissingInput
from contract.steps.run import Run
from generate.synthetic import Customers

if TYPE_CHECKING:
    from pathlib import Path

    from generate.inbox import Inbox
    from generate.sql import Query

log = logging.getLogger("generate")


def work(run: Run) -> None:
    """Bring raw/<day>/data, and raw/<day>/target once there are labels, up to date with the source.

    Labels of many days go to theirs on the way; what is wrong with them is told once the day's rows are in.

    Raises MissingInput when nothing has arrived, DataError for what cannot be used, ConfigError for a source that
    does not fit, Unavailable for a database that does not answer.
    """
    _bring(run)
    if not isinstance(run.config.source, Files) or not (run.root / "inbox" / "labels").is_dir():
        return
    from generate.labels.spread import spread  # noqa: PLC0415 - only where there are such labels

    changed, wrong = spread(run.layout, run.config)
    if run.day in changed:
        _bring(run)
    if others := sorted(changed - {run.day}):
        log.info("inbox/labels: new labels for %s: generate these days again", ", ".join(others))
    if wrong is not None:
        raise wrong


def _bring(run: Run) -> None:
    source = source_of(run)
    paths = {"data": run.layout.raw_data(run.day), "target": run.layout.raw_target(run.day)}
    recipes = {name: recipe for name in paths if (recipe := getattr(source, name)) is not None}
    due = {name: recipe for name, recipe in recipes.items() if run.up_to_date(paths[name], recipe) is None}
    if run.config.table.key is None and (due or not _of_one_arrival(paths)):
        if due != recipes:
            log.info("raw/%s: rows are numbered (no table.key), so rows and labels are read together", run.day)
        due = recipes
    rows = {}
    if due:
        from generate.ingest import ingest  # noqa: PLC0415 - only a day that is due loads the libraries

        rows = ingest(run, source, due)
    if "target" not in recipes or rows.get("target") == 0:
        earlier = "; the earlier ones stay" if paths["target"].exists() else ""
        log.warning("raw/%s: no labels yet%s", run.day, earlier)


def source_of(run: Run) -> Customers | Inbox | Query:
    """What `[source]` asks for. Each has the recipes of `data` and `target` (None without labels), and its `rows`.

    What a day of files or of a database is made from, only their own libraries can tell (a header, a URL).
    """
    if isinstance(run.config.source, Files):
        from generate.inbox import Inbox  # noqa: PLC0415 - loads Arrow

        return Inbox(run)
    if isinstance(run.config.source, Sql):
        from generate.sql import Query  # noqa: PLC0415 - loads SQLAlchemy

        return Query(run)
    return Customers(run)


def _of_one_arrival(paths: dict[str, Path]) -> bool:
    """Whether the day's rows and labels were read together; one of them alone contradicts nothing."""
    try:
        data, target = (read_manifest(paths[name]) for name in ("data", "target"))
    except (MissingInput, DataError):
        return True
    return together(data, target)
