"""What lacks: what has arrived, what generate and predict have to do for which days, which days can train."""
