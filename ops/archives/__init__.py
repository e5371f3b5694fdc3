"""A backup as a folder: how it is written and checked, and what belongs to the place that it came from."""
