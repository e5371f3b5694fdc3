"""Which entity each row belongs to: rows of one entity train or test together."""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa
import pyarrow.compute as pc

from contract.config import Config
from contract.texts.values import canonical
from preprocess.columns.checked_column import CheckedColumn, nulls
from preprocess.keys import Hashes, hashes_of

BETWEEN, MISSING = "\x1f", "\0"
"""Between the values of a row, and in place of one that is missing: no text of a table has them."""


def groups_of(columns: Mapping[str, CheckedColumn], keys: Hashes, named: pa.Array | None, config: Config) -> Hashes:
    """A hash of each row's entity.

    `columns` are the row's own, `keys` the hashes of its keys, `named` the texts of `table.group` where that is not the
    key. A row without one is an entity of its own, by its key; without a key of the table's own by what it holds.
    """
    if config.group == config.key:
        return keys
    if named is None:
        return hashes_of(contents(columns, config))
    groups = hashes_of(named)
    if (alone := nulls(named)).any():
        groups[alone] = keys[alone] if config.table.key else hashes_of(contents(columns, config))[alone]
    return groups


def contents(columns: Mapping[str, CheckedColumn], config: Config) -> pa.Array:
    """What a model sees of each row, as one text: the same for rows that no model can tell apart."""
    values = [_texts(columns[name].values) for name in sorted(config.features)]
    return pc.binary_join_element_wise(*values, BETWEEN, null_handling="replace", null_replacement=MISSING)


def _texts(values: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(values.type):
        return canonical(values.dictionary).take(values.indices)
    return canonical(values)
