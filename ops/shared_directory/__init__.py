"""Whether a directory does between two machines what the disk of one does by itself: `make check-shared`."""
