"""How a day compares with the training: what of a column is measured, its reference, and what chance would do."""
