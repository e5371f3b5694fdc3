"""What a column is, from its name and from what is seen in it."""
