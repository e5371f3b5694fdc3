"""`make demo` as a new user runs it: a fresh copy, nothing but Python and make, twice."""

import json
import subprocess
import time

import pytest
from end_to_end.stack import copy_checkout

FIRST_SECONDS = 300
AGAIN_SECONDS = 120


def demo(checkout):
    """Seconds and output of one `make demo`."""
    begin = time.monotonic()
    done = subprocess.run(
        ["make", "--no-print-directory", "demo"], cwd=checkout, capture_output=True, text=True, check=False
    )
    print(done.stdout, done.stderr)
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    return time.monotonic() - begin, done.stdout


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    checkout = copy_checkout(tmp_path_factory.mktemp("demo"))
    return checkout, *demo(checkout)


def test_from_bare_to_predictions_in_time(first):
    checkout, seconds, output = first
    print(f"make demo, first: {seconds:.0f} s")
    assert seconds < FIRST_SECONDS
    predictions = list((checkout / ".demo" / "data" / "predictions").glob("*/manifest.json"))
    assert sum(json.loads(path.read_text())["counts"]["rows_out"] for path in predictions) > 10_000
    for word in ("trained", "promoted", "champion", "predicted", ".demo/data/reports/index.html", "make ui"):
        assert word in output
    assert (checkout / ".demo/data/reports/index.html").stat().st_size > 1000


def test_the_second_time_is_quick_and_changes_no_model(first):
    checkout, _, _ = first
    models = {path: path.read_bytes() for path in (checkout / ".demo" / "data" / "models").rglob("*") if path.is_file()}
    seconds, _ = demo(checkout)
    print(f"make demo, again: {seconds:.0f} s")
    assert seconds < AGAIN_SECONDS
    assert {path: path.read_bytes() for path in models} == models
