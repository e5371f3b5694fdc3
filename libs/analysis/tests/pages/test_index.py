import subprocess
import sys

import msgspec
import pytest

from analysis.pages.index import write
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.layout import Layout
from contract.models.champion import Champion, write_champion
from contract.models.ledger import Line

CHAMPION = Champion(day="2026-01-02", file="m", sha256="a" * 64, manifest="b" * 64, sklearn="1.9.1", version="3")


@pytest.fixture
def layout(tmp_path):
    return Layout(tmp_path)


def report(layout, kind, day, notes, counts=None):
    with DatasetWriter(layout.report(kind, day)) as writer:
        writer.file("page", "report.html").write_text("<html></html>")
        writer.publish(Recipe("x", day, "c", {}), counts or {}, {}, notes)


def page(layout):
    write(layout)
    return (layout.reports / "index.html").read_text()


def test_reports_are_listed_newest_first_with_links_that_lead_somewhere(layout):
    report(layout, "train", "2026-01-02", {"decision": "promoted", "why": "roc_auc 0.8 reaches 0.7"})
    report(layout, "predict", "2026-01-03", {"drift": "alarm", "columns": {"age": "alarm"}})
    report(layout, "live", "2026-01-01", {"metric": "r2", "value": 0.5, "model": "2026-01-02 v3"}, {"rows": 7})
    html = page(layout)
    links = [part.split('"')[0] for part in html.split('<a href="')[1:]]
    assert [link.split("/")[:2] for link in links] == [
        ["predict", "2026-01-03"],
        ["train", "2026-01-02"],
        ["live", "2026-01-01"],
    ]
    assert all((layout.reports / link).is_file() for link in links)
    assert "age: alarm" in html
    assert "r2 0.5000 by 2026-01-02 v3, 7 rows" in html


@pytest.mark.parametrize("columns", [{}, {"age": "watch"}])
def test_what_could_not_be_measured_stands_beside_what_was(layout, columns):
    notes = {"drift": "watch" if columns else "unmeasured", "columns": columns, "without": "plan: no such column"}
    report(layout, "predict", "2026-01-03", notes)
    html = page(layout)
    assert "not measured: plan: no such column" in html
    assert ("age: watch; " in html) == bool(columns)
    assert ('class="word unmeasured"' in html) != bool(columns)


def test_who_is_champion_since_when_and_why_comes_first(layout):
    report(layout, "train", "2026-01-02", {"decision": "promoted", "why": "good"})
    assert "No champion yet" in page(layout)
    write_champion(layout.champion, CHAMPION)
    line = Line(
        when="2026-01-05T10:00:00+00:00",
        by="ada",
        decision="rolled_back",
        why="complaints",
        day="2026-01-02",
        before=None,
        model=CHAMPION,
        metrics={},
    )
    layout.ledger.write_bytes(msgspec.json.encode(line.after("")) + b"\n")
    html = page(layout)
    assert "In use: the model of 2026-01-02, version 3" in html
    assert "rolled back 2026-01-05 10:00:00Z by ada: complaints" in html

    unnamed = msgspec.structs.replace(line, by="by hand")
    layout.ledger.write_bytes(msgspec.json.encode(unnamed.after("")) + b"\n")
    assert "rolled back 2026-01-05 10:00:00Z by hand: complaints" in page(layout)
    layout.ledger.write_bytes(msgspec.json.encode(line.after("")) + b"\n")

    with layout.ledger.open("ab") as ledger:  # a crash
        ledger.write(b'{"when":"2026-01-06')
    assert page(layout) == html


def test_the_model_in_use_is_the_ledgers_where_a_crash_left_the_pointer_behind(layout):
    write_champion(layout.champion, CHAMPION)
    other = msgspec.structs.replace(CHAMPION, day="2026-01-09", version="4", sha256="c" * 64)
    line = Line(decision="promoted", why="better", day=other.day, before=CHAMPION, model=other, metrics={})
    layout.ledger.write_bytes(msgspec.json.encode(line.after("")) + b"\n")
    assert "In use: the model of 2026-01-09, version 4" in page(layout)


def test_a_day_on_which_the_live_score_fell_is_marked(layout):
    notes = {"metric": "r2", "value": 0.1, "model": "2026-01-02 v3", "level": "alarm"}
    report(layout, "live", "2026-01-01", notes, {"rows": 7})
    assert 'class="word alarm"' in page(layout)


def test_a_torn_last_line_of_the_ledger_hides_no_line_before_it(layout):
    write_champion(layout.champion, CHAMPION)
    line = Line(by="ada", decision="adopted", why="wanted", day="2026-01-02", before=None, model=CHAMPION, metrics={})
    layout.ledger.write_bytes(msgspec.json.encode(line.after("")) + b'\n{"when":"2026')
    assert "by ada: wanted" in page(layout)


def test_a_damaged_report_is_listed_as_such_and_hides_no_other(layout):
    report(layout, "train", "2026-01-02", {"decision": "refused", "why": "<b>worse</b>"})
    (layout.report("predict", "2026-01-03")).mkdir(parents=True)
    (layout.report("predict", "2026-01-03") / "manifest.json").write_text("{")
    html = page(layout)
    assert "damaged" in html
    assert "&lt;b&gt;worse&lt;/b&gt;" in html


def test_listing_needs_neither_numpy_nor_matplotlib():
    program = "import sys, analysis.pages.index, analysis.pages.page; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert {"numpy", "matplotlib", "scipy", "pyarrow"} & set(loaded) == set()
    assert "jinja2" in loaded


def test_a_predicted_day_that_was_not_measured_says_why(layout):
    notes = {
        "metric": "r2",
        "value": None,
        "model": "unknown",
        "part": "none",
        "why": "predictions/2026-01-01: are damaged",
    }
    report(layout, "live", "2026-01-01", notes, {"rows": 0})
    html = page(layout)
    assert "unmeasured" in html
    assert "predictions/2026-01-01: are damaged" in html
