"""The columns of the reference table."""

NUMBERS = [f"n{place:02d}" for place in range(30)]
WORDS = {"c0": 3, "c1": 5, "c2": 8, "c3": 12, "c4": 25, "c5": 50}
LEVELS = {name: [f"{name}_{place:03d}" for place in range(count)] for name, count in WORDS.items()}
KEY, TARGET = "id", "y"
LEAST = dict.fromkeys(NUMBERS[20:25], 0.0)
"""The rules that the table is checked by, besides the words of `LEVELS`."""
