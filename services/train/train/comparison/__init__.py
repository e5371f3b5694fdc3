"""The candidates against each other: their fits in each fold, and the search for their parameters."""
