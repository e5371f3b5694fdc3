"""Predicted days whose labels have come: which rows count, and their scores."""
