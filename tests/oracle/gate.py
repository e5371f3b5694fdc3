"""What a judgement must come to: on which rows, with which scores, and who is champion after it."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import anchors
import live
import models
import pandas as pd
import product
import values
from mirror import Model, before
from rows import Refusal

if TYPE_CHECKING:
    from faults.steps import Outcome
    from story import Story


def reasons_against(story: Story, day: str) -> list[Refusal]:
    """Why a judgement must be refused."""
    mirror = story.mirror
    model = mirror.models.get(day)
    if model is None:
        return [Refusal(66, "no model of this day")]
    days, reasons = mirror.window(day)
    if not model.fits(mirror.settings):
        reasons.append(Refusal(65, "the model answers another question, or by other columns"))
    if model.settings.split != mirror.settings.split:
        reasons.append(Refusal(65, "the model was trained by another split"))
    seen = [*model.days, *model.held_out]
    if days and (seen[0], seen[-1]) != (days[0], days[-1]):
        reasons.append(Refusal(65, "the model was trained on another window"))
    return reasons


def validate(story: Story, day: str, *words: str) -> Outcome:
    """Judge a day's model; both must have the same scores on the same rows, none of which either model has seen."""
    reasons = reasons_against(story, day)
    lines = len(product.ledger(story.root))
    outcome = story.run("validate", *words, day=day)
    if story.agree(outcome, reasons, done=(0, 80)):
        new = product.ledger(story.root)[lines:]
        after_judgement(story, day, new, outcome.code)
        live.check_all(story, day)
    return outcome


def after_judgement(story: Story, day: str, new: list[dict[str, Any]], code: int) -> None:
    """Hold the judgement that stands against the oracle's, and take over who is champion."""
    verdict = product.content(story.root / "reports" / "train" / day, "verdict")
    assert (code == 0) == (verdict["decision"] in ("promoted", "proposed"))
    challenger = story.mirror.models[day]
    assert verdict["challenger"]["model"]["sha256"] == challenger.identity[0], "a judgement of another model stands"
    if not new:
        assert stands(story, day), "an old judgement stands, though its model, rows or rules are other ones now"
        return
    assert [line["decision"] for line in new] == [verdict["decision"]]
    story.judged[day] = basis(story, day)
    rival = rival_of(story, challenger)
    check_scores(story, verdict, challenger, rival)
    expected = decision(story, verdict, challenger, rival)
    assert verdict["decision"] == expected, f"must be {expected}: {verdict['why']}"
    if verdict["decision"] == "promoted":
        story.put_in_use(challenger, story.next_anchor[challenger])


def basis(story: Story, day: str) -> tuple[Any, ...]:
    """What a judgement is made from."""
    settings, mirror = story.settings, story.mirror
    days = settings.window_of(day)
    rules = settings.least_rows, settings.minimum, settings.margin, settings.require, settings.manual, settings.slices
    return (
        mirror.models[day].identity,
        settings.question,
        settings.asked,
        settings.threshold,
        settings.split,
        rules,
        [mirror.days[one].rows.to_json() for one in days],
    )


def stands(story: Story, day: str) -> bool:
    """Whether the last judgement of a day is still about what is there now."""
    return story.judged.get(day) == basis(story, day)


def rival_of(story: Story, challenger: Model) -> Model | None:
    """Whom a challenger is compared with: the champion, or who was it before, when it is judged again."""
    champion = story.mirror.champion
    if champion is None or champion.identity != challenger.identity:
        return champion
    return story.predecessor(champion)


def comparable(story: Story, rival: Model | None) -> bool:
    """Whether a champion can be scored on the rows of now."""
    settings = story.settings
    return rival is not None and rival.fits(settings) and rival.fraction_beside(settings) is not None


def judging(story: Story, challenger: Model, rival: Model | None) -> tuple[list[str], float]:
    """The days that judge, less those that the champion knows if enough are left, and of which test_fraction."""
    settings = story.settings
    days = list(challenger.held_out or settings.window_of(challenger.day))
    if rival is None or not comparable(story, rival):
        return days, settings.test_fraction
    fraction = rival.fraction_beside(settings)
    assert fraction is not None
    return less_known(story, challenger, rival, days), fraction


