"""The anchor: besides the champion, the last one that was shown to be better than its own anchor, or the first one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from checks import judged
from plain.mirror import Model

if TYPE_CHECKING:
    from checks.story import Story


def anchor_of(story: Story, rival: Model | None, challenger: Model, verdict: dict[str, Any]) -> Model | None:
    """Which model a challenger must not be worse than besides the champion, by what it may be scored on.

    The champion itself where there is no other one; None without a champion that can be compared.
    """
    if rival is None or not judged.comparable(story, challenger, rival):
        return None
    anchor = story.anchors.get(rival, rival)
    settings = story.settings
    if anchor is rival or settings.require != "not_worse" or not judged.comparable(story, challenger, anchor):
        return rival
    days, fraction = judged.judging(story, challenger, rival)
    left = judged.less_known(story, anchor, days, held_out=bool(challenger.held_out))
    own = anchor.fraction_beside(settings)
    return anchor if left == days and own is not None and own >= fraction else rival


def check(story: Story, verdict: dict[str, Any], challenger: Model, rival: Model | None) -> bool:
    """Hold the report's anchor against the oracle's; True when the challenger falls below it.

    Notes the anchor that the challenger's own challengers will have.
    """
    anchor = anchor_of(story, rival, challenger, verdict)
    told = verdict["anchor"]
    if anchor is None:
        assert told is None, f"an anchor is named, and there is no champion to compare with: {told}"
        story.next_anchor[challenger] = challenger
        return False
    assert told is not None
    assert told["model"]["sha256"] == anchor.identity[0], f"the anchor is {told['model']['day']}, must be {anchor.day}"
    difference = told["difference"]
    better = difference is not None and difference["low"] is not None and difference["low"] > 0
    story.next_anchor[challenger] = challenger if better else anchor
    if anchor is rival:
        return False
    (rule,) = [rule for rule in verdict["rules"] if rule["name"] == "not_worse_than_anchor"]
    if difference is None:
        assert rule["verdict"] == "unknown"
        return False
    assert (rule["verdict"] == "failed") == (difference["low"] < -story.settings.margin)
    return bool(rule["verdict"] == "failed")
