"""Keys and other identities: their text, and their hash."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import xxhash

from contract.config import Config
from contract.config.data import Column
from contract.texts.values import canonical, inexact
from preprocess.columns import texts
from preprocess.columns.checked_column import CheckedColumn, Mask, nulls, where
from preprocess.columns.dates import as_written
from preprocess.columns.rules import check_column, written_form

Hashes = npt.NDArray[np.uint64]


def read_keys(column: pa.Array, config: Config) -> tuple[CheckedColumn, pa.Array]:
    """The key column judged by its rules (a key must not be missing), and the one text of each key."""
    checked, keys, lost = _identities(config.key, column, config)
    gone = nulls(keys) & ~nulls(checked.values) & ~lost
    if _spec(config.key, config).missing != "reject":
        gone |= checked.missing
    return _told(checked.breaking("missing", gone), lost), keys


def read_identities(name: str, column: pa.Array, config: Config) -> tuple[CheckedColumn, pa.Array]:
    """A column that says whose a row is, judged by its rules, and the one text of each of its values."""
    checked, identities, lost = _identities(name, column, config)
    return _told(checked, lost), identities


def _identities(name: str, column: pa.Array, config: Config) -> tuple[CheckedColumn, pa.Array, Mask]:
    """The column as it was checked, its values' texts, and where they are floats beyond 2^53: these name nothing.

    Their last digits are lost, so one of them may be another one's as well.
    """
    spec, missing = _spec(name, config), config.table.missing_values
    checked = check_column(name, column, spec, missing, written_form(config), key=True)
    lost, identities = inexact(column), checked.values
    if spec.type == "datetime":
        # as before dates were read: a key keeps its text, and its row its part
        identities = as_written(column, checked)
    if spec.type != "text":
        # a whole number that its column's type made a float of has lost digits on its way
        lost |= inexact(identities)
        identities = texts.known(canonical(identities), missing)
    return checked, where(~lost, identities), lost


def _spec(name: str, config: Config) -> Column:
    return config.columns.get(name, Column(type="text", role="ignore"))


def _told(checked: CheckedColumn, lost: Mask) -> CheckedColumn:
    return checked.breaking("a float too large to be exact, its last digits are lost", lost)


def hashes_of(keys: pa.Array) -> Hashes:
    """XXH64 (seed 0) of each key's UTF-8 bytes, 0 for null.

    The published algorithm, so that any other program can tell a key's split; two of five
    million keys share a hash with a probability below one in a million.
    """
    content = keys.cast(pa.binary()).fill_null(b"").to_pylist()
    hashes = np.fromiter(map(xxhash.xxh64_intdigest, content), dtype=np.uint64, count=len(keys))
    hashes[nulls(keys)] = 0
    return hashes


def repeated(ordered: Hashes) -> Mask:
    """Which of the ordered hashes are the same as the one before; a row without a key repeats none."""
    result: Mask = np.zeros(len(ordered), dtype=bool)
    result[1:] = (ordered[1:] == ordered[:-1]) & (ordered[1:] != 0)
    return result


def find(wanted: Hashes, ordered: Hashes) -> npt.NDArray[np.intp]:
    """The position of each wanted hash in an ordered array, -1 where it is not there.

    Several times faster where the wanted ones are in order, too: the search walks through memory then.
    """
    if not len(ordered):
        return np.full(len(wanted), -1, dtype=np.intp)
    positions = np.searchsorted(ordered, wanted)
    positions[positions == len(ordered)] = 0
    return np.where(ordered[positions] == wanted, positions, -1)
