"""What there is to tell of days: drift, falls of the live score, days that went on without rows, days caught up."""
