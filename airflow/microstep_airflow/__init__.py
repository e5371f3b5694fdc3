"""The house rules of the DAGs: which day, how a step runs, how it ends, who is told."""
