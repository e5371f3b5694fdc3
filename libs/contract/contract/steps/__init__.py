"""How every step runs: its command line, one run of it, how far it has come."""
