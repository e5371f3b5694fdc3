import os
from pathlib import Path

import pytest
from stack import ROOT, copy_checkout, running
from stack_helpers import DAYS, explain, parse_anew

TIMINGS: list[str] = []
OWNERS: set[int] = set()

# one stack for all, so one module begins where the one before it ended
MODULES = (
    # what the first start began goes on during the tests of the boundaries; the models' story begins after it
    *("test_boundaries", "test_first_loop", "test_models", "test_operator", "test_stack"),
    # the last test of the one before leaves the stack down, and `small_stack` starts it anew
    "test_operator_sequence",
    # these share the fixture `trained`
    *(
        "test_recovery",
        "test_mid_run_changes",
        "test_disk_and_engine",
        "test_secrets",
        "test_moved_state",
        "test_late_run",
    ),
)


def pytest_collection_modifyitems(items):
    """Run the modules of this folder in the order of MODULES; a module that it lacks is an error."""
    own = [number for number, item in enumerate(items) if item.path.parent == Path(__file__).parent]
    ordered = sorted((items[number] for number in own), key=lambda item: MODULES.index(item.path.stem))
    for number, item in zip(own, ordered, strict=True):
        items[number] = item


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
def small_stack(stack):
    """The stack with a few synthetic rows a day, up again after test_operator_sequence."""
    text = (ROOT / "pipeline.toml").read_text()
    for shipped, small in {
        'name = "microstep" ': 'name = "trouble" ',
        "rows = 2000": "rows = 400",
        "window_days = 7": "window_days = 2",
        "max_iter = 100,": "max_iter = 10,",
        "minimums = { roc_auc = 0.70 }": "minimums = {}",
        "min_test_rows = 100": "min_test_rows = 10",
        "max_calibration_error = 0.10": "max_calibration_error = 1.0",
        "first_day = 2026-01-01": f"first_day = {DAYS[0]}",
    }.items():
        assert text.count(shipped) == 1, shipped
        text = text.replace(shipped, small)
    stack.run("sh", "-c", "find data -mindepth 1 -not -name .gitignore -not -name .stack -delete")
    (stack.checkout / "pipeline.toml").write_text(text)
    # nothing but the tests' own runs
    stack.run("sh", "-c", "echo MICROSTEP_SCHEDULE=false >> .env")
    stack.run("make", "--no-print-directory", "up")
    parse_anew(stack, "generate", "train", "predict")
    return stack


@pytest.fixture(scope="session")
def trained(small_stack):
    """Two days, a champion and predictions."""
    assert set(small_stack.airflow.run_days("generate", DAYS[:2]).values()) == {"success"}, explain(
        small_stack, "generate"
    )
    assert small_stack.airflow.run_days("train", [DAYS[1]]) == {DAYS[1]: "success"}, explain(small_stack, "train")
    assert small_stack.airflow.run_days("predict", [DAYS[1]]) == {DAYS[1]: "success"}, explain(small_stack, "predict")
    return small_stack


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
