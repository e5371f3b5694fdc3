"""Puts what a token holds into the volumes of a worker's machine, each file for the one part that reads it.

Runs as root in a container of its own; the token comes by standard input, and nothing of it is printed.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from make_secrets import AIRFLOW, GATEWAY, STEPS, Secret, kept, owner_of, write
from stack_id import IN_VOLUME, read_mark, read_text

from cluster.broker_users import urls
from cluster.token import Token, decode, pem

OWN = "cluster/machine.json"
"""Who this machine is: no secret."""
ANOTHERS = "volumes of"
"""What `show` says instead where the volumes are a whole stack's."""


def files(token: Token, root: Path, worker: Path, steps: Path, owner: tuple[int, int]) -> dict[Path, Secret]:
    """Every file of a worker's machine.

    :param owner: as whom steps run
    """
    airflow, gateway = (AIRFLOW, 0), (GATEWAY, GATEWAY)
    queues, results = urls(token.machine, token.broker_password)
    own = {name: getattr(token, name) for name in ("machine", "address", "head", "stack", "mark")}
    return {
        worker / "airflow/broker_url": Secret(queues, airflow, 0o400),
        worker / "airflow/result_backend": Secret(results, airflow, 0o400),
        worker / "airflow/api_secret_key": Secret(token.api_secret_key, airflow, 0o400),
        worker / "airflow/mlflow_login": Secret(f"airflow:{token.logins['airflow']}", airflow, 0o400),
        root / "gateway/ca.pem": Secret(pem("CERTIFICATE", token.authority), gateway, 0o400),
        root / "gateway/cert.pem": Secret(pem("CERTIFICATE", token.certificate), gateway, 0o400),
        root / "gateway/key.pem": Secret(pem("PRIVATE KEY", token.key), gateway, 0o400),
        **{steps / name / "login": Secret(f"{name}:{token.logins[name]}", owner, 0o400) for name in STEPS},
        # last: where it is, all is
        root / OWN: Secret(json.dumps(own), (0, 0), 0o444),
    }


def of_another(root: Path) -> dict[str, str]:
    """Where the checkout lies, or lay, whose own volumes these are; nothing of those that a token made, or of none."""
    mark = read_mark(read_text(root / IN_VOLUME))
    return {ANOTHERS: mark.home or "another checkout"} if mark.stack else {}


def main() -> int:
    """Write them, or with `show` tell whose machine this is."""
    root = Path("/run/microstep")
    if sys.argv[1:] == ["show"]:
        print(kept(root / OWN) or json.dumps(of_another(root)))
        return 0
    try:
        token = decode(sys.stdin.readline())
    except ValueError as error:
        print(error, file=sys.stderr)
        return 64
    for path, secret in files(token, root, Path("/run/worker"), Path("/run/steps"), owner_of(Path("/data"))).items():
        write(path, secret)
    return 0


if __name__ == "__main__":
    sys.exit(main())
