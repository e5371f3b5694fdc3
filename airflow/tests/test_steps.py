"""Where the things lie that steps read and write."""

from pathlib import Path

import pytest

from contract.layout import Layout
from microstep_airflow import steps
from microstep_airflow.operators import skip_check

DAY = "2026-01-03"
LAYOUT = Layout(Path("/data"))


@pytest.fixture
def enrich(monkeypatch):
    """A step besides the five, as `make step` enters it."""
    monkeypatch.setitem(steps.STEPS, "enrich", steps.Step(reads=("processed",), writes=("enrich",)))


@pytest.mark.parametrize(
    ("name", "step", "path"),
    [
        ("processed", "train", f"processed/{DAY}"),
        ("raw_target", "generate", f"raw/{DAY}/target"),
        ("report", "validate", f"reports/train/{DAY}"),
        ("report", "predict", f"reports/predict/{DAY}"),
        ("champion", "predict", "models/champion.json"),
        ("enrich", "enrich", f"derived/enrich/{DAY}"),
        ("enrich", "another", f"derived/enrich/{DAY}"),
    ],
)
@pytest.mark.usefixtures("enrich")
def test_a_name_is_a_place(name, step, path):
    assert LAYOUT.name(steps.path_of(name, step, DAY, LAYOUT)) == path


@pytest.mark.usefixtures("enrich")
def test_an_added_step_is_found_up_to_date_by_its_own_dataset():
    assert skip_check._datasets("enrich", DAY, LAYOUT) == [LAYOUT.derived("enrich", DAY)]


def test_a_step_that_writes_what_is_of_no_day_must_be_asked():
    with pytest.raises(
        skip_check.Changed, match="models/champion.json: is of no day, so only validate itself can tell"
    ):
        skip_check._datasets("validate", DAY, LAYOUT)
