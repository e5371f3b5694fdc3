"""`generate infer`: a first pipeline.toml from what is seen in a file."""
