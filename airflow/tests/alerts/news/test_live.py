from dataclasses import asdict

from microstep_airflow.alerts.news.live import KnownFall, LiveDay, live_news


def days(*levels, first=1):
    return [LiveDay(f"2026-01-{first + number:02}", level, "") for number, level in enumerate(levels)]


def names(news):
    return [day.day for day in news.days]


def test_a_fall_is_mailed_once_when_it_begins_and_once_when_it_is_over():
    news = live_news(KnownFall(), days("ok", "alarm", "alarm"))
    assert (news.kind, names(news)) == ("begins", ["2026-01-02", "2026-01-03"])
    assert news.known == KnownFall("2026-01-02", ("2026-01-02", "2026-01-03"))
    again = live_news(news.known, days("ok", "alarm", "alarm", "alarm"))
    assert (again.kind, again.known.since) == ("nothing", "2026-01-02")
    over = live_news(again.known, days("ok", "alarm", "alarm", "alarm", "ok"))
    assert (over.kind, names(over), over.known.since) == ("over", ["2026-01-05"], "")
    assert live_news(over.known, days("ok", "alarm", "alarm", "alarm", "ok", "ok")).kind == "nothing"


def test_a_day_whose_labels_come_after_a_later_days_is_told():
    known = live_news(KnownFall(), days("ok", "unmeasured", "ok")).known
    late = live_news(known, days("ok", "alarm", "ok"))
    assert (late.kind, names(late), late.known.since) == ("begins", ["2026-01-02"], "")
    assert live_news(late.known, days("ok", "alarm", "ok", "ok")).kind == "nothing"


def test_a_day_that_was_right_until_its_labels_were_corrected_is_told():
    known = live_news(KnownFall(), days("ok", "ok")).known
    news = live_news(known, days("ok", "alarm"))
    assert (news.kind, names(news), news.known.since) == ("begins", ["2026-01-02"], "2026-01-02")
    right = live_news(news.known, days("ok", "ok"))
    assert (right.kind, right.known) == ("over", KnownFall())


def test_a_training_of_an_earlier_day_ends_no_fall_that_it_cannot_see():
    known = KnownFall("2026-01-05", ("2026-01-05",))
    assert live_news(known, days("ok", "ok")) == live_news(known, [])
    assert live_news(known, days("ok", "ok")).known == known


def test_what_an_earlier_version_had_looked_at_is_history():
    known = KnownFall.of({"day": "2026-01-03", "since": ""})
    news = live_news(known, days("alarm", "alarm", "alarm"))
    assert news.kind == "nothing"
    assert live_news(news.known, days("alarm", "alarm", "alarm", "ok")).kind == "nothing"
    fall = KnownFall.of({"day": "2026-01-03", "since": "2026-01-02"})
    assert live_news(fall, days("ok", "alarm", "alarm", "ok")).kind == "over"


def test_unmeasured_days_begin_and_end_nothing():
    assert live_news(KnownFall(), days("unmeasured")).kind == "nothing"
    known = KnownFall("2026-01-01", ("2026-01-01",))
    assert live_news(known, days("alarm", "unmeasured")).known == known


def test_without_days_nothing_is_known():
    assert live_news(KnownFall(), []) == live_news(KnownFall.of({}), [])


def test_what_is_known_comes_back_from_airflows_variable():
    known = KnownFall("2026-01-02", ("2026-01-02",))
    assert KnownFall.of(asdict(known)) == known
