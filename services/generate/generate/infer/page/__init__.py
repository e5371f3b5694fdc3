"""The page that `generate infer` writes: what was seen, what was guessed and why."""
