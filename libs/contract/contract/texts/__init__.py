"""How values are written: numbers, dates and times, and what makes two spellings the same value."""
