"""What a first start of the shipped pipeline does without a key pressed, while other tests ask their questions."""

from datetime import UTC, datetime, timedelta

from stack_helpers import explain, wait

ROUND = ("generate", "train", "predict")
ROWS = 2000 * 0.99
"""Of a made-up day at least, as pipeline.toml is shipped: a few break a rule, as real ones do."""
BEFORE = "2026-01-01"
"""What lay in data/ before the start (conftest.py)."""
MOST_MAILS = 3
"""The champion, a weekly training beside it, and the days that were caught up (docs/operations.md)."""


def test_the_shipped_pipeline_goes_once_round_without_a_key_pressed(stack, timings):
    """Days made, a first champion, predictions of every day, and three mails at most."""

    def ended():
        runs = [run for dag in ROUND for run in stack.airflow.call("GET", f"/api/v2/dags/{dag}/dagRuns")["dag_runs"]]
        # predict waits for a champion as long as there is none, so a failure would not end by itself
        assert "failed" not in {run["state"] for run in runs}, [explain(stack, dag) for dag in ROUND]
        went = {dag for dag in ROUND if any(run["dag_id"] == dag for run in runs)}
        return runs if went == set(ROUND) and all(run["end_date"] for run in runs) else None

    runs = wait(ended, 600, "the end of all runs that the first start began")
    assert {run["state"] for run in runs} == {"success"}, [explain(stack, dag) for dag in ROUND]
    begin, end = (moment(run[key] for run in runs) for moment, key in ((min, "start_date"), (max, "end_date")))
    seconds = (datetime.fromisoformat(end) - datetime.fromisoformat(begin)).total_seconds()
    timings.append(
        f"the first loop of the shipped pipeline: {seconds:.0f} s from its first run's start to its last's end"
    )

    yesterday = (datetime.now(UTC) - timedelta(days=1)).date().isoformat()
    assert stack.manifest("predictions", yesterday)["counts"]["rows_out"] >= ROWS
    predicted = [day.name for day in (stack.data / "predictions").iterdir()]
    made = [day.name for day in (stack.data / "raw").iterdir() if day.name != BEFORE]
    assert sorted(predicted) == sorted(made)
    subjects = [mail["subject"] for mail in stack.mails()]
    assert any(": new champion" in subject for subject in subjects), subjects
    assert len(subjects) <= MOST_MAILS, subjects
