"""Whether a challenger follows the champion in time."""

from __future__ import annotations

from datetime import date

from contract.models.champion import Champion
from validate.gate.rules import Rule


def not_older(challenger: Champion, champion: Champion) -> Rule:
    """Whether a challenger was trained for a day not before the champion's: a late training is no step back in time."""
    later = (date.fromisoformat(challenger.day) - date.fromisoformat(champion.day)).days
    if later >= 0:
        text = f"its training day {challenger.day} is not before the champion's, {champion.day}"
    else:
        text = (
            f"its training day {challenger.day} is before the champion's, {champion.day}, whatever its scores; to put "
            f"it in use all the same: validate adopt --to {challenger.sha256[:12]}"
        )
    return Rule(name="not_older", limit=0, value=later, verdict="passed" if later >= 0 else "failed", text=text)
