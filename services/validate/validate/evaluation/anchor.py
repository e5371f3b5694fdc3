"""The anchor: a model besides the champion that a challenger must not be worse than, so that no steps down add up."""

from __future__ import annotations

import logging
from pathlib import Path

import msgspec

from contract.config import Config
from contract.errors import StepError
from contract.layout import Layout
from contract.models.champion import Champion
from validate.evaluation.judged_rows import JudgedRows, of_both
from validate.evaluation.models import CannotCompare, load
from validate.evaluation.scoring import score
from validate.gate.gate import Anchor, Evidence
from validate.measures.bootstrap import Interval
from validate.measures.scored_rows import ScoredRows

log = logging.getLogger("validate")


class Anchored(msgspec.Struct, frozen=True, kw_only=True):
    """What keeps many small steps down from adding up: a challenger must not be worse than this one either.

    It is the last champion that was shown to be better than its own anchor, or the first one.
    """

    model: Champion
    difference: Interval | None
    """Of the training metric, challenger less anchor; None when the rows cannot tell it, or `not_compared` says why."""
    not_compared: str | None = None
    """Why the anchor could not be compared: then `model` is the champion, which takes its place."""

    @property
    def next(self) -> Champion | None:
        """The anchor of the challenger's own challengers; None, itself, where it is shown to be better."""
        return None if self.difference is not None and self.difference.low > 0 else self.model


def score_anchor(
    root: Path, config: Config, part: JudgedRows, before: Champion, anchor: Champion
) -> tuple[Anchor | None, ScoredRows | None]:
    """The anchor where it is another model than the champion, and its scores; none where the rule does not ask."""
    if anchor.same_as(before) or config.gate.require != "not_worse":
        return None, None
    try:
        model = load(root, anchor, config)
        _must_not_know(config, Layout(root), anchor, part)
        return Anchor(label=anchor.label), score(model, part.days, config, "anchor", part.fraction)
    except (CannotCompare, StepError) as error:
        log.warning("the anchor (%s) cannot be compared: %s; the champion takes its place", anchor.label, error)
        return Anchor(label=anchor.label, not_compared=str(error)), None


def anchored(model: Champion | None, evidence: Evidence) -> Anchored | None:
    """What the report keeps of it; `model`: the anchor, or the champion in its place."""
    if model is None:
        return None
    rival = evidence.anchor
    difference = evidence.difference if rival is None or rival.not_compared else evidence.to_anchor
    return Anchored(model=model, difference=difference, not_compared=rival.not_compared if rival else None)


def _must_not_know(config: Config, layout: Layout, anchor: Champion, part: JudgedRows) -> None:
    """Raise CannotCompare when the anchor was fitted on rows that neither challenger nor champion was."""
    own = of_both(config, layout, anchor, part)
    if (own.days, own.fraction) != (part.days, part.fraction):
        raise CannotCompare("it may have been fitted on some of these rows, on which the other two were not")
