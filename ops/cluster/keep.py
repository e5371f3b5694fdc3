"""Keeps the cluster's secrets in the head's volumes: who belongs to it, and what follows from that for each part.

Runs as root in the one-shot service `authority`, as make_secrets.py does in `secrets`. What `make token` prints is all
that is ever printed.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
import sys
from collections.abc import Mapping
from pathlib import Path

from make_secrets import AIRFLOW, GATEWAY, LOGINS, Secret, kept, write
from stack_id import as_owner_of

from cluster import authority
from cluster.broker_users import urls, users
from cluster.names import HEAD, OPERATOR, SCHEDULER, SERVERS, good_address, good_name
from cluster.token import Token, der, encode

BROKER = 999
"""User of Valkey's image."""
AUTHORITY, MACHINES = "cluster/authority", "cluster/machines.json"
MARKS = ".machines"
"""In data/: a file for each machine, whose text only who has the same directory can know."""


def machines(root: Path) -> dict[str, dict[str, str]]:
    """Address and password of each machine by its name; of the broker's other users the password alone."""
    return json.loads(kept(root / MACHINES) or "{}")  # type: ignore[no-any-return]


def _remember(root: Path, known: Mapping[str, Mapping[str, str]]) -> None:
    write(root / MACHINES, Secret(json.dumps(known, indent=1, sort_keys=True), (0, 0), 0o400))


def ensure(root: Path, worker: Path, address: str) -> int:
    """Whatever the head needs and lacks, or has for another address; returns how many files were written."""
    address = good_address(address, "MICROSTEP_CLUSTER_ADDRESS")
    folder, known = root / AUTHORITY, machines(root)
    folder.parent.mkdir(mode=0o700, exist_ok=True)
    if authority.make(folder):
        known = {}  # certificates and passwords of an authority that is gone
    for user in (SCHEDULER, OPERATOR):
        known.setdefault(user, {"password": secrets.token_hex(32)})
    head = known.get(HEAD, {})
    if head.get("address") != address or not (root / "gateway/key.pem").exists():
        pair = authority.issue(folder, HEAD, (HEAD, *SERVERS, address))
        own = (GATEWAY, GATEWAY)
        write(root / "gateway/key.pem", Secret(pair.key, own, 0o400))
        write(root / "gateway/cert.pem", Secret(pair.certificate, own, 0o400))
        known[HEAD] = {"address": address, "password": head.get("password") or secrets.token_hex(32)}
    _remember(root, known)
    return apply(root, worker)


def apply(root: Path, worker: Path) -> int:
    """What follows from who belongs to the cluster; returns how many files were other ones before."""
    known, folder = machines(root), root / AUTHORITY
    passwords = {name: entry["password"] for name, entry in known.items()}
    airflow, gateway, broker = (AIRFLOW, 0), (GATEWAY, GATEWAY), (BROKER, BROKER)
    others = sorted((name, entry["address"]) for name, entry in known.items() if "address" in entry and name != HEAD)
    wanted = {
        **{
            path: Secret(kept(path) or "", gateway, 0o400)
            for path in (root / "gateway/key.pem", root / "gateway/cert.pem")
        },
        root / "gateway/ca.pem": Secret(authority.public(folder), gateway, 0o400),
        root / "gateway/crl.pem": Secret(authority.revoked(folder), gateway, 0o400),
        # the only places that the gateway asks for logs
        root / "gateway/machines.conf": Secret(
            "".join(f"{name} {address};\n" for name, address in others), gateway, 0o400
        ),
        root / "broker/users.acl": Secret(users(passwords), broker, 0o400),
        root / "broker/operator": Secret(passwords[OPERATOR], broker, 0o400),
        **_celery(root, SCHEDULER, passwords[SCHEDULER]),
        **_celery(worker, HEAD, passwords[HEAD]),
        # the worker has a volume of its own: it must not see what the other parts of Airflow keep in `secrets`
        worker / "airflow/mlflow_login": Secret(kept(root / "airflow/mlflow_login") or "", airflow, 0o400),
    }
    changed = {path: secret for path, secret in wanted.items() if not _is(path, secret)}
    for path, secret in changed.items():
        write(path, secret)
    return len(changed)


