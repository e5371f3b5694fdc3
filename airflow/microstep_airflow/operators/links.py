"""Buttons on a step's page in Airflow: its report, its run in MLflow, the manifest of what it wrote."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast
from urllib.parse import quote

from airflow.sdk import BaseOperatorLink

from contract.errors import StepError
from contract.layout import MANIFEST, Layout
from microstep_airflow.alerts.step_reports import Report, tracked_run
from microstep_airflow.steps import STEPS, path_of

if TYPE_CHECKING:
    from airflow.sdk import BaseOperator
    from airflow.sdk.types import TaskInstanceKey

_REPORTS: dict[str, Literal["train", "predict"]] = {"validate": "train", "predict": "predict"}
_TRACKED = ("train", "validate")


class ReportLink(BaseOperatorLink):
    """The page that the step wrote about the day."""

    name = "Report"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002 - Airflow's own
        """Its address; empty where there is none, which shows no button."""
        of = cast("HasLinks", operator)
        try:
            page = Report.open(Path(of.data_root), _REPORTS[of.step], of.day).page
        except StepError:
            return ""
        return f"{of.pages}/{quote(page)}"


class RunLink(BaseOperatorLink):
    """The training's run in MLflow, which the judgement adds to."""

    name = "MLflow run"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002
        """Its address; empty where nothing was tracked, which shows no button."""
        of = cast("HasLinks", operator)
        run = tracked_run(Path(of.data_root), of.day)
        return f"{of.mlflow}/#/runs/{run}" if run else ""


class ManifestLink(BaseOperatorLink):
    """What the step wrote for the day, and what it made it from."""

    name = "Manifest"

    def get_link(self, operator: BaseOperator, *, ti_key: TaskInstanceKey) -> str:  # noqa: ARG002
        """Its address; empty where the step wrote nothing, which shows no button."""
        of = cast("HasLinks", operator)
        layout = Layout(Path(of.data_root))
        paths = (path_of(name, of.step, of.day, layout) for name in STEPS[of.step].writes)
        # what is of no day is somebody's who looks after all of them
        dataset = next(path for path in paths if of.day in path.relative_to(layout.root).parts)
        manifest = dataset / MANIFEST
        return f"{of.pages}/{quote(layout.name(manifest))}" if manifest.exists() else ""


class HasLinks:
    """An operator of a step, whose page in Airflow has the links for which an address is known."""

    step: str
    day: str
    data_root: str
    pages: str
    """The address at which the data root is to be seen; empty for none."""
    mlflow: str
    """The address of MLflow's pages; empty for none."""

    def links(self) -> tuple[BaseOperatorLink, ...]:
        """Of the step. No link to what nobody shows: each one is a row of Airflow's database for each day."""
        step, pages, mlflow = (_option(self, name) for name in ("step", "pages", "mlflow"))
        links: list[BaseOperatorLink] = [ReportLink()] if pages and step in _REPORTS else []
        links += [RunLink()] if mlflow and step in _TRACKED else []
        return (*links, *([ManifestLink()] if pages else ()))

    # Airflow declares an attribute, and takes a property for it, which it asks of a mapped operator, too
    operator_extra_links: Collection[BaseOperatorLink] = cast("Any", property(links))


def _option(operator: Any, name: str) -> str:
    """Of an operator, mapped or not."""
    return str(operator.partial_kwargs.get(name, "") if operator.is_mapped else getattr(operator, name))
