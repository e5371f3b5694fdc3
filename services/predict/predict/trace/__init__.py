"""The command `predict trace`."""
