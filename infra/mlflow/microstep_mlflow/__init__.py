"""Who may ask MLflow for what: a log-in for each part and for people, and a table of the calls that each may make."""
