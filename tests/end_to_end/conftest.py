import os
from pathlib import Path

import pytest
from stack import ROOT, copy_checkout, running

TIMINGS: list[str] = []
OWNERS: set[int] = set()


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    """The whole stack, up from a fresh copy with volumes of its own; down again at the end."""
    checkout = copy_checkout(tmp_path_factory.mktemp("checkout"))
    # as a copy that somebody brought back; root's, when root runs the tests
    left = checkout / "data" / "raw" / "2026-01-01"
    left.mkdir(parents=True)
    with running(checkout) as stack:
        OWNERS.update(path.stat().st_uid for path in (left, left.parent, stack.data))
        yield stack


@pytest.fixture(scope="session")
def telco():
    """The real table, as it came."""
    path = Path(os.environ.get("MICROSTEP_TELCO", ROOT.parent / "shared" / "data" / "telco-churn.csv"))
    if not path.is_file():
        pytest.skip(f"{path} is not there: set MICROSTEP_TELCO to the public Telco Customer Churn file")
    return path


@pytest.fixture(scope="session")
def owners(stack):
    """Who owned the data root, and what lay in it, after the first start."""
    return OWNERS


@pytest.fixture(scope="session")
def timings():
    """Lines for the table at the end of the test run."""
    return TIMINGS


def pytest_terminal_summary(terminalreporter):
    if TIMINGS:
        terminalreporter.section("wall times on compose")
        for line in TIMINGS:
            terminalreporter.write_line(line)
