"""`make release`: a version of its own for what is in the repository, on this machine alone."""
