"""Writes the stack's own secrets into a directory, each once; what is there is kept, and nothing is ever printed.

Runs as root in the one-shot service `secrets`; each file can be read by the one user or group that needs it.
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
FERNET = "airflow/fernet_key"


class Secret(NamedTuple):
    """A file: its text, its owner (user, group) and its mode."""

    text: str
    owner: tuple[int, int]
    mode: int


def all_secrets(airflow_password: str, mlflow_password: str) -> dict[str, Secret]:
    """Returns path -> secret; the passwords that two files share are given, the rest is made here."""
    airflow = (AIRFLOW, 0)
    postgres = (0, POSTGRES_GROUP)
    fernet_key = base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()
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
        "airflow/passwords.json": Secret(json.dumps({"admin": secrets.token_urlsafe(12)}), airflow, 0o600),
        # The client library ignores a password file that a group can read.
        "mlflow/pgpass": Secret(f"postgres:5432:mlflow:mlflow:{mlflow_password}", (MLFLOW, MLFLOW), 0o400),
    }


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
    wanted = all_secrets(airflow_password=secrets.token_hex(24), mlflow_password=secrets.token_hex(24))
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
    )
    missing = {name: secret for name, secret in wanted.items() if not (root / name).exists()}
    for name, secret in missing.items():
        write(root / name, secret)
    return len(missing)


if __name__ == "__main__":
    folder = Path(sys.argv[1])
    match sys.argv[2:]:
        case ["--rotate"]:
            print(f"{rotate(folder)} secrets written anew")
        case ["--settle"]:
            print(f"{settle(folder)} old keys forgotten")
        case _:
            print(f"{main(folder)} secrets written, the others kept")