def less_known(story: Story, challenger: Model, other: Model, days: list[str]) -> list[str]:
    """Held-out days of the challenger's less those that another model was fitted on, as long as enough is left."""
    mirror, settings = story.mirror, story.settings
    left = [day for day in days if not other.fitted_on(day)]
    if not challenger.held_out or not left:
        return days
    labelled = pd.concat([mirror.days[day].rows[settings.target].dropna() for day in left])
    # a judgement on the days that are left must have rows enough, of the rarer classes, too
    counted = [len(labelled)]
    if settings.asked and len(labelled):
        counted.append(len(labelled) - labelled.value_counts().max())
    return left if min(counted) * settings.test_fraction >= settings.least_rows else days


def judged_rows(story: Story, challenger: Model, rival: Model | None) -> Any:
    """The labelled test rows that decide."""
    days, fraction = judging(story, challenger, rival)
    rows = story.mirror.labelled(days, "test")
    return rows[[values.is_test(group, fraction) for group in rows["_group"]]]


def check_scores(story: Story, verdict: dict[str, Any], challenger: Model, rival: Model | None) -> None:
    """The rows and every score of both models."""
    settings = story.settings
    rows = judged_rows(story, challenger, rival)
    assert verdict["rows"] == len(rows), f"judged on {verdict['rows']} rows, must be {len(rows)}"
    compared = verdict["champion"] is not None
    assert compared == comparable(story, rival), f"compared: {compared}, {verdict['not_compared']}"
    for name, model in (("challenger", challenger), ("champion", rival)):
        if model is None or verdict[name] is None:
            continue
        assert verdict[name]["model"]["sha256"] == model.identity[0], f"the {name} is another one"
        known = sorted(set(rows["_group"]) & model.groups)
        assert not known, f"the {name} was trained on rows of {len(known)} of the entities that judge it"
        found = models.scores(model.opened, rows, settings)
        answers = models.predicted(found, replace(settings, threshold=model.settings.threshold))
        truth = list(rows[settings.target])
        for metric, theirs in verdict[name]["metrics"].items():
            ours = models.measured(metric, truth, found, answers, settings)
            assert models.same(ours, theirs), f"{metric} of the {name} is {theirs}, must be {ours}"


def decision(story: Story, verdict: dict[str, Any], challenger: Model, rival: Model | None) -> str:
    """What follows from the scores; of the intervals, which chance draws, the product's own ends are taken."""
    settings = story.settings
    failed = anchors.check(story, verdict, challenger, rival)
    if rival is not None and before(challenger.day, rival.day):
        return "refused"
    unknown = fewest_groups(story, challenger, rival) < settings.least_rows
    if settings.minimum is not None:
        value = verdict["challenger"]["metrics"][settings.metric]
        unknown |= value is None
        failed |= value is not None and value < settings.minimum
    if comparable(story, rival):
        (difference,) = [one["difference"] for one in verdict["measures"] if one["name"] == settings.metric]
        low = None if difference is None else difference["low"]
        unknown |= low is None
        if low is not None:
            failed |= low < -settings.margin if settings.require == "not_worse" else low <= 0
            check_interval(difference)
    # what is read of slices and of the anchor is only whether they could tell
    words = {rule["name"].partition(".")[0]: rule["verdict"] for rule in verdict["rules"]}
    unknown |= "unknown" in (words.get("slices"), words.get("not_worse_than_anchor"))
    failed |= words.get("slices") == "failed"
    if unknown:
        return "undecided"
    if failed:
        return "refused"
    return "proposed" if settings.manual else "promoted"


def fewest_groups(story: Story, challenger: Model, rival: Model | None) -> int:
    """Of the judged rows, and of those of the rarer class: of many classes, of all but the most frequent one."""
    settings = story.settings
    rows = judged_rows(story, challenger, rival)
    every: int = rows["_group"].nunique()
    if not settings.asked:
        return every
    sizes = {name: int((rows[settings.target] == name).sum()) for name in settings.asked}
    most = max(sizes, key=lambda name: sizes[name])
    if settings.task == "binary":
        return min([every, *(rows["_group"][rows[settings.target] == name].nunique() for name in settings.asked)])
    return min(every, rows["_group"][rows[settings.target] != most].nunique())


def check_interval(difference: dict[str, Any]) -> None:
    """An interval is one, and holds no less than nothing."""
    ends = difference["low"], difference["high"]
    assert all(end is None or math.isfinite(end) for end in ends)
    assert None in ends or ends[0] <= ends[1]
