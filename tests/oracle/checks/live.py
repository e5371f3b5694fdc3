"""How good predictions turned out, once their labels are known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from checks import product
from plain import models
from plain.rows import Refusal

if TYPE_CHECKING:
    from checks.story import Story
    from faults.steps import Outcome
    from plain.mirror import Predicted


def reasons_against(story: Story, day: str) -> list[Refusal]:
    """Why predictions cannot be held against labels."""
    mirror, settings = story.mirror, story.settings
    if day not in mirror.predictions:
        return [Refusal(66, "no predictions")]
    if day not in mirror.days or not mirror.days[day].labelled:
        return [Refusal(66, "no labels")]
    predicted = mirror.predictions[day]
    reasons = [Refusal(65, "processed under other settings")] if mirror.stale([day]) else []
    if not predicted.model.answers(settings):
        reasons.append(Refusal(65, "the model answers another question"))
    if reasons or part_of(story, day) == "none":
        return reasons
    if predicted.damaged:
        return [Refusal(65, "the predictions are damaged")]
    if predicted.settings.key != settings.key:
        reasons.append(Refusal(65, "predicted by another key"))
    if (predicted.settings.question, set(predicted.settings.asked)) != (settings.question, set(settings.asked)):
        reasons.append(Refusal(65, "predicted for another question"))
    return reasons or unjoinable(story, day)


def unjoinable(story: Story, day: str) -> list[Refusal]:
    """Why predictions and labels do not belong together."""
    predicted = story.mirror.predictions[day]
    both = joined(story, predicted, day, part_of(story, day))
    if both.empty:
        return [Refusal(65, "no predicted row has a label")]
    if story.settings.key is None and not same_rows(story, predicted, day, both):
        return [Refusal(65, "a number is another row's by now")]
    return []


def part_of(story: Story, day: str) -> str:
    """Which rows of a predicted day its model was not fitted on: "all", those of the "test" part, or "none" surely."""
    model = story.mirror.predictions[day].model
    if not model.fitted_on(day):
        return "all"
    other = model.settings.split != story.settings.split or story.mirror.moved(model, [day])
    return "none" if other else "test"


def monitor(story: Story, day: str) -> Outcome:
    """Score a day's predictions on demand."""
    reasons = reasons_against(story, day)
    outcome = story.run("validate", "monitor", day=day)
    if reasons and outcome.code == 0 and story.mirror.predictions[day].damaged:
        # measured before it was damaged, and not read again
        assert product.content(story.root / "reports" / "live" / day, "live") == story.live[day]
        return outcome
    if story.agree(outcome, reasons):
        check(story, day)
    return outcome


def check(story: Story, day: str) -> None:
    """The scores are those of these predictions by the labels that are there now, of rows that the model never saw."""
    settings, mirror = story.settings, story.mirror
    report = product.content(story.root / "reports" / "live" / day, "live")
    if mirror.predictions[day].damaged and report == story.live.get(day):
        return  # measured before the file was damaged
    story.live[day] = report
    reasons, part = reasons_against(story, day), part_of(story, day)
    if reasons or part == "none":
        assert (report["part"], report["rows"]) == ("none", 0), f"live metrics of {day}, though {reasons or part}"
        assert set(report["metrics"].values()) <= {None}
        assert report["refused"] == bool(reasons), f"{report['why']}"
        return
    assert report["part"] == part, f"live metrics of {day} are of {report['part']}, must be of {part}: {report['why']}"
    both = joined(story, mirror.predictions[day], day, part)
    truth, found, answers = scored(both, story)
    assert report["rows"] == len(truth), f"live metrics of {report['rows']} rows, must be {len(truth)}"
    for metric, theirs in report["metrics"].items():
        ours = models.measured(metric, truth, found, answers, settings)
        assert models.same(ours, theirs), f"live {metric} of {day} is {theirs}, must be {ours}"


def check_all(story: Story, until: str) -> None:
    """After a judgement: of every predicted day up to it whose labels are there."""
    mirror = story.mirror
    for day in mirror.predictions:
        if day <= until and day in mirror.days and mirror.days[day].labelled:
            check(story, day)


def joined(story: Story, predicted: Predicted, day: str, part: str) -> pd.DataFrame:
    """The predictions whose row has a label, with `truth`, joined by their key."""
    settings = story.settings
    key = settings.key or "row_key"
    rows = story.mirror.days[day].rows
    rows = rows if part == "all" else rows[rows["split"] == "test"]
    known = {name: label for name, label in zip(rows[key], rows[settings.target], strict=True) if label is not None}
    table = predicted.table[[name in known for name in predicted.table[key]]]
    return table.assign(truth=pd.Series([known[name] for name in table[key]], dtype=object, index=table.index))


def same_rows(story: Story, predicted: Predicted, day: str, both: pd.DataFrame) -> bool:
    """Whether numbered rows are still those that were predicted."""
    names = list(predicted.settings.features)
    now, then = story.mirror.days[day].rows.set_index("row_key"), predicted.rows.set_index("row_key")
    if not set(names) <= set(now.columns):
        return False
    return bool(now.loc[both["row_key"], names].equals(then.loc[both["row_key"], names]))


def scored(both: pd.DataFrame, story: Story) -> tuple[list[Any], models.Array, list[Any]]:
    """Truth, scores and answers."""
    settings, truth = story.settings, list(both["truth"])
    if settings.task == "regression":
        numbers = np.array([float(value) for value in both["prediction"]])
        return truth, numbers, list(numbers)
    if settings.task == "binary":
        positive = np.array([float(value) for value in both["score"]])
        columns = [positive if word == settings.positive else 1 - positive for word in settings.asked]
    else:
        columns = [np.array([float(value) for value in both[f"score_{word}"]]) for word in settings.asked]
    return truth, np.column_stack(columns), [str(value) for value in both["prediction"]]
