"""The shapes of texts: with each digit a 9 there are few of them, and whether one is a number shows in its shape."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

_DIGITS = bytes.maketrans(b"012345678", b"9" * 9)


@dataclass(frozen=True)
class Shapes:
    """The shapes of some texts. A pattern is tried on each shape once, however many texts have it."""

    known: pa.Array
    """The different shapes."""
    indices: pa.Array
    """Of each text, which shape it has."""
    times: npt.NDArray[np.int64]
    """Of each text, how often it comes."""

    @classmethod
    def of(cls, texts: pa.Array, times: pa.Array) -> Shapes:
        """`texts`: different ones, none missing; `times`: how often each comes."""
        validity, offsets, content = texts.buffers()
        content = content if content is None else pa.py_buffer(content.to_pybytes().translate(_DIGITS))
        encoded = pa.Array.from_buffers(
            texts.type, len(texts), [validity, offsets, content], offset=texts.offset
        ).dictionary_encode()
        return cls(encoded.dictionary, encoded.indices, times.to_numpy())

    def match(self, pattern: str) -> pa.Array:
        """For each shape, whether a pattern that names no digit but 9 fits it."""
        return pc.match_substring_regex(self.known, pattern)

    def each(self, shapes: pa.Array) -> pa.Array:
        """For each text, the value of its shape."""
        return shapes.take(self.indices)

    def count(self, texts: pa.Array, asked: pa.Array, pattern: str) -> int:
        """How often texts come that fit a pattern which no shape decides; only those are tried that may fit it."""
        return total(self.times[np.asarray(asked)], pc.match_substring_regex(texts.filter(asked), pattern))

    @property
    def rows(self) -> npt.NDArray[np.int64]:
        """For each shape, how often its texts come."""
        counts = np.bincount(self.indices.to_numpy(), weights=self.times, minlength=len(self.known))
        return counts.astype(np.int64)

    @property
    def texts(self) -> npt.NDArray[np.int64]:
        """For each shape, how many texts have it."""
        return np.bincount(self.indices.to_numpy(), minlength=len(self.known)).astype(np.int64)

    def filter(self, shapes: pa.Array) -> Shapes:
        """The texts with some of the shapes."""
        chosen = self.each(shapes)
        kept = self.indices.filter(chosen).dictionary_encode()
        return Shapes(self.known.take(kept.dictionary), kept.indices, self.times[np.asarray(chosen)])


def total(counts: npt.NDArray[np.int64], chosen: Any) -> int:
    """The sum of the counts that are chosen."""
    return int(counts[np.asarray(chosen, dtype=bool)].sum())


def counter_of(values: pa.Array, times: pa.Array) -> dict[str, int]:
    """How often each value comes."""
    counter: Counter[str] = Counter()
    for value, number in zip(values.to_pylist(), times.to_pylist(), strict=True):
        counter[value] += number
    return counter
