#!/usr/bin/env python3
"""How often the gate is wrong, and what it can see: the real gate on pairs of models whose true ROC AUC is known.

Each trial draws test rows and the scores of two models that share most of what they know (correlation RHO within
a class). Run it in the environment of validate:

    dev/env validate
    PYTHONPATH=libs/contract:libs/analysis:services/validate .venvs/validate/bin/python bench/gate.py
"""

from __future__ import annotations

import argparse
import sys
import time

import numpy as np
from scipy import stats
from tqdm import tqdm

from contract.config.model import Gate
from validate.gate import Evidence, judge
from validate.outcome import Outcome
from validate.resampling import Interval, intervals
from validate.weighted import weighted

RHO = 0.9
AUC = 0.80
POSITIVE = 0.3


def pair(rng: np.random.Generator, rows: int, gap: float) -> tuple[Outcome, Outcome]:
    """Champion with a true ROC AUC of `AUC`, challenger with `gap` more (binormal scores)."""
    target = (rng.random(rows) < POSITIVE).astype(np.intp)
    noise = rng.multivariate_normal([0, 0], [[1, RHO], [RHO, 1]], rows)
    found = []
    for place, auc in enumerate((AUC, AUC + gap)):
        # the AUC of two normal distributions at a distance d of each other is Phi(d / sqrt 2)
        score = stats.norm.cdf(noise[:, place] + target * np.sqrt(2) * stats.norm.ppf(auc))
        found.append(Outcome(target, np.column_stack([1 - score, score])))
    return found[0], found[1]


def apart(champion: Outcome, challenger: Outcome, resamples: int, seed: int) -> Interval | None:
    """The interval of the difference, as validate computes it."""
    one, other = weighted("roc_auc", challenger, 2), weighted("roc_auc", champion, 2)
    assert one is not None
    assert other is not None
    both, rows = {"challenger": one, "champion": other}, len(champion.target)
    apart = {"apart": ("challenger", "champion")}
    return intervals(both, rows, differences=apart, confidence=0.95, resamples=resamples, seed=seed)["apart"]


def decisions(gates: dict[str, Gate], found: Interval | None, rows: int) -> dict[str, bool]:
    """By gate, whether it promotes."""
    evidence = Evidence(metric="roc_auc", rows=rows, challenger={}, champion={}, difference=found)
    return {name: judge(gate, evidence).decision == "promoted" for name, gate in gates.items()}


def study(rows: int, gap: float, trials: int, resamples: int, seed: int = 1) -> tuple[dict[str, float], float]:
    """Promotions by gate as fractions, and the mean width of the interval."""
    gates = {"better": Gate(require="better"), "not_worse": Gate()}
    counts, widths = dict.fromkeys(gates, 0), []
    rng = np.random.default_rng([seed, rows, round(gap * 1000) % 997])
    for trial in tqdm(range(trials), desc=f"{rows} rows, gap {gap:+.2f}", file=sys.stderr, leave=False):
        found = apart(*pair(rng, rows, gap), resamples, trial)
        assert found is not None
        widths.append(found.high - found.low)
        for name, promoted in decisions(gates, found, rows).items():
            counts[name] += promoted
    return {name: count / trials for name, count in counts.items()}, float(np.mean(widths))


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--trials", type=int, default=200, help="of each line (default: 200)")
    parser.add_argument("--resamples", type=int, default=999, help="of each interval (default: 999)")
    args = parser.parse_args()
    started = time.monotonic()
    print(f"ROC AUC {AUC:.2f}, correlation {RHO}, {args.trials} trials a line, margin {Gate().margin:g}\n")
    print("| test rows | true gap | promoted by `better` | promoted by `not_worse` | width of the interval |")
    print("|---|---|---|---|---|")
    for rows in (500, 2000, 5000):
        for gap in (-0.03, 0.0, 0.02):
            shares, width = study(rows, gap, args.trials, args.resamples)
            print(
                f"| {rows:,} | {gap:+.2f} | {shares['better']:.1%} | {shares['not_worse']:.1%} | {width:.4f} |",
                flush=True,
            )
    print(f"\n{time.monotonic() - started:.0f} s")
    return 0


if __name__ == "__main__":
    sys.exit(main())
