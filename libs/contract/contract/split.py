"""Which part the hash of a group puts its rows into."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt


def in_test(groups: npt.NDArray[np.uint64], fraction: float) -> npt.NDArray[np.bool_]:
    """The groups of the test part. They stay in it forever, and with any larger fraction."""
    result: npt.NDArray[np.bool_] = (groups >> np.uint64(11)).astype(np.float64) * 2.0**-53 < fraction
    return result
