"""Preprocess one day: decide whether there is anything to do, and do it."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import msgspec

from contract.config import GROUP, Config
from contract.datasets.arrival import together
from contract.datasets.dataset import Dataset
from contract.datasets.observed import Observed
from contract.due.arrived import answers, is_empty
from contract.errors import DataError, MissingInput
from contract.steps.run import Run

log = logging.getLogger("preprocess")

PLAIN = {"decimal": ".", "thousands": None}


def work(run: Run) -> None:
    """Write processed/<day>.

    Raises MissingInput without raw data, DataError when a column is missing, when its labels are other rows', or when
    too many of its rows break a rule. A day without rows is one that has none on purpose: generate sees to that.
    """
    data, target = opened(run)
    inputs = [dataset.as_input(run.root) for dataset in (data, target) if dataset is not None]
    absent = () if target or is_empty(data.manifest) else (run.layout.name(run.layout.raw_target(run.day)),)
    recipe = run.recipe(_settings(run.config), *inputs, observed=Observed(absent=absent))
    if run.up_to_date(run.layout.processed(run.day), recipe):
        return
    must_fit(run, data, target)
    if run.dry_run is not None:
        run.dry_run.would_write(run, run.layout.processed(run.day), recipe, **_foreseen(run.config, data, target))
        return
    from preprocess.check import check  # noqa: PLC0415 - only a day that is due loads the libraries

    check(run, recipe, data, target)


def opened(run: Run) -> tuple[Dataset, Dataset | None]:
    """The day's rows, and its labels where it has any."""
    data = Dataset.open(run.layout.raw_data(run.day))
    # labels that a day had before it was said to have no rows are nobody's
    return data, None if is_empty(data.manifest) else _labels(run, data)


def must_fit(run: Run, data: Dataset, target: Dataset | None) -> None:
    """Raise DataError where rows or labels are not those that `pipeline.toml` asks for."""
    _columns_there(run, data)
    if target is not None:
        _labels_fit(run, data, target)


def _foreseen(config: Config, data: Dataset, target: Dataset | None) -> dict[str, Any]:
    """What the manifest will say, but for the rows that are going to be rejected."""
    rows = data.manifest.counts.get("rows_in", data.manifest.counts.get("rows_out"))
    labels = [config.table.target] if target is not None else []
    counts = {"rows_in": rows, "rows_out": rows} if rows is not None else {}
    return {"columns": [config.key, *config.kept, *labels, "split", GROUP], "counts": counts}


def _needed(config: Config) -> list[str]:
    return [name for name in dict.fromkeys([config.key, config.group, *config.kept]) if name is not None]


def _committed(path: Path) -> Dataset | None:
    try:
        return Dataset.open(path)
    except MissingInput:
        return None


def _labels(run: Run, data: Dataset) -> Dataset | None:
    """The day's labels; None where the rows were read again for another target, of which none has come."""
    target = _committed(run.layout.raw_target(run.day))
    if target is None or answers(run.config, target.manifest) or not answers(run.config, data.manifest):
        return target
    log.warning(
        "%s: has labels of %s alone, and pipeline.toml asks for %s by %s: the day has none yet",
        run.layout.name(target.path),
        target.manifest.settings.get("target"),
        run.config.table.target,
        run.config.key,
    )
    return None


def _settings(config: Config) -> dict[str, Any]:
    columns = [{"name": name, **msgspec.to_builtins(column)} for name, column in config.columns.items()]
    # a list: the order of the columns decides which rule is named first, and the order in the rows
    settings = {"table": msgspec.to_builtins(config.table), "columns": columns}
    # slices that no model sees are written as well; without any, a day stays what it was
    slices = [name for name in config.kept if name not in config.features]
    settings |= {"slices": slices} if slices else {}
    marks = {name: getattr(config.source, name, None) for name in ("decimal", "thousands")}
    settings |= {"numbers": marks} if marks not in ({"decimal": None, "thousands": None}, PLAIN) else {}
    # whose wall clock the dates are of
    dated = any(config.columns[name].type == "datetime" for name in config.kept)
    return settings | ({"timezone": config.schedule.timezone} if dated else {})


def _labels_fit(run: Run, data: Dataset, target: Dataset) -> None:
    """Raise DataError for labels that were brought for other rows, another key or another target."""
    name, config = run.layout.name(target.path), run.config
    way_out = f"generate the day again, or delete {name} to go on without labels"
    there = [field.name for field in target.manifest.schema]
    if missing := [column for column in (config.key, config.table.target) if column not in there]:
        raise DataError(
            f"{name}: must have the key and the target of pipeline.toml, without {', '.join(missing)}; "
            f"it has {', '.join(there)}; {way_out}"
        )
    if config.table.key is None and not together(data.manifest, target.manifest):
        raise DataError(
            f"{name}: without table.key labels belong to rows by their number, so both must be read together, "
            f"and these were not read with {run.layout.name(data.path)}; {way_out}"
        )


def _columns_there(run: Run, data: Dataset) -> None:
    there = [field.name for field in data.manifest.schema]
    # a column that no model sees may be away; where it is there, its rules hold
    if missing := [name for name in _needed(run.config) if name not in there]:
        raise DataError(
            f"{run.layout.name(data.path)}: must have the key, the group, every feature and every slice of "
            f"pipeline.toml, without {', '.join(missing)}; it has {', '.join(there)}; mend the data, run generate "
            "for the day again if the source has it by now, or take the column out of [columns]"
        )
