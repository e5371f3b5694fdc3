"""Whether a day's rows and labels were read together: without a key, only a row's number links it to its label."""

from __future__ import annotations

from contract.datasets.manifest import Manifest

ROWS = "rows"
"""The note of a target dataset that names the data whose rows it labels, by the identity of that manifest."""


def together(data: Manifest, target: Manifest) -> bool:
    """Whether the labels were read with these rows, so that equal numbers mean the same row."""
    if ROWS in target.notes:
        return bool(target.notes[ROWS] == data.identity)
    # an earlier version left no note; equal recipes read the same files, while a query may give other rows each time
    kind = data.settings.get("source", {}).get("kind")
    return kind in ("files", "synthetic") and target.fingerprint == data.fingerprint
