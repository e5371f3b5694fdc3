"""The stack's secrets are replaced, stand nowhere in the clear, and the pages can be put behind TLS and a log-in."""

import base64
import json
import os
import re
import ssl
import urllib.request
from urllib.error import HTTPError, URLError

import pytest
import trustme
from stack import Stack
from stack_helpers import CANARY, DAYS, compose, explain


def test_every_secret_is_replaced_and_nothing_is_lost(trained):
    """A variable that Airflow keeps encrypted can be read with the new key; the old log-in is no more."""
    trained.airflow.call("POST", "/api/v2/variables", {"key": "kept", "value": CANARY})
    old, people, mails = trained.password(), trained.mlflow_password(), trained.mail_password()
    trained.run("make", "--no-print-directory", "rotate", timeout=600)
    assert trained.password() != old
    assert trained.mlflow_password() != people
    assert trained.mail_password() != mails
    anew = Stack(trained.checkout, trained.start_seconds)  # knows no log-in from before
    anew.mails()  # raises where the page does not take the new one
    assert anew.airflow.call("GET", "/api/v2/variables/kept")["value"] == CANARY
    key = compose(trained, "exec", "-T", "airflow-scheduler", "cat", "/run/microstep/airflow/fernet_key")
    assert "," not in key
    assert anew.airflow.run_days("predict", [DAYS[1]]) == {DAYS[1]: "success"}, explain(anew, "predict")


def test_no_secret_is_in_a_containers_description_a_log_a_mail_or_an_image(trained):
    """Every secret of the stack is looked for where people and programs look."""
    # the stack's id and path are no secret
    listing = "for file in $(find /run/microstep -type f -not -name stack); do cat $file; echo; done"
    helper = ["docker", "run", "--rm", "--network=none", "--volume=microstep_secrets:/run/microstep:ro"]
    texts = trained.run(*helper, "python:3.13-slim-trixie", "sh", "-c", listing).stdout
    secrets = {word for word in re.findall(r"[A-Za-z0-9_=-]{14,}", texts) if not word.startswith("postgresql")}
    assert len(secrets) >= 6
    ids = trained.run("docker", "ps", "--all", "--quiet").stdout.split()
    texts_by_source = {
        "docker inspect": trained.run("docker", "inspect", *ids).stdout,
        "logs": trained.run("sh", "-c", "docker compose logs --no-color 2>&1").stdout,
        "Airflow's logs": compose(
            trained, "exec", "-T", "airflow-scheduler", "sh", "-c", "find /opt/airflow/logs -type f -exec cat {} +"
        ),
        "mails": json.dumps(trained.mails()),
        "images": "".join(
            trained.run("docker", "image", "inspect", image).stdout + trained.run("docker", "history", "--no-trunc", image).stdout
            for image in ("microstep-airflow", "microstep-mlflow", "microstep-train", "microstep-socket-proxy")
        ),
    }  # fmt: skip
    for source, text in texts_by_source.items():
        assert len(text) > 100, source
        assert [secret[:3] for secret in secrets if secret in text] == [], source


def test_the_pages_are_behind_tls_and_a_log_in_when_asked_for(trained):
    secrets = trained.checkout / "secrets" / "tls"
    authority = trustme.CA()
    issued = authority.issue_cert("localhost")
    issued.private_key_pem.write_to_path(secrets / "key.pem")
    (secrets / "cert.pem").write_bytes(b"".join(certificate.bytes() for certificate in issued.cert_chain_pems))
    hashed = trained.run("openssl", "passwd", "-apr1", "a pass").stdout.strip()
    (secrets / "users").write_text(f"ada:{hashed}\n")
    owner = trained.data.stat()
    for path in secrets.iterdir():
        os.chown(path, owner.st_uid, owner.st_gid)
    both = ["--file", "docker-compose.yml", "--file", "docker-compose.tls.yml"]
    compose(trained, *both, "up", "--detach", "--build", "--wait", "--no-deps", "tls")
    trusted = ssl.create_default_context()
    authority.configure_trust(trusted)

    def status(port, path, user=None, scheme="https", origin=None):
        request = urllib.request.Request(f"{scheme}://localhost:{port}{path}")
        if origin:
            request.add_header("Origin", origin)
        if user:
            request.add_header("Authorization", "Basic " + base64.b64encode(user.encode()).decode())
        try:
            with urllib.request.urlopen(request, timeout=10, context=trusted if scheme == "https" else None) as answer:
                return answer.status
        except HTTPError as error:
            return error.code

    try:
        assert status(8443, "/api/v2/version") == 200
        person = f"admin:{trained.mlflow_password()}"
        experiments = "/api/2.0/mlflow/experiments/search?max_results=1"
        for port, path, right in (
            (8444, experiments, person),
            (8445, "/api/email", "ada:a pass"),
            (8446, "/status.json", "ada:a pass"),
        ):
            assert status(port, path) == 401
            assert status(port, path, "ada:wrong") == 401
            assert status(port, path, right) == 200
            assert status(port, path, right, origin="https://evil.example") == 403
            assert status(port, path, right, origin=f"https://localhost:{port}") == 200
        assert status(8443, "/api/v2/version", origin="https://evil.example") == 403
        assert status(8443, "/", scheme="http") == 400
        with pytest.raises(URLError, match="certificate verify failed"):
            urllib.request.urlopen("https://localhost:8443/", timeout=10)
    finally:
        compose(trained, *both, "rm", "--stop", "--force", "tls")
