"""No DAG: fails with what is wrong in pipelines/, so that Airflow's page shows it while all other pipelines go on."""

from microstep_airflow.maintenance import tell_what_is_wrong

tell_what_is_wrong()
