"""Follow a container's log as DockerOperator does, with the client of the steps; runs in Airflow's environment.

Arguments: the proxy's URL, the container's id, and whether it is started ("start") or was before ("adopt"). The log goes
to standard output byte by byte, the container's exit code is the last line of standard error.
"""

import sys

from microstep_airflow.operators.docker_client import StepDockerClient

url, container, start = sys.argv[1:]
client = StepDockerClient(url, cpus=1.0)
client.timeout = 5  # for a silent container to outlast
log = client.attach(container=container, stdout=True, stderr=True, stream=True)
if start == "start":
    client.start(container)
for chunk in log:
    sys.stdout.buffer.write(chunk)
    sys.stdout.buffer.flush()
client.wait(container)
print(client.exit_code, file=sys.stderr)
