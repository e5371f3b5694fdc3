"""The labels of a day: read beside the rows that they belong to, and whether they fit these."""
