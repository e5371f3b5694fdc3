"""The gate's interval beside a bootstrap that is a loop over entities: drawn with replacement, each with all its rows."""

import numpy as np
import pytest
from checks import judged, product
from histories.actions import Arrive, Do, Edit
from histories.play import History, Start, play
from plain import models
from plain.arrivals import Table
from plain.settings import Settings, day_of

DRAWS = 400
LAST = 2


def drawn(rows, pair, settings, owners):
    """The 95 % interval of the difference of two models' scores, where `owners` are drawn."""
    chance, ends = np.random.default_rng(0), []
    members = [np.flatnonzero(owners == owner) for owner in np.unique(owners)]
    truth = np.array(rows[settings.target])
    found = [models.scores(model.opened, rows, settings) for model in pair]
    for _ in range(DRAWS):
        taken = np.concatenate([members[one] for one in chance.integers(0, len(members), len(members))])
        values = [
            models.measured(
                settings.metric, list(truth[taken]), one[taken], models.predicted(one[taken], settings), settings
            )
            for one in found
        ]
        if None not in values:
            ends.append(values[0] - values[1])
    return np.quantile(ends, [0.025, 0.975])


@pytest.mark.parametrize("still", [False, True], ids=["new rows every day", "the same rows every day"])
def test_the_interval_is_as_wide_as_that_of_a_loop_over_entities(steps, tmp_path, counts, still):
    settings = Settings(window=3, test_days=0, resamples=999, margin=1.0, test_fraction=0.5)
    days = [step for day in range(LAST + 1) for step in (Arrive(day), Do("generate preprocess", day))]
    again = [Edit((("region", True),)), *(Do("preprocess", day) for day in range(LAST + 1))]
    table = Table(rows=90, returning=still, still=still, signal=0.5)
    done = (*days, Do("train validate", LAST), *again, Do("train validate", LAST))
    story = play(History(Start(table, settings), done), steps, tmp_path / "root").story
    rival, challenger = story.served[-2:]
    verdict = product.content(story.root / "reports" / "train" / day_of(LAST), "verdict")
    assert rival is not None, verdict["why"]
    rows = judged.judged_rows(story, challenger, rival)
    (told,) = [one["difference"] for one in verdict["measures"] if one["name"] == story.settings.metric]
    pair = (challenger, rival)
    by_entity = drawn(rows, pair, story.settings, rows["_group"].to_numpy())
    by_row = drawn(rows, pair, story.settings, np.arange(len(rows)))
    width, expected = told["high"] - told["low"], np.ptp(by_entity)
    counts(
        "intervals",
        "the same rows" if still else "new rows",
        1,
        f"{width:.3f}, by the loop {expected:.3f}, by rows {np.ptp(by_row):.3f}",
    )
    # wider by Student's quantile where few entities tell, and a draw of draws is not exact
    assert 0.85 * expected < width < 1.4 * expected
    if still:
        assert width > 1.4 * np.ptp(by_row)
