"""What a judgement must come to: on which rows, with which scores, and who is champion after it."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from checks import anchors, guards, judged, live, product
from plain import models
from plain.mirror import Model, before
from plain.rows import Refusal

JUDGED = ("promoted", "refused", "undecided", "proposed")
"""Words of the ledger on a day's model, the gate's or a person's."""

if TYPE_CHECKING:
    from checks.story import Story
    from faults.steps import Outcome


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
    if not reasons and mirror.moved(model, days):
        reasons.append(Refusal(65, "a day was written again since the training"))
    return reasons


def validate(story: Story, day: str, *words: str) -> Outcome:
    """Judge a day's model; both must have the same scores on the same rows, none of which either model has seen."""
    reasons = reasons_against(story, day)
    lines, report = len(product.ledger(story.root)), story.root / "reports" / "train" / day
    stood = product.manifest(report)
    outcome = story.run("validate", *words, day=day)
    if story.agree(outcome, reasons, done=(0, 80)):
        new = product.ledger(story.root)[lines:]
        if product.manifest(report) == stood:
            assert not new
            check_standing(story, day, outcome.code)
        else:
            after_judgement(story, day, new, outcome.code)
        live.check_all(story, day)
    return outcome


def after_judgement(story: Story, day: str, new: list[dict[str, Any]], code: int) -> None:
    """Hold a judgement against the oracle's, and take over who is champion."""
    verdict = product.content(story.root / "reports" / "train" / day, "verdict")
    assert (code == 0) == (verdict["decision"] in ("promoted", "proposed"))
    challenger = story.mirror.models[day]
    assert verdict["challenger"]["model"]["sha256"] == challenger.identity[0], "a judgement of another model stands"
    if not new:
        # the ledger's last line says the very same already
        last = product.ledger(story.root)[-1]
        new = [last]
        assert (last["day"], last["to"]["sha256"], last["why"]) == (day, challenger.identity[0], verdict["why"])
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
    rules += settings.slice_margin, settings.least_slice, settings.most_error
    return (
        mirror.models[day].identity,
        settings.question,
        settings.asked,
        settings.threshold if settings.task == "binary" else None,
        settings.split,
        rules,
        [mirror.days[one].rows.to_json() for one in days],
    )


def check_standing(story: Story, day: str, code: int) -> None:
    """A judgement stands as long as it is about what is there now, with the word that a person has said since."""
    stands = story.judged.get(day) == basis(story, day)
    assert stands, "an old judgement stands, though its model, rows or rules are other ones now"
    decision = product.content(story.root / "reports" / "train" / day, "verdict")["decision"]
    said = [line for line in product.ledger(story.root) if line["day"] == day and line["decision"] in JUDGED][-1]
    refused = decision == "proposed" and said["decision"] == "refused"
    assert (code == 0) == (decision in ("promoted", "proposed") and not refused)


def rival_of(story: Story, challenger: Model) -> Model | None:
    """Whom a challenger is compared with: the champion, or who was it before, when its own file is judged again."""
    champion = story.mirror.champion
    if champion is None or champion.identity[0] != challenger.identity[0] or challenger.day < champion.day:
        return champion
    if champion.identity != challenger.identity and not champion.answers(story.settings):
        return champion
    return story.predecessor(champion)


def check_scores(story: Story, verdict: dict[str, Any], challenger: Model, rival: Model | None) -> None:
    """The rows and every score of both models."""
    settings = story.settings
    rows = judged.judged_rows(story, challenger, rival)
    assert verdict["rows"] == len(rows), f"judged on {verdict['rows']} rows, must be {len(rows)}"
    compared = verdict["champion"] is not None
    assert compared == judged.comparable(story, challenger, rival), f"compared: {compared}, {verdict['not_compared']}"
    for name, model in (("challenger", challenger), ("champion", rival)):
        if model is None or verdict[name] is None:
            continue
        assert verdict[name]["model"]["sha256"] == model.identity[0], f"the {name} is another one"
        known = sorted(set(rows["_group"]) & model.groups)
        assert not known, f"the {name} was trained on rows of {len(known)} of the entities that judge it"
        found, answers = guards.answers(model, rows, settings)
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
    if judged.comparable(story, challenger, rival):
        (difference,) = [one["difference"] for one in verdict["measures"] if one["name"] == settings.metric]
        low = None if difference is None else difference["low"]
        unknown |= low is None
        if low is not None:
            failed |= low < -settings.margin if settings.require == "not_worse" else low <= 0
            check_interval(difference)
    words = {rule["name"]: rule["verdict"] for rule in verdict["rules"]}
    unknown |= words.get("not_worse_than_anchor") == "unknown"
    guarding = guarded(story, verdict, challenger, rival)
    for rule, word in guarding.items():
        assert words.get(rule) == word, f"{rule} is {words.get(rule)}, must be {word}"
    unknown |= "unknown" in guarding.values()
    failed |= "failed" in guarding.values()
    if unknown:
        return "undecided"
    if failed:
        return "refused"
    return "proposed" if settings.manual else "promoted"


def guarded(story: Story, verdict: dict[str, Any], challenger: Model, rival: Model | None) -> dict[str, str]:
    """What the rules say that refuse for harm alone, by their names."""
    settings, rows = story.settings, judged.judged_rows(story, challenger, rival)
    pair = {"challenger": challenger}
    if rival is not None and judged.comparable(story, challenger, rival):
        pair["champion"] = rival
        told = verdict["champion"]["calibration"]
        guards.check_calibration(told, rows, rival, settings)
    slices = guards.check_slices(verdict, rows, pair, settings)
    found = {f"slices.{name}": word for name, word in slices.items()} if "champion" in pair else {}
    calibrated = guards.check_calibration(verdict["challenger"]["calibration"], rows, challenger, settings)
    return found if calibrated is None else found | {"max_calibration_error": calibrated}


def fewest_groups(story: Story, challenger: Model, rival: Model | None) -> int:
    """Of the judged rows, and of those of the rarer class: of many classes, of all but the most frequent one."""
    settings = story.settings
    rows = judged.judged_rows(story, challenger, rival)
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
