"""The steps, each imported by one process that forks for every run."""

import pytest
from faults.steps import STEPS, Runner

MORE = {"validate": ("oracle.plain_pages", "oracle.few_shuffles"), "predict": ("oracle.plain_pages",)}
"""What changes a step, besides what tests/faults knows that it imports."""


@pytest.fixture(scope="session")
def steps():
    """A runner of each step, and a second one of validate."""
    names = {**{step: step for step in STEPS}, "validate again": "validate"}
    made = {name: Runner(step, None, MORE.get(step, ())) for name, step in names.items()}
    yield made
    for runner in made.values():
        runner.close()


@pytest.fixture
def counts(record_property):
    """Keeps what was tried, for the table at the end: (what, of which, how many, note)."""
    return lambda *row: record_property("tried", list(row))


def pytest_terminal_summary(terminalreporter):
    for report in terminalreporter.stats.get("passed", []):
        for name, row in report.user_properties:
            if name == "tried":
                terminalreporter.line(" ".join(map(str, row)))
