"""On which rows models are judged: rows that none of them was fitted on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
from plain import values
from plain.mirror import Model

if TYPE_CHECKING:
    from checks.story import Story


def comparable(story: Story, challenger: Model, rival: Model | None) -> bool:
    """Whether a champion can be scored on the rows that judge a challenger, and was surely not fitted on them."""
    settings = story.settings
    if rival is None or not rival.fits(settings) or rival.fraction_beside(settings) is None:
        return False
    days = less_known(story, rival, days_of(story, challenger), held_out=bool(challenger.held_out))
    return not story.mirror.moved(rival, [day for day in days if rival.fitted_on(day)])


def days_of(story: Story, challenger: Model) -> list[str]:
    """The days that may judge a challenger."""
    return list(challenger.held_out or story.settings.window_of(challenger.day))


def judging(story: Story, challenger: Model, rival: Model | None) -> tuple[list[str], float]:
    """The days that judge, less those that the champion knows if enough are left, and of which test_fraction."""
    settings, days = story.settings, days_of(story, challenger)
    if rival is None or not comparable(story, challenger, rival):
        return days, settings.test_fraction
    fraction = rival.fraction_beside(settings)
    assert fraction is not None
    return less_known(story, rival, days, held_out=bool(challenger.held_out)), fraction


def less_known(story: Story, other: Model, days: list[str], *, held_out: bool) -> list[str]:
    """Days that the challenger holds out less those that another model was fitted on, as long as enough is left."""
    mirror, settings = story.mirror, story.settings
    left = [day for day in days if not other.fitted_on(day)]
    if not held_out or not left:
        return days
    labelled = pd.concat([mirror.days[day].rows[settings.target].dropna() for day in left])
    # a judgement on the days that are left must have rows enough, of the rarer classes and of groups, too
    counted = [len(labelled)]
    if settings.asked and len(labelled):
        counted.append(len(labelled) - labelled.value_counts().max())
    fraction = other.fraction_beside(settings)
    groups = {group for group in mirror.labelled(left, "test")["_group"] if values.is_test(group, fraction)}
    enough = min(counted) * settings.test_fraction >= settings.least_rows and len(groups) >= settings.least_rows
    return left if enough else days


def judged_rows(story: Story, challenger: Model, rival: Model | None) -> Any:
    """The labelled test rows that decide."""
    days, fraction = judging(story, challenger, rival)
    rows = story.mirror.labelled(days, "test")
    return rows[[values.is_test(group, fraction) for group in rows["_group"]]]
