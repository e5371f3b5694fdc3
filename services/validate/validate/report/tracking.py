"""Tell MLflow about a judgement, in the run of the training that it judges: one run for all of it."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping

from mlflow import MlflowClient
from mlflow.exceptions import MlflowException
from requests import RequestException

from contract.models.registry import failed_call
from contract.pretty_json import pretty_json
from validate.evaluation.compare import Report

log = logging.getLogger("validate")

_TAG = 5000
"""Characters that MLflow takes in a tag."""


def track(run_id: str, report: Report, html: str, plots: Mapping[str, str]) -> None:
    """Log metrics, verdict, page and plots; repeating it changes nothing. Raises Unavailable if the server fails.

    A registry that was reset does not know the run: a warning says so, the judgement is in the report all the same.
    """
    client = MlflowClient()
    try:
        if not _is_there(client, run_id):
            log.warning("MLflow: the training's run %s is not there any more: the judgement is not logged", run_id)
            return
        for name, value in metrics(report).items():
            client.log_metric(run_id, name, value)
        client.set_tag(run_id, "decision", report.decision)
        client.set_tag(run_id, "why", report.why[:_TAG])
        client.log_text(run_id, pretty_json(report).decode(), "report/verdict.json")
        client.log_text(run_id, html, "report/report.html")
        for name, svg in plots.items():
            client.log_text(run_id, _standalone(svg), f"plots/{name}.svg")
    except (MlflowException, RequestException) as error:
        raise failed_call(error, f"while the judgement was logged to run {run_id}") from None


def _is_there(client: MlflowClient, run_id: str) -> bool:
    try:
        return client.get_run(run_id).info.lifecycle_stage == "active"
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return False
        raise


def metrics(report: Report) -> dict[str, float]:
    """Every score of both models, and the ends of the differences' intervals."""
    scores: dict[str, float | None] = {}
    for measure in report.measures:
        scores[f"test.{measure.name}"] = None if measure.challenger is None else measure.challenger.value
        scores[f"champion.{measure.name}"] = None if measure.champion is None else measure.champion.value
        if measure.difference is not None:
            scores[f"difference.{measure.name}"] = measure.difference.value
            scores |= {f"difference.{measure.name}.{end}": getattr(measure.difference, end) for end in ("low", "high")}
    scores["test.rows"] = float(report.rows)
    return {name: value for name, value in scores.items() if value is not None and math.isfinite(value)}


def _standalone(svg: str) -> str:
    """With colours of its own: outside a page there are no variables."""
    style = "svg{--ink:#1c2430;--soft:#5b6676;--line:#d5dbe3;--one:#2563eb;--two:#d97706;--paper:#fff;background:#fff}"
    head, _, rest = svg.partition(">")
    return f"{head}><style>{style}</style>{rest}"
