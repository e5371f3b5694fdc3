"""Which days lack something, who has to do anything about it, and which mails wait."""

import os
from datetime import date, datetime, time, timedelta

from status_world import NOW, YESTERDAY, commit, config, fill

from contract.config.data import Alerts
from contract.due.lacking import to_predict
from contract.layout import Layout
from microstep_airflow.status import lacks

DAY = date.fromisoformat(YESTERDAY)
TEAM = Alerts(to=("team@example.com",), sender="microstep@example.com")


def look(root, source="files"):
    settings, layout = config(source), Layout(root)
    return lacks.lacks(settings, layout, "churn", DAY, to_predict(settings, layout, DAY))


def deliver(layout, day):
    layout.inbox(day).mkdir(parents=True)
    (layout.inbox(day) / "_SUCCESS").touch()


def test_a_root_that_has_all_lacks_nothing(tmp_path):
    fill(tmp_path)
    assert (look(tmp_path).state, look(tmp_path).text, look(tmp_path).days) == ("ok", "nothing", [])


def test_yesterday_alone_is_told_of_with_its_predictions(tmp_path):
    fill(tmp_path, last="2026-01-08", predicted="2026-01-08")
    found = look(tmp_path)
    assert (found.state, [lack.day for lack in found.days]) == ("ok", [DAY])


def test_an_earlier_day_that_nobody_brought_is_for_a_person(tmp_path):
    fill(tmp_path, last="2026-01-06", predicted="2026-01-06")
    found = look(tmp_path)
    assert (found.state, found.text) == ("bad", "2 days from 2026-01-07 to 2026-01-08: no data has come")
    assert found.remedy.startswith("put the day's files and an empty _SUCCESS into data/churn/inbox/2026-01-07/")


def test_what_the_next_run_does_is_a_note(tmp_path):
    layout = fill(tmp_path, last="2026-01-07", predicted="2026-01-07")
    deliver(layout, "2026-01-08")
    found = look(tmp_path)
    assert (found.state, found.text, found.remedy) == ("note", "2026-01-08: the next run does it", "")
    assert [(lack.day.day, lack.what) for lack in found.days] == [(8, "generate"), (9, "data")]


def test_a_day_that_has_rows_and_no_predictions_is_the_next_runs(tmp_path):
    fill(tmp_path, predicted="2026-01-06")
    found = look(tmp_path)
    assert (found.state, found.text) == ("note", "2 days from 2026-01-07 to 2026-01-08: the next run does them")


def test_days_in_the_inbox_that_no_run_looks_at_any_more_have_a_command(tmp_path):
    layout = fill(tmp_path)
    deliver(layout, "2025-12-01")
    assert look(tmp_path).state == "ok", "it is before the first day"
    (layout.raw_data("2026-01-02") / "manifest.json").unlink()
    deliver(layout, "2026-01-02")
    settings = config()
    late = lacks.lacks(settings, layout, "", date(2026, 3, 1), [])
    assert late.state == "bad"


def test_what_a_database_may_have_by_now_is_asked_every_night_and_no_news(tmp_path):
    fill(tmp_path)
    for day in ("2026-01-07", "2026-01-08", YESTERDAY):
        commit(Layout(tmp_path).raw_data(day), "generate", day, rows_in=5, rows_out=5)
    found = look(tmp_path, "sql")
    assert found.state == "ok"
    assert "may have more rows" in found.days[0].why


def put(folder, minutes):
    (folder / "new").mkdir(parents=True, exist_ok=True)
    path = folder / "new" / str(minutes)
    path.touch()
    past = (NOW - timedelta(minutes=minutes)).timestamp()
    os.utime(path, (past, past))


def test_a_mail_may_wait_for_half_an_hour_and_then_somebody_is_to_look(tmp_path):
    assert lacks.mails(tmp_path, TEAM, NOW).waiting == 0
    put(tmp_path, 5)
    assert lacks.mails(tmp_path, TEAM, NOW).state == "note"
    put(tmp_path, 45)
    found = lacks.mails(tmp_path, TEAM, NOW)
    assert (found.state, found.waiting, found.text) == ("bad", 2, "2 since 2026-01-10 06:15 UTC")
    assert "MICROSTEP_SMTP" in found.remedy


def test_in_quiet_hours_mails_are_meant_to_wait(tmp_path):
    put(tmp_path, 300)
    quiet = Alerts(to=("a@example.com",), sender="b@example.com", quiet_hours=(time(22), time(8)))
    assert lacks.mails(tmp_path, quiet, datetime.combine(NOW.date(), time(7), NOW.tzinfo)).state == "note"
