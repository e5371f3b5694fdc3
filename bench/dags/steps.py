"""The five steps for a day, twice: as the operator runs them, and with each step asked in its container."""

import os

from airflow.sdk import chain

from microstep_airflow import operator
from microstep_airflow.house import House

house = House.open()


class Asked(operator.DockerStepOperator):
    """Starts the container, whatever the manifests say."""

    def _nothing_to_do(self, *_: str) -> bool:
        return False


def declare(name: str) -> None:
    """Declare the DAG, with the images and the network that the benchmark names."""
    with house.dag(name, "0 0 1 1 *", __doc__):
        steps = [house.step(each) for each in ("generate", "preprocess", "train", "validate", "predict")]
        for step in steps:
            step.image = step.image.replace("microstep-", os.environ["BENCH_IMAGES"])
            if step.network_mode != "none":
                step.network_mode = os.environ["BENCH_NETWORK"]
        chain(*steps)


declare("ours")
operator.DockerStepOperator = Asked
declare("asked")
