"""Run KFP's side of bench/chain.py once: a local pipeline of five container components, by the DockerRunner.

usage: run.py SCRATCH LABEL. As by default, KFP's cache is off: with it on, no container would start.
The last line printed is JSON: the seconds from the first task's start to the last one's end, and what ran.
"""

# without deferred annotations: container_component wants to see the class itself
import json
import platform
import sys
import time

import kfp
from kfp import dsl, local


@dsl.container_component
def nothing() -> dsl.ContainerSpec:
    """A task that needs nothing but Python."""
    return dsl.ContainerSpec(image="python:3.13-slim-trixie", command=["python", "-c", "pass"])


@dsl.pipeline
def chain() -> None:
    """Five of them, each after the one before."""
    before = nothing()
    for _ in range(4):
        before = nothing().after(before)


def main() -> int:
    """0 when every task went well; a failed one raises."""
    scratch, label = sys.argv[1:]
    # DockerRunner hands on what docker.containers.run takes: no network, as for the others
    runner = local.DockerRunner(network_mode="none", labels=dict([label.split("=")]))
    local.init(runner=runner, pipeline_root=scratch)
    begin = time.perf_counter()
    chain()
    seconds = time.perf_counter() - begin
    ran = f"kfp {kfp.__version__} on Python {platform.python_version()}"
    print(json.dumps({"seconds": seconds, "ran": ran}))
    return 0


if __name__ == "__main__":
    sys.exit(main())
