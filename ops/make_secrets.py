"""Writes the stack's own secrets into a directory, each once; what is there is kept, and nothing is ever printed.

Runs as root in the one-shot service `secrets`; each file can be read by the one user or group that needs it. Each step
that talks to MLflow gets its own log-in, in a volume of its own, as the owner of the data root, as whom it runs.
"""

import base64
import json
import os
import secrets
import sys
from pathlib import Path
from typing import NamedTuple

AIRFLOW = 50000
MLFLOW = 10001
# The user of PostgreSQL has another number in each image, so its files go by a group that compose adds.
POSTGRES_GROUP = 5432
PAGES, GATEWAY, STATUS = 65532, 65533, 65531
"""Users of infra/pages, infra/gateway and the service `status`: each has the volume, and files of its own there."""
FERNET = "airflow/fernet_key"
LOGINS = "mlflow/logins.json"
PASSWORDS = "airflow/passwords.json"
VIEWER = "status/airflow_login"
"""Of Airflow's user `status`, who may look and change nothing."""
STEPS = ("train", "validate", "predict")
"""Those that talk to MLflow; what each may do there: infra/mlflow/microstep_mlflow/rules.py."""
ORDINARY = (1000, 1000)
"""Owner of a data root that belongs to root, as whom no step runs."""


class Secret(NamedTuple):
    """A file: its text, its owner (user, group) and its mode."""

    text: str
    owner: tuple[int, int]
    mode: int


def all_secrets(airflow_password: str, mlflow_password: str, logins: dict[str, str]) -> dict[str, Secret]:
    """Returns path -> secret; the passwords that two files share are given, the rest is made here."""
    airflow = (AIRFLOW, 0)
    postgres = (0, POSTGRES_GROUP)
    fernet_key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
    viewer = secrets.token_urlsafe(32)
    passwords = {"admin": secrets.token_urlsafe(12), "status": viewer}
    database = f"postgresql+psycopg2://airflow:{airflow_password}@postgres/airflow"
    return {
        "postgres/postgres": Secret(secrets.token_hex(24), postgres, 0o440),
        "postgres/airflow": Secret(airflow_password, postgres, 0o440),
        "postgres/mlflow": Secret(mlflow_password, postgres, 0o440),
        FERNET: Secret(fernet_key, airflow, 0o400),
        "airflow/jwt_secret": Secret(secrets.token_urlsafe(64), airflow, 0o400),
        "airflow/api_secret_key": Secret(secrets.token_urlsafe(32), airflow, 0o400),
        "airflow/sql_alchemy_conn": Secret(database, airflow, 0o400),
        # The log-in page opens this one for writing, though it changes nothing.
        PASSWORDS: Secret(json.dumps(passwords), airflow, 0o600),
        VIEWER: Secret(f"status:{viewer}", (STATUS, STATUS), 0o400),
        # The client library ignores a password file that a group can read.
        "mlflow/pgpass": Secret(f"postgres:5432:mlflow:mlflow:{mlflow_password}", (MLFLOW, MLFLOW), 0o400),
        LOGINS: Secret(json.dumps(logins), (MLFLOW, MLFLOW), 0o400),
        # as nginx reads it; MailDev itself asks nobody who he is
        "pages/users": Secret(f"admin:{{PLAIN}}{secrets.token_urlsafe(12)}", (PAGES, PAGES), 0o400),
        "airflow/mlflow_login": Secret(f"airflow:{logins['airflow']}", airflow, 0o400),
    }


def new_logins() -> dict[str, str]:
    """User of MLflow -> password: people's can be typed, a program's is longer."""
    return {"admin": secrets.token_urlsafe(12), **{name: secrets.token_urlsafe(32) for name in ("airflow", *STEPS)}}


