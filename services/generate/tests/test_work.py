import subprocess
import sys

import pytest

from generate import work as module
from generate.work import work

HEAVY = {"numpy", "pyarrow", "pandas", "sqlalchemy"}


def test_deciding_loads_no_heavy_library():
    program = "import sys, generate.work; print(*sys.modules)"
    started = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    modules = set(started.stdout.split())
    assert "generate.work" in modules
    assert HEAVY & modules == set()


@pytest.fixture
def bring(run, table, source_class, monkeypatch):
    """Runs the step on a source with these labels; gives the source."""

    def bring(labels=("no",)):
        source = source_class(run(table), labels)
        monkeypatch.setattr(module, "source_of", lambda run: source)
        work(source.run)
        return source

    return bring


def test_only_what_is_not_up_to_date_is_asked_for(bring):
    first, again, late = bring(), bring(), bring(["yes"])
    assert (first.asked, again.asked, late.asked) == ([(True, True)], [], [(False, True)])


def test_a_source_without_labels_writes_no_target(bring, root, caplog):
    assert bring(labels=None).asked == [(True, False)]
    assert not (root / "raw/2026-11-22/target").exists()
    assert "raw/2026-11-22: no labels yet" in caplog.text


def test_labels_that_are_gone_stay_as_they_were_and_the_log_says_so(bring, rows, caplog):
    bring(["yes"])
    bring([])
    assert rows("target")["left"].to_pylist() == ["yes"]
    assert "no labels yet; the earlier ones stay" in caplog.text
