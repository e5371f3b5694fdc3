from microstep_airflow.alerts.news.live import KnownFall, LiveDay, live_news


def days(*levels, first=1):
    return [LiveDay(f"2026-01-{first + number:02}", level, "") for number, level in enumerate(levels)]


def test_a_fall_is_mailed_once_when_it_begins_and_once_when_it_is_over():
    news = live_news(KnownFall(), days("ok", "alarm", "alarm"))
    assert (news.kind, [day.day for day in news.days]) == ("begins", ["2026-01-02", "2026-01-03"])
    assert news.known == KnownFall("2026-01-03", "2026-01-02")
    again = live_news(news.known, days("ok", "alarm", "alarm", "alarm"))
    assert (again.kind, again.known) == ("nothing", KnownFall("2026-01-04", "2026-01-02"))
    over = live_news(again.known, days("ok", "alarm", "alarm", "alarm", "ok"))
    assert (over.kind, over.known) == ("over", KnownFall("2026-01-05"))


def test_a_day_that_was_looked_at_is_history():
    known = KnownFall("2026-01-03")
    assert live_news(known, days("alarm", "alarm", "alarm")).kind == "nothing"


def test_unmeasured_days_begin_and_end_nothing():
    assert live_news(KnownFall(), days("unmeasured")).kind == "nothing"
    known = KnownFall("2026-01-01", "2026-01-01")
    assert live_news(known, days("alarm", "unmeasured")).known == KnownFall("2026-01-02", "2026-01-01")


def test_without_days_nothing_is_known():
    assert live_news(KnownFall(), []) == live_news(KnownFall.of({}), [])


def test_what_is_known_comes_back_from_airflows_variable():
    assert KnownFall.of({"day": "2026-01-02", "since": ""}) == KnownFall("2026-01-02")
