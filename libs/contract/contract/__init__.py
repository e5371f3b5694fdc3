"""What the steps agree on, and nothing else: paths, configuration, manifests, exit codes, the command line."""
