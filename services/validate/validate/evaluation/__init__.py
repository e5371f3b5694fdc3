"""The models on the test rows: which rows judge, their scores, and the evidence for the gate."""
