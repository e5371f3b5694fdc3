"""A day's judgement, from the two models and the test rows to the champion.

What a promotion changes, in this order: a line of the ledger, the alias in the registry, the pointer,
last the manifest of the report. A run that is killed in between is finished by the next one: see `champion.store`.
"""

from __future__ import annotations

import logging
import time
from dataclasses import replace
from typing import Any

import msgspec

from analysis.pages import index
from analysis.record.trained_for import misfit, trained_for
from contract.datasets.dataset import Dataset
from contract.datasets.manifest import Input, Manifest
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.errors import DataError
from contract.models.champion import Champion
from contract.models.ledger import Line, read
from contract.pretty_json import pretty_json
from contract.steps.run import Run
from validate.champion.ledger import anchor_of, append, predecessor
from validate.champion.store import ChampionStore
from validate.evaluation.compare import Report, compare
from validate.evaluation.golden import golden_rows
from validate.evaluation.score_reference import score_reference
from validate.live.metrics import fallen, read_live_metrics
from validate.measures.metrics import metric_names
from validate.report.training_report import training_report

log = logging.getLogger("validate")


def check_before(run: Run, model: Dataset) -> tuple[Champion, str, list[str]]:
    """Refuse what can be refused before a row is read; returns challenger, metric and all scores to compute.

    Raises DataError for a model that was trained for another target, ConfigError for scores that do not suit the task.
    """
    challenger = Champion.of(run.layout.name(model.path), model.manifest)
    if reason := misfit(run.layout, challenger, run.config):
        raise DataError(f"models/{run.day}: {reason}; train it for that: run train --day {run.day}")
    metric = model.manifest.notes["metric"]
    return challenger, metric, metric_names(run.config, metric)


def judge(
    run: Run, recipe: Recipe, model: Dataset, days: list[Dataset], store: ChampionStore, before: Champion | None
) -> Manifest:
    """Compare a model with the champion `before`, write reports/train/<day>, and change the champion if it passes.

    Inside `champion_lock` only. Raises DataError for a model that was trained for another target, what reading the
    models and the rows raises, ConfigError for scores that do not suit the task, Unavailable when the registry fails.
    """
    started = time.monotonic()
    directory = run.layout.report("train", run.day)
    challenger, metric, names = check_before(run, model)
    lines = read(run.layout.ledger)
    served, in_use = before, before is not None and _is_the_same(run, before, challenger)
    if before is not None and in_use:
        # promoted by a run that was killed before it could say so, or judged again: the rival is the one before
        before = predecessor(lines, before)
    anchor = None if before is None else anchor_of(lines, before)

    constants = model.manifest.notes.get("baseline")
    with DatasetWriter(directory, keep_superseded=True) as writer:
        comparison = compare(run.root, run.config, metric, names, challenger, before, days, anchor, constants)
        live = read_live_metrics(run.layout, run.day)
        if before is not None and (fall := fallen(live, before)):
            log.warning("%s", fall)
            comparison = replace(comparison, report=msgspec.structs.replace(comparison.report, live=fall))
        # as the training found it: what has come since is no part of the model
        if left_out := _card(model).get("window", {}).get("left_out"):
            known = {**comparison.report.window, "left_out": left_out}
            comparison = replace(comparison, report=msgspec.structs.replace(comparison.report, window=known))
        report = comparison.report
        writer.file("verdict", "verdict.json").write_bytes(pretty_json(report))
        html, plots = training_report(run, comparison, model, days, live, served)
        writer.file("page", "report.html").write_text(html)
        distribution = score_reference(
            comparison.model, comparison.challenger, days, report.window["judged"], run.config
        )
        writer.file("scores", "scores.json").write_bytes(msgspec.json.encode(distribution) + b"\n")
        if report.decision in ("promoted", "proposed"):
            assert comparison.sample is not None, "the gate accepts no model without test rows"
            writer.write(golden_rows(comparison.model, comparison.sample, run.config), role="golden")
        notes = {"decision": report.decision, "why": report.why, "metric": metric}
        sealed = writer.seal(recipe, {"test_rows": report.rows}, notes)
        if store.registered and (mlflow_run := model.manifest.run.get("mlflow_run")):
            # only who has a registry pays for its package, which reads the log-in when it is imported
            from validate.report.tracking import track

            track(mlflow_run, report, html, plots)
        line = _line(run, report, challenger, before, sealed)
        # a promotion is only believed with its golden rows in place: commit puts files first, the manifest last
        writer.place(sealed)
        if report.decision == "promoted":
            store.change(line)
        else:
            append(run.layout.ledger, line)
        seconds = time.monotonic() - started
        manifest = writer.commit(sealed, run=run.provenance(seconds=seconds))
    index.write(run.layout)
    if in_use and report.decision in ("refused", "undecided"):
        log.warning(
            "models/%s: is the champion, and stays in use though this judgement is %s; to go back: validate rollback",
            run.day,
            report.decision,
        )
    log.info("models/%s: %s on %d test rows, in %.1f s: %s", run.day, report.decision, report.rows, seconds, report.why)
    return manifest


def _is_the_same(run: Run, champion: Champion, challenger: Champion) -> bool:
    """Whether a challenger is the champion itself: the same file, with which nothing can be compared.

    Also where the day was trained again since, with a candidate more that lost, say. Not where it is of an earlier day,
    or answers another question now: a file does not know which class is the positive one.
    """
    if champion.sha256 != challenger.sha256 or challenger.day < champion.day:
        return False
    about = trained_for(run.layout, champion)
    return about is None or about.other_question(run.config) is None


def _card(model: Dataset) -> dict[str, Any]:
    content: dict[str, Any] = msgspec.json.decode(model.file("card").read_bytes())
    return content


def _line(run: Run, report: Report, challenger: Champion, before: Champion | None, sealed: Manifest) -> Line:
    """The ledger's line of a judgement."""
    golden = sealed.named("golden")
    drawn = next((measure.challenger for measure in report.measures if measure.name == report.metric), None)
    directory = run.layout.name(run.layout.report("train", run.day))
    return Line(
        decision=report.decision,  # type: ignore[arg-type]
        why=report.why,
        day=run.day,
        before=before,
        model=challenger,
        metrics={
            "metric": report.metric,
            "challenger": report.challenger.metrics,
            "interval": msgspec.to_builtins(drawn),
            "champion": report.champion and report.champion.metrics,
        },
        golden=Input(f"{directory}/{golden[0].path}", golden[0].sha256) if golden else None,
        anchor=None if report.anchor is None else report.anchor.next,
    )
