"""The page: made when it is asked for, so it knows its own age."""

from datetime import timedelta

from status_world import NOW
from test_text import row, status

from microstep_airflow.status.page import OLD, render
from microstep_airflow.status.shape import Drift, Predictions


def test_a_look_of_now_says_when_it_was_and_has_no_warning():
    page = render(status(row("churn")), NOW + timedelta(seconds=40))
    assert '<time datetime="2026-01-10T07:00:00+00:00">2026-01-10 07:00:00 UTC</time>' in page
    assert 'role="alert"' not in page


def test_a_look_that_is_old_says_so_in_red_without_a_script():
    page = render(status(row("churn")), NOW + timedelta(minutes=14))
    assert '<p class="verdict bad" role="alert"><strong>Old: this was 14 minutes ago.</strong>' in page
    assert "Old: this was 5 hours ago." in render(status(), NOW + timedelta(hours=5))
    assert "<script" not in page


def test_a_page_that_stays_open_says_so_after_the_same_time():
    page = render(status(), NOW)
    assert "This page has been open for more than 3 minutes." in page
    assert f"animation: stale 1s {OLD.total_seconds():.0f}s forwards" in page


def test_what_came_as_data_is_text():
    drifted = row("churn", "bad", drift=Drift(state="bad", text="alarm: <b>age</b>\u202e", level="alarm"))
    page = render(status(drifted), NOW)
    assert "alarm: &lt;b&gt;age&lt;/b&gt;\\u202e" in page
    assert "<b>" not in page


def test_a_name_leads_to_its_reports_and_what_is_wrong_stands_below_with_what_to_type():
    command = "make backfill FROM=2026-01-09 TO=2026-01-09"
    wrong = Predictions(state="bad", text="not done", remedy=command)
    page = render(status(row("churn", "bad", index="churn/reports/index.html", predictions=wrong)), NOW)
    assert '<a href="/churn/reports/index.html">churn</a>' in page
    assert f'<span class="s bad">not done</span><br><code>{command}</code>' in page


def test_no_pipeline_is_said():
    assert "There is none" in render(status(), NOW)
