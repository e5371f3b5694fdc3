"""What a step looked at when it decided: noted in the manifest, so that others can tell that nothing has changed."""

from __future__ import annotations

import msgspec

from contract.models.champion import Champion


class Observed(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What decides about a dataset besides image, configuration and the inputs that its manifest names: all of it.

    A step that cannot say all of it (it asks a database, or looks at many days) notes nothing, and is always run.
    """

    absent: tuple[str, ...] = ()
    """Datasets that it looked for and that were not there, relative to the data root."""
    listed: dict[str, tuple[str, ...]] = {}
    """The sorted names in each folder that it looked through."""
    champion: Champion | None = None
    """The champion that it was told."""
