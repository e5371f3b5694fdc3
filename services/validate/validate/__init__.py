"""The step that judges: challenger and champion on the same test rows, and the gate between them."""
