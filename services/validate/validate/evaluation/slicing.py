"""The slices of the test rows: which there are, and how both models' training metric stands in each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from contract.config.model import Gate
from validate.gate.rules import Slice
from validate.measures.bootstrap import Draws, Weighted
from validate.measures.clusters import Array, Clusters, degrees_of_freedom
from validate.measures.metrics import values
from validate.measures.scored_rows import ScoredRows
from validate.measures.simultaneous import simultaneous

MOST_SLICES = 50
"""The most of one column: those with the most rows."""


@dataclass(frozen=True)
class Piece:
    """The rows that have one word in one column."""

    column: str
    word: str
    rows: Array
    """Their numbers."""
    groups: int
    judged: bool
    """Has groups enough."""

    @property
    def key(self) -> str:
        """A name that no other slice and no score has."""
        return f"{self.column!r}={self.word!r}"

    def of(self, statistic: Weighted) -> Weighted:
        """Turns a statistic of the slice's rows into one of the weights of all rows."""
        return lambda weights: statistic(weights[:, self.rows])


def pieces(gate: Gate, scored: ScoredRows, clusters: Clusters) -> Iterator[Piece]:
    """The slices of each column in gate.slices, those with the most rows first."""
    for column in gate.slices:
        codes, words = pd.factorize(scored.slices[column], sort=True)
        sizes, groups = np.bincount(codes, minlength=len(words)), _groups(codes, clusters)
        order = np.argsort(codes, kind="stable")
        ends = np.cumsum(sizes)
        for code in np.argsort(-sizes, kind="stable"):
            rows = order[ends[code] - sizes[code] : ends[code]]
            yield Piece(column, str(words[code]), rows, int(groups[code]), bool(groups[code] >= gate.min_slice_rows))


def shown(found: list[Piece]) -> tuple[list[Piece], dict[str, int]]:
    """The first `MOST_SLICES` of each column, and by column how many more of them have groups enough."""
    first, more, seen = [], Counter[str](), Counter[str]()
    for piece in found:
        seen[piece.column] += 1
        if seen[piece.column] <= MOST_SLICES:
            first.append(piece)
        else:
            more[piece.column] += piece.judged
    return first, {column: count for column, count in more.items() if count}


def slices(
    found: list[Piece],
    metric: str,
    models: Mapping[str, ScoredRows],
    drawn: Mapping[str, Draws],
    confidence: float,
    *,
    by_class: bool,
) -> list[Slice]:
    """Each slice with the difference of the metric; the intervals of all that are judged hold at once.

    `models`: the challenger, and the champion where there is one; `drawn`: the metric's draws by `Piece.key:model`;
    `by_class`: it gives every class the same weight.
    """
    challenger, family = models["challenger"], {}
    for piece in found:
        if f"{piece.key}:champion" in drawn:
            classes_of_rows = challenger.target[piece.rows] if by_class else None
            degrees = degrees_of_freedom(challenger.clusters.inside(piece.rows), classes_of_rows)
            family[piece.key] = drawn[f"{piece.key}:challenger"] - drawn[f"{piece.key}:champion"], degrees
    intervals = simultaneous(family, confidence)
    return [
        Slice(
            column=piece.column,
            value=piece.word,
            rows=len(piece.rows),
            groups=piece.groups,
            challenger=_value(piece, metric, "challenger", models, drawn),
            champion=_value(piece, metric, "champion", models, drawn),
            difference=intervals.get(piece.key),
            judged=piece.judged,
        )
        for piece in found
    ]


def _value(
    piece: Piece, metric: str, model: str, models: Mapping[str, ScoredRows], drawn: Mapping[str, Draws]
) -> float | None:
    if (draws := drawn.get(f"{piece.key}:{model}")) is not None:
        return draws.value if np.isfinite(draws.value) else None
    if (scored := models.get(model)) is None:
        return None
    classes = scored.scores.shape[1] if scored.scores.ndim > 1 else 0
    return values([metric], scored.part(piece.rows), classes)[metric]


def _groups(codes: Array, clusters: Clusters) -> Array:
    """How many groups the rows of each code are of."""
    if clusters.of_row is None:
        return np.bincount(codes)
    pairs = np.unique(codes.astype(np.int64) * clusters.count + clusters.of_row)
    return np.bincount(pairs // clusters.count)
