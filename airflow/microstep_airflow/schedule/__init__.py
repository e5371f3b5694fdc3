"""Which day a run works on, which runs are refused, and when a task is tried again."""
