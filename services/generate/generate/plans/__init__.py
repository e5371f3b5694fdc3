"""What is reported before it happens: the days of the next runs, and what a dry run sees of a source."""
