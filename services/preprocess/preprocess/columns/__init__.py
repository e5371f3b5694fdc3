"""The columns of a batch: read from what arrived, typed, and held against the rules of `pipeline.toml`."""
