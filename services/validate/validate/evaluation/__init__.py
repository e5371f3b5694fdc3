"""The models on the test rows: scores, intervals, and the gate that decides by them."""
