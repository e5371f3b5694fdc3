"""What some rows of a table, evenly spread, say about all of them."""
