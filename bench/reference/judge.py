#!/usr/bin/env python3
"""Print the ROC AUC of predicted scores.

usage: judge.py TRUTH PREDICTIONS…     PREDICTIONS: files of CSV or Parquet with id and score
"""

from __future__ import annotations

import sys
from pathlib import Path

import pandas as pd
from schema import KEY, TARGET
from sklearn.metrics import roc_auc_score


def main(truth: Path, *predictions: Path) -> None:
    """Join by id, and print."""
    y_pred = pd.concat([pd.read_csv(path) if path.suffix == ".csv" else pd.read_parquet(path) for path in predictions])
    both = y_pred.astype({KEY: "int64"}).merge(pd.read_parquet(truth), on=KEY)
    print(roc_auc_score(both[TARGET], both["score"]))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
