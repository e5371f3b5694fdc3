"""The columns of the reference table."""

NUMBERS = [f"n{number:02d}" for number in range(30)]
CATEGORIES = {"c0": 3, "c1": 5, "c2": 8, "c3": 12, "c4": 25, "c5": 50}
LEVELS = {name: [f"{name}_{number:03d}" for number in range(count)] for name, count in CATEGORIES.items()}
KEY, TARGET = "id", "y"
LEAST = dict.fromkeys(NUMBERS[20:25], 0.0)
"""The rules that the table is checked by, besides the values of `LEVELS`."""
