#!/usr/bin/env python3
"""The reference work as it is usually written: pandas, CSV, one-hot for everything, a table at a time.

usage: plain.py TABLES OUT     reads TABLES/{train,new}.csv, writes a model and predictions
"""

from __future__ import annotations

import sys
from pathlib import Path

import joblib
import numpy as np
import pandas as pd
from schema import KEY, LEAST, LEVELS, NUMBERS, TARGET
from scipy.stats import ks_2samp
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import accuracy_score, average_precision_score, brier_score_loss, f1_score, log_loss, roc_auc_score
from sklearn.model_selection import StratifiedKFold, cross_val_score, train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler
from stages import Stages

FOLDS, RESAMPLES = 2, 99
FEATURES = [*NUMBERS, *LEVELS]


def main(tables: Path, out: Path) -> None:
    """All stages."""
    out.mkdir(parents=True, exist_ok=True)
    stages = Stages()
    with stages.stage("read"):
        frame = pd.read_csv(tables / "train.csv")
    with stages.stage("check"):
        good = frame[TARGET].isin([0, 1])
        for name, least in LEAST.items():
            good &= ~(frame[name] < least)
        for name, values in LEVELS.items():
            good &= frame[name].isna() | frame[name].isin(values)
        frame = frame[good].drop_duplicates(subset=KEY)
        rows, target = frame[FEATURES], frame[TARGET].astype(int)
        train, test, train_target, test_target = train_test_split(
            rows, target, test_size=0.2, random_state=0, stratify=target
        )
    prepare = ColumnTransformer(
        [
            ("numbers", make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler()), NUMBERS),
            ("words", OneHotEncoder(handle_unknown="ignore", sparse_output=False), list(LEVELS)),
        ]
    )
    candidates = {
        "linear": make_pipeline(prepare, LogisticRegression(max_iter=1000)),
        "trees": make_pipeline(prepare, HistGradientBoostingClassifier(max_iter=100, early_stopping=False)),
    }
    scores = {}
    for name, model in candidates.items():
        with stages.stage(f"cross-validate {name}"):
            folds = StratifiedKFold(FOLDS, shuffle=True, random_state=0)
            scores[name] = cross_val_score(model, train, train_target, cv=folds, scoring="roc_auc").mean()
    chosen = max(scores, key=lambda name: scores[name])
    with stages.stage("fit"):
        model = candidates[chosen].fit(train, train_target)
    with stages.stage("validate"):
        y_score = model.predict_proba(test)[:, 1]
        truth = test_target.to_numpy()
        stages.results["auc"] = roc_auc_score(truth, y_score)
        for score in (average_precision_score, log_loss, brier_score_loss):
            score(truth, y_score)
        for score in (accuracy_score, f1_score):
            score(truth, y_score > 0.5)
        rng = np.random.default_rng(0)
        samples = [rng.integers(0, len(truth), len(truth)) for _ in range(RESAMPLES)]
        stages.results["interval"] = np.quantile(
            [roc_auc_score(truth[sample], y_score[sample]) for sample in samples], [0.025, 0.975]
        )
        stages.results["interval"] = stages.results["interval"].tolist()
    with stages.stage("save"):
        joblib.dump(model, out / "model.joblib")
    with stages.stage("predict"):
        new = pd.read_csv(tables / "new.csv")
        pd.DataFrame({KEY: new[KEY], "score": model.predict_proba(new[FEATURES])[:, 1]}).to_csv(
            out / "predictions.csv", index=False
        )
    with stages.stage("drift"):
        stages.results["drift"] = sum(
            ks_2samp(train[name].dropna(), new[name].dropna()).statistic > 0.05 for name in NUMBERS
        )
        for name in LEVELS:
            before, now = (table[name].value_counts(normalize=True) for table in (train, new))
            stages.results["drift"] += int(np.sqrt(((now - before) ** 2 / before).sum()) > 0.1)
        stages.results["drift"] = int(stages.results["drift"])
    stages.results |= {"chosen": chosen, "cv": scores[chosen]}
    stages.report()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