def _is(path: Path, secret: Secret) -> bool:
    return kept(path) == secret.text and (path.stat().st_uid, path.stat().st_gid) == secret.owner


def _celery(root: Path, user: str, password: str) -> dict[Path, Secret]:
    queues, results = urls(user, password)
    return {
        root / "airflow/broker_url": Secret(queues, (AIRFLOW, 0), 0o400),
        root / "airflow/result_backend": Secret(results, (AIRFLOW, 0), 0o400),
    }


def add(root: Path, worker: Path, data: Path, name: str, address: str) -> Token:
    """A machine's token; one that it had before is good no more. ValueError says what cannot be."""
    name, address = good_name(name), good_address(address)
    known = machines(root)
    if taken := [other for other, entry in known.items() if entry.get("address") == address and other != name]:
        raise ValueError(
            f"ADDRESS: {address} is that of {taken[0]}; type: make token REVOKE={taken[0]}, or name another"
        )
    pair = authority.issue(root / AUTHORITY, name, (name, address))
    known[name] = {"address": address, "password": secrets.token_hex(32)}
    _remember(root, known)
    apply(root, worker)
    mark = secrets.token_hex(16)
    with as_owner_of(data):
        (data / MARKS).mkdir(exist_ok=True)
        (data / MARKS / name).write_text(f"{mark}\n", encoding="utf-8")
    logins = json.loads((root / LOGINS).read_text(encoding="utf-8"))
    return Token(
        machine=name,
        address=address,
        head=known[HEAD]["address"],
        stack=(kept(data / ".stack") or "").strip(),
        mark=mark,
        authority=der(authority.public(root / AUTHORITY)),
        certificate=der(pair.certificate),
        key=der(pair.key),
        broker_password=known[name]["password"],
        api_secret_key=(root / "airflow/api_secret_key").read_text(encoding="utf-8"),
        logins={user: word for user, word in logins.items() if user != "admin"},
    )


def revoke(root: Path, worker: Path, data: Path, name: str) -> None:
    """Take a machine out; ValueError when there is none of that name."""
    known = machines(root)
    if "address" not in known.get(name, {}) or name == HEAD:
        there = [other for other, entry in known.items() if "address" in entry and other != HEAD]
        raise ValueError(f"REVOKE: must be a machine that has a token ({', '.join(there) or 'none has'}), got {name!r}")
    del known[name]
    # first the list, then the name: killed in between, the same command does the rest
    if (root / AUTHORITY / f"{name}.pem").exists():
        authority.revoke(root / AUTHORITY, name)
    _remember(root, known)
    apply(root, worker)
    with as_owner_of(data):
        (data / MARKS / name).unlink(missing_ok=True)


def forget(root: Path) -> None:
    """Throw the authority and all that it vouched for away; `ensure` makes another one."""
    shutil.rmtree(root / "cluster", ignore_errors=True)


def main(words: list[str]) -> int:
    """A command of `make up`, `make token` or `make rotate`; the exit code."""
    root, worker, data = Path("/run/microstep"), Path("/run/worker"), Path("/data")
    try:
        match words:
            case ["ensure"]:
                count = ensure(root, worker, os.environ["MICROSTEP_CLUSTER_ADDRESS"])
                print(f"{count} files of the cluster written, the others kept")
            case ["anew"]:
                forget(root)
                ensure(root, worker, os.environ["MICROSTEP_CLUSTER_ADDRESS"])
            case ["add", name, address]:
                print(encode(add(root, worker, data, name, address)))
            case ["revoke", name]:
                revoke(root, worker, data, name)
            case _:
                print(f"must be ensure, anew, add NAME ADDRESS or revoke NAME, got {words}", file=sys.stderr)
                return 64
    except ValueError as error:
        print(error, file=sys.stderr)
        return 64
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
