"""Decide for which predicted days live metrics are due: their target has arrived since they were predicted."""

from __future__ import annotations

import logging
from dataclasses import replace
from datetime import timedelta
from typing import Any

import msgspec

from analysis.record.processed_for import rules
from analysis.record.row_split import split
from analysis.record.trained_for import question
from contract.config import Config
from contract.datasets.dataset import Dataset, current
from contract.datasets.manifest import Manifest
from contract.days import parse_day
from contract.errors import DataError, MissingInput, UsageError
from contract.os_errors import explain
from contract.steps.run import Run

MARGIN_DAYS = 60
"""Beyond training.target_delay_days, how far back a validation looks for predictions whose target has arrived.

A day that is measured already costs it a look at three manifests.
"""

log = logging.getLogger("validate")


class TargetUnknown(MissingInput):
    """The labels of a day have not arrived yet."""


class NoRows(TargetUnknown):
    """A day without rows, on purpose: no labels will come."""


def update_live_metrics(run: Run) -> None:
    """Write reports/live of all days up to the run's whose target has arrived, as far back as it can be on time.

    A day that cannot be measured is marked as such and named: it stops neither the others nor the judgement.
    """
    back = run.config.training.target_delay_days + MARGIN_DAYS
    earliest = run.date - run.config.schedule.first_day
    first = (run.date - min(timedelta(days=back), earliest)).isoformat()
    failed, written = [], False
    for path in sorted((run.root / "predictions").glob("*/manifest.json")):
        try:
            day = parse_day(path.parent.name)
        except UsageError:
            continue  # somebody's own directory
        if first <= day.isoformat() <= run.day:
            try:
                error, new = _work(replace(run, date=day, force=False), explicit=False)
                written |= new
            except TargetUnknown:
                continue
            except OSError as failure:  # of its report
                error = failure
                log.warning("reports/live/%s: %s", day, explain(failure, str(run.root)))
            if error is not None:
                failed.append(day.isoformat())
    if written:
        _list(run)
    if failed:
        log.warning(
            "live metrics: %d of the predicted days are not measured (%s); for the reason and the remedy, run: "
            "validate monitor --day %s",
            len(failed), ", ".join(failed), failed[-1],
        )  # fmt: skip


def monitor(run: Run) -> None:
    """Write reports/live of one day.

    Raises MissingInput when there are no predictions, or no target yet, and what keeps the day from being measured.
    """
    if not run.layout.predictions(run.day).is_dir():
        raise MissingInput(f"predictions/{run.day}: no predictions of this day; run predict --day {run.day} first")
    try:
        error, written = _work(run, explicit=True)
    except NoRows as reason:
        log.info("%s", reason)
        return
    if written:
        _list(run)
    if error is not None:
        raise error


def _list(run: Run) -> None:
    """Write the page that lists all reports: nothing else may be due that would."""
    from analysis.pages import index

    index.write(run.layout)


def _work(run: Run, *, explicit: bool) -> tuple[Exception | None, bool]:
    """Bring reports/live of a day up to date. What keeps it from being measured, None when it was; whether it is new.

    `explicit`: say so when the metrics are there already. Raises TargetUnknown before there are labels.
    """
    settings = _settings(run.config)
    try:
        predictions, rows = Dataset.open(run.layout.predictions(run.day)), _labelled(run)
        recipe = run.recipe(settings, predictions.as_input(run.root), rows.as_input(run.root))
        manifest = run.up_to_date(run.layout.report("live", run.day), recipe, explicit=explicit)
        if manifest is not None:
            return _refusal(manifest), False
        if run.dry_run is not None:
            run.dry_run.would_write(run, run.layout.report("live", run.day), recipe)
            return None, False
        # only now the libraries: most days are up to date
        from validate.live.metrics import measure, publish

        live = measure(run.layout, predictions, rows, run.config)
    except TargetUnknown:
        raise
    except (DataError, MissingInput, OSError) as error:
        reason = explain(error, str(run.root)) if isinstance(error, OSError) else str(error)
        # the reason in place of inputs: what is damaged has no identity, and is measured as soon as it is mended
        recipe = run.recipe(settings | {"reason": reason})
        new = current(run.layout.report("live", run.day), recipe) is None
        if new and run.dry_run is not None:
            run.dry_run.would_write(run, run.layout.report("live", run.day), recipe)
            return error, False
        if new:
            from validate.live.metrics import publish, unmeasured

            publish(run, recipe, unmeasured(run.day, run.config, reason))
        return error, new
    return _refusal(publish(run, recipe, live)), True


def _labelled(run: Run) -> Dataset:
    """The processed day. Raises TargetUnknown when it is not there, or has no target, NoRows for one without rows."""
    try:
        rows = Dataset.open(run.layout.processed(run.day))
        # of a day that was made for another target, that one: it is told of, not taken for one without labels
        target = rows.manifest.settings.get("table", {}).get("target", run.config.table.target)
        known = target in {field.name for field in rows.manifest.schema}
        empty = not rows.rows()
    except MissingInput:
        known = empty = False
    if empty:
        raise NoRows(f"processed/{run.day}: a day without rows: there is nothing to measure")
    if not known:
        raise TargetUnknown(
            f"processed/{run.day}: {run.config.table.target!r} is not known yet; bring the labels, "
            f"then run generate and preprocess for this day"
        )
    return rows


def _refusal(report: Manifest) -> DataError | None:
    return DataError(report.notes["why"]) if report.notes.get("refused") else None


def _settings(config: Config) -> dict[str, Any]:
    """The part of the configuration that decides the metrics."""
    return {
        "key": config.key,
        "split": msgspec.to_builtins(split(config)),
        # a day that they do not fit any more is not measured, also if it was before
        "rules": rules(config),
        **question(config),
        "metric": config.training.metric,
        "minimums": sorted(config.gate.minimums),
        "seed": config.training.seed,
        "false_alarms": config.drift.false_alarms,
        **{name: getattr(config.gate, name) for name in ("confidence", "resamples", "slice_margin")},
    }
