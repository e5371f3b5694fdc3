"""How a step is run, as a container or as a process, and what its end means to Airflow."""
