"""Scores of rows, and how sure they are: intervals by entity, simultaneous ones, calibration."""
