"""Five DockerOperators of the provider's that do nothing, one after the other."""

from airflow.providers.docker.operators.docker import DockerOperator
from airflow.sdk import DAG, chain

with DAG("bare", schedule=None):
    chain(
        *[
            DockerOperator(
                task_id=f"true_{number}",
                image="python:3.13-slim-trixie",
                command="true",
                auto_remove="force",
                mount_tmp_dir=False,
            )
            for number in range(5)
        ]
    )
