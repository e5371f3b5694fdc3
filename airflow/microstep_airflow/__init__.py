"""What all DAGs have in common: which day, how a step runs, how it ends, who is told."""
