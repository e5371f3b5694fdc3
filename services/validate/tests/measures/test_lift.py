import numpy as np
import pytest

from validate.measures.bootstrap import Draws
from validate.measures.lift import lift


def share(name, model, baseline):
    return lift(name, Draws(model, np.array([model])), Draws(baseline, np.array([baseline])))


@pytest.mark.parametrize(
    ("name", "model", "baseline", "expected"),
    [
        ("roc_auc", 0.75, 0.5, 0.5),
        ("accuracy", 0.9, 0.8, 0.5),
        ("neg_log_loss", -0.3, -0.6, 0.5),
        ("neg_mean_absolute_error", -3.0, -4.0, 0.25),
        ("roc_auc", 0.4, 0.5, -0.2),
        ("positive_likelihood_ratio", 4.0, 1.0, 0.75),
    ],
)
def test_the_share_of_the_baselines_error_that_is_gone(name, model, baseline, expected):
    found = share(name, model, baseline)
    assert found.value == pytest.approx(expected)
    assert found.drawn == pytest.approx([expected])


def test_squared_errors_are_compared_by_their_roots():
    assert share("r2", 0.75, 0.0).value == pytest.approx(0.5)
    assert share("r2", 0.104, 0.0).value == pytest.approx(0.0534, abs=1e-4)
    assert share("neg_mean_squared_error", -1.0, -4.0).value == share("neg_root_mean_squared_error", -1, -2).value


def test_of_a_perfect_baseline_nothing_is_left_to_take_away():
    assert share("accuracy", 1.0, 1.0).value == 0
    assert share("accuracy", 0.9, 1.0).value == 0


def test_a_resample_that_tells_nothing_stays_unknown():
    assert np.isnan(share("roc_auc", np.nan, np.nan).value)
