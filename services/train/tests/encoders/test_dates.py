import numpy as np
import pandas as pd
import pytest

from train.encoders.dates import dates

MOMENTS = np.array(["2026-11-22T09:30", "2026-01-01T00:00", "NaT", "1969-12-31T12:00"], dtype="datetime64[us]")


def test_trees_get_hour_weekday_month_day_of_the_year_and_days():
    outputs = dates(MOMENTS, scaled=False).transform(pd.Series(MOMENTS))
    assert outputs[0].tolist() == [9, 6, 11, 326, pytest.approx(20779 + 9.5 / 24)]
    assert outputs[1].tolist() == [0, 3, 1, 1, 20454]
    assert np.isnan(outputs[2]).all()
    assert outputs[3].tolist() == [12, 2, 12, 365, -0.5]


def test_a_linear_model_gets_the_calendar_one_hot_and_the_rest_scaled():
    outputs = dates(MOMENTS[:3], scaled=True).transform(pd.Series(MOMENTS))
    assert outputs.shape == (4, 24 + 7 + 12 + 2)
    assert np.flatnonzero(outputs[0, :43]).tolist() == [9, 24 + 6, 31 + 10]
    assert outputs[:2, 43:].tolist() == [[pytest.approx(1), pytest.approx(1)], [pytest.approx(-1), pytest.approx(-1)]]
    assert outputs[2].tolist() == [0] * 45


def test_a_single_date_is_enough():
    for scaled in (False, True):
        assert np.isfinite(dates(MOMENTS[:1], scaled=scaled).transform(pd.Series(MOMENTS[:1]))).all()


def test_a_date_beyond_what_nanoseconds_hold_stops_no_other_row():
    far = np.array(["9999-12-31", "0001-01-01", "1970-01-02"], dtype="datetime64[us]")
    for fitted in (MOMENTS, far):
        assert dates(fitted, scaled=False).transform(pd.Series(far))[:, 4].tolist() == [2_932_896, -719_162, 1]
        assert np.isfinite(dates(fitted, scaled=True).transform(pd.Series(far))).all()
