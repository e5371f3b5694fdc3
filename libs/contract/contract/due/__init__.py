"""What is missing: what has arrived, for which days generate and predict have work, which days can train."""
