"""A filter in front of the engine's socket: the few calls of Airflow's step operator pass, nothing else does."""
