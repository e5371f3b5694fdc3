"""`predict trace`: where a day's predictions come from."""
