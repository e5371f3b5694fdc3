"""The tables of `pipeline.toml` about models: how they are found, judged and watched."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from contract.config.data import Task
from contract.config.source import Section, at_least, fraction

_METRICS: dict[Task, str] = {"binary": "roc_auc", "multiclass": "neg_log_loss", "regression": "r2"}
"""What a task's candidates are compared by unless training.metric says otherwise."""


class Range(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Numbers of a search space between two ends, evenly spread, or evenly in their logarithm."""

    low: float
    high: float
    log: bool = False
    integer: bool = False

    def __post_init__(self) -> None:
        if not self.low < self.high:
            raise ValueError(f"low must be < high, got {self.low:g} and {self.high:g}")
        if self.log and not self.low > 0:
            raise ValueError(f"low must be above 0 with log = true, got {self.low:g}")
        if self.log and self.integer:
            raise ValueError("log must not be given with integer = true; list the numbers instead")


class Encode(Section, frozen=True):
    """How an estimator gets columns of words as numbers; `auto`: as the column's rows suggest."""

    text: Literal["auto", "words", "characters", "hashing"] = "auto"
    """What TF-IDF counts: words and pairs of them, runs of characters within words, or hashes of words."""
    category: Literal["auto", "frequent", "target"] = "auto"
    """The most frequent words by a code, all others by one, or each word by the target's mean."""


class Candidate(Section, frozen=True):
    """An estimator that may become the challenger."""

    name: str
    estimator: str
    """Dotted name of a scikit-learn estimator."""
    params: dict[str, Any] = msgspec.field(default_factory=dict)
    search: dict[str, list[Any] | Range] = msgspec.field(default_factory=dict)
    """Parameters to search: each with a list of values, or a range."""
    trials: int = 20
    """Points of the search space that successive halving begins with."""
    encode: Encode = Encode()
    passes: int = 0
    """Over all rows of the window, batch by batch, for an estimator that learns in parts; 0: in one go, in memory."""

    def __post_init__(self) -> None:
        at_least("trials", self.trials, 2)
        at_least("passes", self.passes, 0)
        if twice := sorted(set(self.params) & set(self.search)):
            raise ValueError(f"search must not name what params fixes, got {twice[0]!r} in both")
        if empty := [name for name, space in self.search.items() if isinstance(space, list) and not space]:
            raise ValueError(f"search must give each parameter a value, got none for {empty[0]!r}")


class Training(Section, frozen=True):
    """How a challenger is found."""

    candidates: tuple[Candidate, ...]
    window_days: int = 7
    min_days: int | None = None
    """Days of the window that need rows and labels; a training does without the others. None: all expected ones."""
    target_delay_days: int = 0
    test_days: int | None = None
    """The last days of the window, which no model is fitted on; None: as many as the rows allow, 0: none."""
    metric: str | None = None
    """A scikit-learn scorer; None takes the task's own, see `metric_for`."""
    folds: int = 3
    cross_validation: Literal["shuffled", "by_day"] = "shuffled"
    """`by_day`: fit on earlier days, score the next ones."""
    class_weights: Literal["none", "balanced"] | dict[str, float] = "none"
    seed: int = 0
    max_rows: int | None = None
    """At most so many rows are held in memory: a sample by key, by class; None holds them all."""
    sign: bool = False
    """Sign model files; every step that opens one then demands the signature."""

    def __post_init__(self) -> None:
        at_least("window_days", self.window_days, 1)
        at_least("target_delay_days", self.target_delay_days, 0)
        if self.min_days is not None and not 1 <= self.min_days <= self.window_days:
            raise ValueError(f"min_days must be between 1 and window_days {self.window_days}, got {self.min_days}")
        if self.test_days is not None:
            at_least("test_days", self.test_days, 0)
            if self.test_days >= self.window_days:
                raise ValueError(
                    f"test_days must be less than window_days {self.window_days}, or no day is left to train on, "
                    f"got {self.test_days}"
                )
        at_least("folds", self.folds, 2)
        if self.max_rows is not None:
            at_least("max_rows", self.max_rows, 1)
        names = [candidate.name for candidate in self.candidates]
        if not names or len(set(names)) < len(names):
            raise ValueError(f"candidates must have names that differ, at least one, got {names}")
        if isinstance(self.class_weights, dict):
            for name, weight in self.class_weights.items():
                if not weight > 0:
                    raise ValueError(f"class_weights.{name} must be above 0, got {weight:g}")

    def metric_for(self, task: Task) -> str:
        """The scorer by which candidates, and champion and challenger, are compared: greater is better."""
        return self.metric or _METRICS[task]


class Costs(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a wrong answer costs, in any unit; a right one costs nothing."""

    false_positive: float
    false_negative: float

    def __post_init__(self) -> None:
        for name in ("false_positive", "false_negative"):
            if not getattr(self, name) > 0:
                raise ValueError(f"{name} must be above 0, got {getattr(self, name):g}")


class Decision(Section, frozen=True):
    """From which probability on a binary model says the positive class: 0.5 unless one of these is given."""

    costs: Costs | None = None
    """The threshold is the one that costs least on the training's out-of-fold predictions."""
    threshold: float | None = None

    def __post_init__(self) -> None:
        if self.costs is not None and self.threshold is not None:
            raise ValueError("threshold must not be given beside costs, which choose it")
        if self.threshold is not None and not 0 < self.threshold < 1:
            raise ValueError(f"threshold must be between 0 and 1, got {self.threshold:g}")


class Gate(Section, frozen=True):
    """When a challenger becomes the champion. Scores are scikit-learn's: greater is better."""

    minimums: dict[str, float] = msgspec.field(default_factory=dict)
    """The least score on the test rows, by scorer."""
    require: Literal["not_worse", "better"] = "not_worse"
    """What the paired interval of the difference must show: above -margin, or above 0."""
    margin: float = 0.01
    """How much worse than the champion's, and the anchor's, the challenger's training metric may be."""
    confidence: float = 0.95
    """The confidence of each interval, two-sided; for slices, of all their intervals together."""
    resamples: int = 999
    """The resamples of the paired bootstrap."""
    min_test_rows: int = 30
    """With rows of fewer groups, or with fewer groups of the rarer class, nothing is decided and the champion stays."""
    baseline: Literal["auto", "constant", "off"] = "auto"
    """What a challenger must beat: the best constant answer and, with `table.group`, what is known of the group."""
    min_lift: float | None = None
    """The least share of the baseline's error that is shown to be gone; None: 0.01, or 0.05 for a regression."""
    slices: tuple[str, ...] = ()
    """Columns of categories, each of whose values is a slice."""
    slice_margin: float = 0.05
    """How much the training metric may drop in a slice."""
    min_slice_rows: int = 50
    """Slices with fewer groups are shown, not judged."""
    max_calibration_error: float | None = None
    """The greatest expected calibration error of the probabilities, beyond what chance gives."""
    brier_margin: float | None = None
    """How much worse than the champion's the Brier score may be."""
    cost_margin: float = 0.0
    """How much more than the champion's the mean cost of a row may be, with decision.costs."""
    approval: Literal["automatic", "manual"] = "automatic"
    """`manual`: a challenger that passed waits for a person's word."""

    def __post_init__(self) -> None:
        for name in ("margin", "slice_margin", "cost_margin"):
            at_least(name, getattr(self, name), 0)
        at_least("min_test_rows", self.min_test_rows, 1)
        at_least("min_slice_rows", self.min_slice_rows, 1)
        at_least("resamples", self.resamples, 99)
        if not 0.5 <= self.confidence < 1:
            raise ValueError(f"confidence must be at least 0.5 and below 1, got {self.confidence:g}")
        if self.min_lift is not None and not 0 <= self.min_lift < 1:
            raise ValueError(f"min_lift must be at least 0 and below 1, got {self.min_lift:g}")
        if self.max_calibration_error is not None:
            fraction("max_calibration_error", self.max_calibration_error)
        if self.brier_margin is not None:
            at_least("brier_margin", self.brier_margin, 0)


class Drift(Section, frozen=True):
    """When a day's rows look unlike the training's. Rates are of days without drift, all columns together."""

    false_alarms: float = 0.01
    """The chance that such a day is called an alarm."""
    false_watches: float = 0.05
    """The chance that such a day is called at least a watch."""
    resamples: int = 1000
    """Days drawn from the training rows to find the thresholds."""

    def __post_init__(self) -> None:
        for name in ("false_alarms", "false_watches"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"{name} must be between 0 and 1, got {getattr(self, name):g}")
        if self.false_alarms > self.false_watches:
            raise ValueError(
                f"false_alarms must be <= false_watches, got {self.false_alarms:g} > {self.false_watches:g}"
            )
        # a quantile beyond the last draw would be a guess
        at_least("resamples", self.resamples, 2 / self.false_alarms)
