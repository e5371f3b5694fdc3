"""Tell, pipeline by pipeline, which days lack data or predictions, and what the next training would use.

Where there are several machines (`MICROSTEP_CLUSTER_ADDRESS`), also which of their workers answer.
"""

from __future__ import annotations

import argparse
import subprocess
import sys

from checkout.compose import settings
from checkout.ending import end_tidily_when_asked_to
from checkout.settings import CLUSTER, ROOT, environment

from pipelines.places import those, variables

COMMAND = ["docker", "compose", "run", "--rm", "generate", "status"]
MACHINES = ["docker", "compose", "exec", "-T", "airflow-scheduler", "python", "-m", "microstep_airflow.machines"]


def main() -> int:
    """The first exit code that is not 0: of one that cannot be told of; the others are told all the same."""
    end_tidily_when_asked_to()
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pipeline", help="this one alone (default: all)")
    codes = []
    for name in those(parser.parse_args().pipeline):
        if name:
            print(f"\n{name}", flush=True)
        codes.append(subprocess.run(COMMAND, cwd=ROOT, env=variables(name), check=False).returncode)
    if settings()[CLUSTER]:
        print("\nmachines", flush=True)
        codes.append(subprocess.run(MACHINES, cwd=ROOT, env=environment(), check=False).returncode)
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main())
