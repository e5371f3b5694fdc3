"""The gate: the rules that decide whether a challenger may become the champion. Pure."""
