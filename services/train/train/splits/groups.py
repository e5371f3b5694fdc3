"""Rows of one entity, kept together: parts of a training for folds, and a part to stop by.

Where every entity has one row these are scikit-learn's own splits of rows (`folds`), and nothing here is asked.
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.model_selection import GroupKFold, KFold, StratifiedGroupKFold, StratifiedKFold

from train.rows import Array

FEW = 1000
"""Up to so many entities, rows and classes are evened out one by one, in a loop; more even out by their number."""


def parts(groups: Array, codes: Array, count: int, seed: int, *, classes: bool) -> Array:
    """A part 0 ... count - 1 for each row: one for all rows of an entity, of about one size, with each class spread.

    Raises ValueError when there are fewer entities than parts.
    """
    numbers, entities = np.unique(groups, return_inverse=True)
    result = np.zeros(len(groups), dtype=np.intp)
    if len(numbers) <= FEW:
        # numbered anew: what is equal in size is told apart by the seed
        shuffled = np.random.default_rng(seed).permutation(len(numbers))[entities]
        few = StratifiedGroupKFold(count, shuffle=True, random_state=seed) if classes else GroupKFold(count)
        for part, (_, rows) in enumerate(few.split(codes, codes, shuffled)):
            result[rows] = part
        return result
    kind = StratifiedKFold if classes else KFold
    of_entity = rarest(entities, codes) if classes else np.zeros(len(numbers), dtype=np.intp)
    part_of = np.zeros(len(numbers), dtype=np.intp)
    with warnings.catch_warnings():
        # hardly an entity may have the common class alone: the rarer one is what must be spread
        warnings.filterwarnings("ignore", "The least populated class", UserWarning)
        for part, (_, chosen) in enumerate(kind(count, shuffle=True, random_state=seed).split(of_entity, of_entity)):
            part_of[chosen] = part
    return part_of[entities]


def splits(groups: Array, codes: Array, count: int, seed: int, *, classes: bool) -> list[tuple[Array, Array]]:
    """Row numbers to fit on and to score on, part by part. Raises ValueError as `parts`."""
    part = parts(groups, codes, count, seed, classes=classes)
    return [(np.flatnonzero(part != number), np.flatnonzero(part == number)) for number in range(count)]


def held_out(groups: Array, codes: Array, fraction: float, seed: int, *, classes: bool) -> tuple[Array, Array]:
    """Row numbers to learn from, and about `fraction` of the rows to stop by: of other entities, of each class.

    Entities are drawn among those with the same rarest class; one that is larger than what is wanted is learned from.
    Raises ValueError where no class has two entities.
    """
    numbers, entities, sizes = np.unique(groups, return_inverse=True, return_counts=True)
    of_entity = rarest(entities, codes) if classes else np.zeros(len(numbers), dtype=np.intp)
    rng, stops = np.random.default_rng(seed), np.zeros(len(numbers), dtype=bool)
    for stratum in np.unique(of_entity):
        members = rng.permutation(np.flatnonzero(of_entity == stratum))
        if len(members) < 2:
            continue
        wanted = fraction * sizes[members].sum()
        small = members[sizes[members] <= wanted]
        drawn = small[np.cumsum(sizes[small]) <= wanted]
        stops[drawn if len(drawn) else members[np.argmin(sizes[members])]] = True
    if not stops.any():
        raise ValueError("early stopping needs two entities with the same class, one to learn from and one to stop by")
    stop = stops[entities]
    return np.flatnonzero(~stop), np.flatnonzero(stop)


def rarest(entities: Array, codes: Array) -> Array:
    """For each entity, of the classes of its rows the one that the fewest entities have, numbered by how few."""
    count = entities.max() + 1
    owners = []
    for code in np.unique(codes):
        there = np.zeros(count, dtype=bool)
        there[entities[codes == code]] = True
        owners.append((np.count_nonzero(there), code))
    result = np.empty(count, dtype=np.intp)
    # the rarest last: it is the one that stays
    for rank, (_, code) in reversed(list(enumerate(sorted(owners)))):
        result[entities[codes == code]] = rank
    return result
