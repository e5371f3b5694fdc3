"""What a dataset is, how it is written so that its manifest commits it, and how it is read again."""
