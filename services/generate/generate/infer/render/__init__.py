"""What was inferred, as the text of a `pipeline.toml`."""
