"""The gate's promises, kept by the study that the docs quote, on fewer rows and draws than there."""

import importlib.util
from pathlib import Path

STUDY = Path(__file__).resolve().parents[4] / "bench" / "gate.py"
spec = importlib.util.spec_from_file_location("gate_study", STUDY)
gate_study = importlib.util.module_from_spec(spec)
spec.loader.exec_module(gate_study)


def test_of_200_pairs_of_equal_models_at_most_5_in_100_are_promoted_as_better():
    shares, _ = gate_study.study(2000, 0.0, trials=200, resamples=299, seed=2)
    assert shares["better"] <= 0.05


def test_a_gap_of_two_hundredths_is_seen_and_a_worse_model_is_refused():
    assert gate_study.study(5000, 0.02, trials=20, resamples=299)[0]["better"] >= 0.9
    assert gate_study.study(2000, -0.03, trials=20, resamples=299)[0] == {"better": 0, "not_worse": 0}
