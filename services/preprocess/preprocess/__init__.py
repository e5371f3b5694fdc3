"""Check and type one day's rows."""
