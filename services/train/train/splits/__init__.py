"""Which rows are fitted, which are scored, and which are held out: by entity."""
