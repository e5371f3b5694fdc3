from datetime import time

import pytest

from contract.config.data import Alerts


def test_everybody_is_told_of_everything_and_who_is_on_call_of_errors():
    alerts = Alerts(to=("team@x.org", "ada@x.org"), errors_to=("oncall@x.org", "ada@x.org"))
    assert alerts.recipients("info") == alerts.recipients("warning") == ("team@x.org", "ada@x.org")
    assert alerts.recipients("error") == ("team@x.org", "ada@x.org", "oncall@x.org")


def test_what_is_below_the_level_is_told_to_nobody():
    alerts = Alerts(to=("team@x.org",), level="warning")
    assert (alerts.recipients("info"), alerts.recipients("warning"), alerts.recipients("error")) == (
        (),
        ("team@x.org",),
        ("team@x.org",),
    )


@pytest.mark.parametrize(
    ("hours", "quiet", "loud"),
    [
        ((time(22), time(6)), (time(22), time(23, 59), time(0), time(5, 59)), (time(6), time(12), time(21, 59))),
        ((time(12), time(13)), (time(12), time(12, 59)), (time(13), time(11, 59), time(0))),
    ],
)
def test_quiet_hours_may_go_over_midnight(hours, quiet, loud):
    alerts = Alerts(quiet_hours=hours)
    assert all(alerts.quiet(now) for now in quiet)
    assert not any(alerts.quiet(now) for now in loud)
    assert not Alerts().quiet(time(3))


def test_hours_that_end_when_they_begin_are_refused():
    with pytest.raises(ValueError, match="quiet_hours must not begin when they end, got 22:00 twice"):
        Alerts(quiet_hours=(time(22), time(22)))
