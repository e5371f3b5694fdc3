"""Which model is in use: the ledger, alias and pointer that follow it, and what changes them."""
