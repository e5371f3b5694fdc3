"""Generate one day: decide whether its source has anything new, and bring that in."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from contract.config.source import Files, Sql, asks_for_day
from contract.datasets.arrival import together
from contract.datasets.dataset import current
from contract.datasets.files import check
from contract.due.arrived import committed, is_empty
from contract.errors import DataError
from contract.steps.run import Run
from generate.columns import has_needed
from generate.synthetic import Customers

if TYPE_CHECKING:
    from pathlib import Path

    from contract.datasets.manifest import Manifest
    from contract.datasets.recipe import Recipe
    from generate.inbox import Inbox
    from generate.sql import Query

log = logging.getLogger("generate")


def work(run: Run) -> None:
    """Bring raw/<day>/data, and raw/<day>/target once there are labels, up to date with the source.

    Labels of many days go to theirs on the way; what is wrong with them is told once the day's rows are in.

    Raises MissingInput when nothing has arrived, NotYet for a query without rows where none were announced, DataError
    for what cannot be used, ConfigError for a source that does not fit, Unavailable for a database that does not
    answer.
    """
    _bring(run)
    if not isinstance(run.config.source, Files) or not run.layout.labels.is_dir():
        return
    if run.dry_run is not None:
        from generate.labels.news import foreseen  # noqa: PLC0415 - only where there are such labels

        if files := foreseen(run.layout, run.config):
            why = f"not yet read for these rows, table.key and table.target: {', '.join(files)}"
            run.dry_run.would("generate", "give the labels of inbox/labels to their days", why)
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
    due = {name: recipe for name, recipe in recipes.items() if _is_due(run, paths[name], recipe)}
    held = _held_by_another(run, paths["data"], due["data"]) if "data" in due else _held(run, paths["data"])
    if held is not None and "data" not in due:
        due |= {"data": recipes["data"]} | ({} if run.config.table.key else recipes)
    if run.config.table.key is None and (due or not _of_one_arrival(paths)):
        if due != recipes:
            log.info("raw/%s: rows are numbered (no table.key), so rows and labels are read together", run.day)
        due = recipes
    if due and run.dry_run is not None:
        from generate.plans.foreseen import tell  # noqa: PLC0415 - only a dry run tells

        tell(run, run.dry_run, source, due)
        return
    rows = _read(run, source, due, held) if due else {}
    if _without_rows(paths["data"]):
        log.info("raw/%s: a day without rows, which needs no labels", run.day)
    elif "target" not in recipes or rows.get("target") == 0:
        earlier = "; the earlier ones stay" if paths["target"].exists() else ""
        log.warning("raw/%s: no labels yet%s", run.day, earlier)


def _read(run: Run, source: Customers | Inbox | Query, due: dict[str, Recipe], held: Manifest | None) -> dict[str, int]:
    """Write the datasets that are due; the number of rows of each."""
    from generate.ingest import ingest  # noqa: PLC0415 - only a day that is due loads the libraries

    rows = {}
    if "target" in due and _labels_of_all_days(run):
        from generate.labels.undated import check_apart  # noqa: PLC0415 - the same

        if "data" in due:
            rows = ingest(run, source, {"data": due["data"]}, held)
        due = {"target": due["target"]} if held is None or _takes_labels(run) else {}
        if due:
            check_apart(run.layout, run.config, run.day)
    return rows | (ingest(run, source, due, held if "data" in due else None) if due else {})


def _labels_of_all_days(run: Run) -> bool:
    """Whether labels come from a query that does not ask for those of a day."""
    source = run.config.source
    return isinstance(source, Sql) and source.target_query is not None and not asks_for_day(source.target_query)


def _is_due(run: Run, path: Path, recipe: Recipe) -> bool:
    """Whether a dataset is to be made: what a query gives can have changed though its recipe has not."""
    source = run.config.source
    if isinstance(source, Sql):
        if path == run.layout.raw_target(run.day):
            return not _labels_stay(run)
        if not source.allow_empty and _without_rows(path):
            return True
        return run.force or current(path, recipe) is None
    return run.up_to_date(path, recipe) is None


def _held(run: Run, path: Path) -> Manifest | None:
    """The rows of a query that are up to date and stay, unless there are more by now: then it was asked too early."""
    if not isinstance(run.config.source, Sql) or (run.config.table.key is None and not _labels_stay(run)):
        return None
    return committed(path)


def _held_by_another(run: Run, path: Path, recipe: Recipe) -> Manifest | None:
    """The intact rows of a database by another recipe: it may have lost some of them since."""
    data = committed(path)
    if run.force or data is None or is_empty(data) or data.settings.get("source", {}).get("kind") != "sql":
        return None
    if not isinstance(run.config.source, Sql) or data.fingerprint == recipe.fingerprint:
        return None
    try:
        for file in data.files:
            check(path, file)
    except DataError as error:
        log.warning("%s", error)
        return None
    return data


def _takes_labels(run: Run) -> bool:
    """Whether the day's rows can have labels: rows that stay may have been read for another key."""
    data = committed(run.layout.raw_data(run.day))
    return data is not None and has_needed(run.config, data)


def _labels_stay(run: Run) -> bool:
    """Whether no other labels are taken from the database where it has no more rows.

    Rows that only have a number are replaced with their labels, so that is done only while a label lacks.
    """
    if run.config.table.key is not None or run.force:
        return False
    data, target = (committed(path) for path in (run.layout.raw_data(run.day), run.layout.raw_target(run.day)))
    return data is not None and target is not None and target.counts["rows_out"] >= data.counts["rows_out"]


def _without_rows(path: Path) -> bool:
    data = committed(path)
    return data is not None and is_empty(data)


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
    data, target = (committed(paths[name]) for name in ("data", "target"))
    return data is None or target is None or together(data, target)
