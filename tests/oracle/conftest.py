"""The steps, each imported by one process that forks for every run."""

import pytest
from faults.steps import STEPS, Runner

WRITES = ("contract.datasets.table_writer", "encodings.utf_8_sig", "locale", "numpy.ma")
MODELS = (
    *("email.parser", "narwhals._pandas_like.namespace", "narwhals.stable.v2", "pyarrow.pandas_compat"),
    *("pyarrow.vendored.version", "sklearn.frozen", "sklearn.impute"),
)
MORE = {
    "generate": (*WRITES, "generate.ingest", "generate.inbox", "generate.file_rows"),
    "preprocess": (*WRITES, "preprocess.check", "preprocess.labels.fit", "pyarrow.csv", "pyarrow.dataset"),
    "train": (*WRITES, *MODELS, "train.training"),
    "validate": (
        *(*WRITES, *MODELS, "sklearn.discriminant_analysis", "sklearn.neighbors"),
        *("validate.judgement", "validate.live.metrics", "validate.champion.rollback"),
        *("validate.champion.adoption", "validate.champion.approval", "oracle.plain_pages", "oracle.few_shuffles"),
    ),
    "predict": (*WRITES, *MODELS, "predict.scoring", "predict.report", "predict.trace.links", "oracle.plain_pages"),
}
"""What a step imports when it gets to work, besides what tests/faults knows."""


@pytest.fixture(scope="session")
def steps():
    """A runner of each step, and a second one of validate."""
    names = {**{step: step for step in STEPS}, "validate again": "validate"}
    made = {name: Runner(step, None, MORE[step]) for name, step in names.items()}
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
