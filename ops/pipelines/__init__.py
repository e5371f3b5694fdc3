"""The pipelines of this checkout: which there are, a new one, the one of an earlier version, all at a glance."""
