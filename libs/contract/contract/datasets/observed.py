"""What a step's decision depended on: recorded in the manifest, so that others can tell whether it has changed."""

from __future__ import annotations

import msgspec

from contract.models.champion import Champion


class Observed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything that a dataset depends on besides image, configuration and the inputs that its manifest names.

    A step that cannot list all of it (it asks a database, or looks at many days) records nothing and always runs.
    """

    absent: tuple[str, ...] = ()
    """Datasets that it looked for and that were not there, relative to the data root."""
    listed: dict[str, tuple[str, ...]] = {}
    """The sorted names in each folder that it looked through."""
    champion: Champion | None = None
    """The champion that it was told."""
