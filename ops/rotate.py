"""Replace every secret that the running stack made for itself; nothing that was encrypted or stored is lost."""

from __future__ import annotations

import sys

from checkout.compose import compose, is_up
from checkout.ending import UNAVAILABLE, refuse
from checkout.one_at_a_time import one_at_a_time
from checkout.ownership import must_be_ours
from checkout.settings import cluster
from cluster.machine_file import take_away, those_that_take_part
from cluster.tokens import ask
from up import mail_password, mlflow_password, password

AIRFLOW = ("airflow-apiserver", "airflow-scheduler", "airflow-dag-processor", "airflow-triggerer")
CLUSTER_PARTS = ("broker", "gateway", "airflow-worker")
SECRETS = (
    "run",
    "--rm",
    "--no-deps",
    "secrets",
    "python3",
    "/make_secrets.py",
    "/run/microstep",
    "/run/steps",
    "/data",
)


# Airflow stores what a waiting task needs unencrypted, and its own command then ends with InvalidToken
ENCRYPT = """
from airflow.models.crypto import get_fernet
from airflow.models.trigger import Trigger
from airflow.utils.session import create_session
with create_session() as session:
    for trigger in session.query(Trigger):
        if trigger.encrypted_kwargs.startswith("{"):
            trigger.encrypted_kwargs = get_fernet().encrypt(trigger.encrypted_kwargs.encode()).decode()
"""
TRIES = 5


def encrypt_again() -> None:
    """What Airflow keeps encrypted gets the new key; a task that begins to wait in between is worth another try."""
    inside = ("exec", "-T", "airflow-scheduler")
    for number in range(1, TRIES + 1):
        compose(*inside, "python", "-c", ENCRYPT)
        done = compose(*inside, "airflow", "rotate-fernet-key", check=number == TRIES)
        if done.returncode == 0:
            return


def new_cluster() -> tuple[str, ...]:
    """Another authority and other passwords: no machine's token is good any more. Returns those that took part."""
    ask("anew")
    others = those_that_take_part()
    for name in others:
        take_away(name)
    return others


def main() -> int:
    """Write new secrets beside the old Fernet key, tell the database, start anew, encrypt again, forget the old key."""
    must_be_ours()
    if not is_up():
        refuse(UNAVAILABLE, "the stack is not up, and its database must learn the new passwords; type: make up")
    print("new secrets", flush=True)
    compose(*SECRETS, "--rotate")
    # from the files, inside the container: no password is an argument that others could see
    change = (
        "for name in airflow mlflow postgres; do psql --quiet --no-psqlrc --username=postgres --set=ON_ERROR_STOP=1"
        ' --set=name="$name" --set=password="$(cat "/run/microstep/postgres/$name")"'
        " --file=- <<'E' || exit 1\nALTER USER :\"name\" PASSWORD :'password'\nE\ndone"
    )
    compose("exec", "-T", "postgres", "bash", "-c", change)
    others = new_cluster() if cluster() else ()
    print("every part starts anew", flush=True)
    parts = ("mlflow", *AIRFLOW, "status", *(CLUSTER_PARTS if cluster() else ()))
    compose("up", "--detach", "--wait", "--force-recreate", "--no-deps", *parts)
    print("what Airflow keeps encrypted is encrypted with the new key", flush=True)
    encrypt_again()
    compose(*SECRETS, "--settle")
    more = ", the cluster's authority and its machines' passwords" if cluster() else ""
    print(f"rotated: Fernet key, JWT and session secrets, three database passwords, all log-ins{more}")
    print(f"  Airflow: user admin, password {password()}")
    print(f"  MLflow:  user admin, password {mlflow_password()}")
    print(f"  mail:    user admin, password {mail_password()}")
    for name in others:
        print(f"  {name} no longer takes part; here: make token NAME={name} ADDRESS=…, then there: make worker NEW=1")
    return 0


if __name__ == "__main__":
    with one_at_a_time():
        sys.exit(main())
