import os
from pathlib import Path

import pytest
from stack import ROOT, copy_checkout, running

TIMINGS: list[str] = []


@pytest.fixture(scope="session")
def stack(tmp_path_factory):
    """The whole stack, up from a fresh copy with volumes of its own; down again at the end."""
    with running(copy_checkout(tmp_path_factory.mktemp("checkout"))) as stack:
        yield stack


@pytest.fixture(scope="session")
def telco():
    """The real table, as it came."""
    path = Path(os.environ.get("MICROSTEP_TELCO", ROOT.parent / "shared" / "data" / "telco-churn.csv"))
    if not path.is_file():
        pytest.skip(f"{path} is not there: set MICROSTEP_TELCO to the public Telco Customer Churn file")
    return path


@pytest.fixture(scope="session")
def timings():
    """Lines for the table at the end of the test run."""
    return TIMINGS


def pytest_terminal_summary(terminalreporter):
    if TIMINGS:
        terminalreporter.section("wall times on compose")
        for line in TIMINGS:
            terminalreporter.write_line(line)
