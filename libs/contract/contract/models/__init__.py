"""Which model is in use, who says so, and how its file is opened."""