def hand_out(root: Path, steps: Path, owner: tuple[int, int]) -> int:
    """Gives each step its log-in, in a folder of its own; returns how many were not there, or not as they must be."""
    logins = json.loads((root / LOGINS).read_text(encoding="utf-8"))
    count = 0
    for name in STEPS:
        path, wanted = steps / name / "login", Secret(f"{name}:{logins[name]}", owner, 0o400)
        if kept(path) != wanted.text or (path.stat().st_uid, path.stat().st_gid) != owner:
            write(path, wanted)
            count += 1
    return count


def owner_of(data: Path, uid_map: Path = Path("/proc/self/uid_map")) -> tuple[int, int]:
    """User and group as whom steps run; a rootless engine maps root, and it alone, to the person whose engine it is."""
    status = data.stat()
    if status.st_uid:
        return status.st_uid, status.st_gid
    return (0, 0) if uid_map.read_text(encoding="utf-8").split()[2:3] == ["1"] else ORDINARY


def kept(path: Path) -> str | None:
    """Returns what an earlier start wrote there, if it did."""
    return path.read_text(encoding="utf-8") if path.exists() else None


def write(path: Path, secret: Secret) -> None:
    """Writes a secret that is whole or absent, whatever happens on the way."""
    path.parent.mkdir(mode=0o755, exist_ok=True)
    staged = path.with_name(f".{path.name}")
    staged.unlink(missing_ok=True)
    descriptor = os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        file.write(secret.text)
        file.flush()
        os.fchmod(file.fileno(), secret.mode)
        os.fchown(file.fileno(), *secret.owner)
        os.fsync(file.fileno())
    staged.rename(path)


def rotate(root: Path) -> int:
    """Writes every secret anew; what was encrypted with the old Fernet key can still be read. Returns how many."""
    wanted = all_secrets(secrets.token_hex(24), secrets.token_hex(24), new_logins())
    key = wanted[FERNET]
    # all of them: an earlier rotation may have been killed before everything was encrypted anew
    old = kept(root / FERNET)
    wanted[FERNET] = key._replace(text=f"{key.text},{old}" if old else key.text)
    for name, secret in wanted.items():
        write(root / name, secret)
    return len(wanted)


def settle(root: Path) -> int:
    """Forgets the old Fernet key; returns how many keys went."""
    new, *old = (root / FERNET).read_text(encoding="utf-8").split(",")
    write(root / FERNET, Secret(new, (AIRFLOW, 0), 0o400))
    return len(old)


def main(root: Path) -> int:
    """Writes every secret that is not there; returns how many it wrote."""
    wanted = all_secrets(
        airflow_password=kept(root / "postgres/airflow") or secrets.token_hex(24),
        mlflow_password=kept(root / "postgres/mlflow") or secrets.token_hex(24),
        logins=json.loads(kept(root / LOGINS) or "null") or new_logins(),
    )
    missing = {name: secret for name, secret in wanted.items() if not (root / name).exists()}
    for name, secret in missing.items():
        write(root / name, secret)
    return len(missing) + let_look(root)


def let_look(root: Path) -> int:
    """Has the two files with the viewer's password agree: an earlier version made none. Returns how many it wrote."""
    _, _, password = (root / VIEWER).read_text(encoding="utf-8").partition(":")
    passwords = json.loads((root / PASSWORDS).read_text(encoding="utf-8"))
    if passwords.get("status") == password:
        return 0
    write(root / PASSWORDS, Secret(json.dumps(passwords | {"status": password}), (AIRFLOW, 0), 0o600))
    return 1


if __name__ == "__main__":
    folder, for_steps, data_root = map(Path, sys.argv[1:4])
    runner = owner_of(data_root)
    match sys.argv[4:]:
        case ["--rotate"]:
            print(f"{rotate(folder) + hand_out(folder, for_steps, runner)} secrets written anew")
        case ["--settle"]:
            print(f"{settle(folder)} old keys forgotten")
        case _:
            print(f"{main(folder) + hand_out(folder, for_steps, runner)} secrets written, the others kept")
