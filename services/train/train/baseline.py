"""What can be answered without any feature, for the gate to compare the model with."""

from __future__ import annotations

from sklearn.dummy import DummyClassifier, DummyRegressor

from train.rows import Rows


def baseline(rows: Rows) -> dict[str, dict[str, float]]:
    """scikit-learn's dummy models of the fitted rows, as the numbers that they answer with.

    `priors`: the share of each class that the rows have; of a regression `constants`: the target's mean and median.
    """
    if not rows.classes:
        dummies = {name: DummyRegressor(strategy=name).fit(rows.codes, rows.codes) for name in ("mean", "median")}
        return {"constants": {name: float(dummy.constant_.item()) for name, dummy in dummies.items()}}
    dummy = DummyClassifier(strategy="prior").fit(rows.codes, rows.codes)
    labels = rows.labels_of(dummy.classes_)
    return {"priors": {str(label): float(share) for label, share in zip(labels, dummy.class_prior_, strict=True)}}
