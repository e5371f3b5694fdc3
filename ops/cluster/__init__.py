"""Several machines of one stack: names, certificates, the broker's users, tokens."""
