"""The class that limits what test rows can tell: with three positives no score of theirs means anything."""

from __future__ import annotations

import numpy as np

from analysis.rows import classes as class_names
from contract.config import Config
from validate.gate.gate import Rarer
from validate.measures.scored_rows import ScoredRows
from validate.measures.weighted import by_class


def rarer(config: Config, metric: str, scored: ScoredRows) -> Rarer | None:
    """The rarer class of two and, for a metric that gives every class the same weight, the rarest of many.

    For other metrics of many classes, all but the most frequent one: rare classes hardly count in them. A class that
    no row has is told of elsewhere, unless it is one of two.
    """
    names = class_names(config)
    if not names or not len(scored.target):
        return None
    groups = np.array([scored.clusters.inside(scored.target == code).count for code in range(len(names))])
    if len(names) > 2 and not by_class(metric):
        most = int(np.bincount(scored.target, minlength=len(names)).argmax())
        others = scored.clusters.inside(scored.target != most).count
        return Rarer(text=f"other classes than {names[most]!r}", groups=others)
    code = int(groups.argmin() if len(names) == 2 else np.where(groups > 0, groups, groups.max()).argmin())
    return Rarer(text=f"the rarer class {names[code]!r}", groups=int(groups[code]))
