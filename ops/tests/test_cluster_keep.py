import json
import os
import subprocess
from pathlib import Path

import make_secrets
import pytest
from cluster import accept, keep
from cluster.token import decode, encode

HEAD = "10.99.0.11"


@pytest.fixture
def head(tmp_path, monkeypatch):
    """The head's volumes after its first start: root, worker, data. Only root can give files away, so owners are noted."""
    owners = {}

    def note(descriptor, user, group):
        owners[str(Path(f"/proc/self/fd/{descriptor}").readlink())] = (user, group)

    monkeypatch.setattr(os, "fchown", note)
    root, worker, data = (tmp_path / name for name in ("root", "worker", "data"))
    for folder in (root, worker, data):
        folder.mkdir()
    (data / ".stack").write_text("0123456789ab\n")
    make_secrets.main(root)
    keep.ensure(root, worker, HEAD)
    keep_owners = {path.replace("/.", "/"): owner for path, owner in owners.items()}
    return root, worker, data, keep_owners


def texts(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_a_second_start_changes_nothing_but_the_date_of_the_list(head):
    root, worker, *_ = head
    before = texts(root) | {f"worker/{name}": text for name, text in texts(worker).items()}
    keep.ensure(root, worker, HEAD)
    after = texts(root) | {f"worker/{name}": text for name, text in texts(worker).items()}
    changed = {name for name in after if after[name] != before.get(name)}
    assert changed <= {"gateway/crl.pem", "cluster/authority/crl.pem", "cluster/authority/openssl.cnf"}


def test_each_file_belongs_to_its_reader_and_is_open_to_nobody_else(head):
    root, worker, _, owners = head
    wanted = {"gateway": (65533, 65533), "broker": (999, 999), "airflow": (50000, 0), "cluster": (0, 0)}
    of_the_cluster = [
        *(root / "gateway").iterdir(),
        *(root / "broker").iterdir(),
        *(worker / "airflow").iterdir(),
        root / keep.MACHINES,
    ]
    assert len(of_the_cluster) >= 11
    for path in of_the_cluster:
        assert owners[str(path)] == wanted[path.parent.name], path
        assert path.stat().st_mode & 0o777 == 0o400, path


def test_no_part_can_read_in_the_common_volume_what_is_anothers(head):
    folders = {}
    for path, (user, _) in head[3].items():
        if path.startswith(f"{head[0]}/") and user:
            folders.setdefault(user, set()).add(Path(path).parent.name)
    assert all(len(parts) == 1 for parts in folders.values()), folders
    assert set.union(*folders.values()) == {"airflow", "mlflow", "pages", "status", "gateway", "broker"}


def test_what_belongs_to_a_user_that_a_part_had_before_is_given_to_the_one_it_has_now(head, monkeypatch):
    root, worker, _, _ = head
    given = {}
    monkeypatch.setattr(
        os, "fchown", lambda handle, *owner: given.update({Path(f"/proc/self/fd/{handle}").readlink().name: owner})
    )
    before = texts(root)
    keep.ensure(root, worker, HEAD)
    # as far as the file system knows, all are of whoever runs this test
    for name in ("key", "cert", "ca", "crl"):
        assert given[f".{name}.pem"] == (65533, 65533), name
    assert texts(root)["gateway/key.pem"] == before["gateway/key.pem"]


def test_the_worker_of_the_head_gets_nothing_of_airflows_own_secrets(head):
    root, worker, *_ = head
    assert set(texts(worker)) == {"airflow/broker_url", "airflow/result_backend", "airflow/mlflow_login"}
    given = b"".join(texts(worker).values())
    for name in ("fernet_key", "jwt_secret", "api_secret_key", "sql_alchemy_conn", "passwords.json", "broker_url"):
        assert (root / "airflow" / name).read_bytes() not in given, name
    assert (worker / "airflow/broker_url").read_text().startswith("redis://head:")
    assert (root / "airflow/broker_url").read_text().startswith("redis://scheduler:")


def test_a_token_has_what_a_machine_needs_and_none_of_what_the_head_keeps(head):
    root, worker, data, _ = head
    token = keep.add(root, worker, data, "b", "10.99.0.12")
    assert decode(encode(token)) == token
    assert (token.stack, token.mark) == ("0123456789ab", (data / ".machines/b").read_text().strip())
    assert set(token.logins) == {"airflow", "train", "validate", "predict"}
    text = json.dumps(vars(token))
    kept = [root / "airflow" / name for name in ("fernet_key", "jwt_secret", "sql_alchemy_conn", "broker_url")]
    kept += [
        root / "postgres/airflow",
        root / "broker/operator",
        root / "gateway/key.pem",
        root / keep.AUTHORITY / "ca.key",
    ]
    for path in kept:
        assert path.read_text().strip() not in text, path
        if path.suffix in (".pem", ".key"):
            assert path.read_text().splitlines()[1] not in text, path
    assert "admin" not in token.logins


def test_a_machine_that_comes_is_known_to_gateway_and_broker_and_one_that_goes_to_neither(head):
    root, worker, data, _ = head
    keep.add(root, worker, data, "b", "10.99.0.12")
    keep.add(root, worker, data, "c", "10.99.0.13")
    assert (root / "gateway/machines.conf").read_text() == "b 10.99.0.12;\nc 10.99.0.13;\n"
    first = (root / "gateway/crl.pem").read_text()
    keep.revoke(root, worker, data, "b")
    assert (root / "gateway/machines.conf").read_text() == "c 10.99.0.13;\n"
    named = [line.split()[1] for line in (root / "broker/users.acl").read_text().splitlines()]
    assert named == ["default", "c", "head", "operator", "scheduler"]
    assert (root / "gateway/crl.pem").read_text() != first
    assert not (data / ".machines/b").exists()
    assert (data / ".machines/c").exists()


def revoked(root):
    done = subprocess.run(
        ["openssl", "crl", "-noout", "-text", "-in", root / "gateway/crl.pem"],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.count("Serial Number:")


def test_a_new_token_makes_the_one_before_worthless(head):
    root, worker, data, _ = head
    first = keep.add(root, worker, data, "b", "10.99.0.12")
    second = keep.add(root, worker, data, "b", "10.99.0.12")
    assert revoked(root) == 1
    assert (first.broker_password, first.mark, first.key) != (second.broker_password, second.mark, second.key)
    from hashlib import sha256

    assert sha256(first.broker_password.encode()).hexdigest() not in (root / "broker/users.acl").read_text()


def test_a_revocation_that_was_killed_half_way_is_gone_on_with(head, monkeypatch):
    root, worker, data, _ = head
    keep.add(root, worker, data, "b", "10.99.0.12")
    with monkeypatch.context() as killed:
        killed.setattr(keep, "_remember", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            keep.revoke(root, worker, data, "b")
    keep.revoke(root, worker, data, "b")
    assert revoked(root) == 1
    assert "b" not in keep.machines(root)


@pytest.mark.parametrize(
    ("name", "address", "said"),
    [
        ("head", "10.0.0.9", "NAME"),
        ("mlflow", "10.0.0.9", "NAME"),
        ("b", HEAD, "that of head"),
        ("b", "here", "ADDRESS"),
        ("c d", "10.0.0.9", "NAME"),
    ],
)
def test_a_machine_with_a_name_or_an_address_of_the_head_gets_no_token(head, name, address, said):
    root, worker, data, _ = head
    with pytest.raises(ValueError, match=said):
        keep.add(root, worker, data, name, address)
    assert (root / "gateway/machines.conf").read_text() == ""


@pytest.mark.parametrize("name", ["b", "head", "scheduler", "operator"])
def test_what_is_no_machine_cannot_be_revoked(head, name):
    root, worker, data, _ = head
    with pytest.raises(ValueError, match="REVOKE: must be a machine that has a token"):
        keep.revoke(root, worker, data, name)


def test_a_head_that_moves_to_another_address_gets_another_certificate_and_machines_stay(head):
    root, worker, data, _ = head
    keep.add(root, worker, data, "b", "10.99.0.12")
    before = (root / "gateway/cert.pem").read_text()
    keep.ensure(root, worker, "10.99.0.99")
    assert (root / "gateway/cert.pem").read_text() != before
    assert keep.machines(root)["b"]["address"] == "10.99.0.12"


def test_anew_no_token_is_good_any_more(head):
    root, worker, data, _ = head
    token = keep.add(root, worker, data, "b", "10.99.0.12")
    keep.forget(root)
    keep.ensure(root, worker, HEAD)
    assert set(keep.machines(root)) == {"head", "scheduler", "operator"}
    from cluster.token import der

    assert der((root / "gateway/ca.pem").read_text()) != token.authority


def test_on_its_machine_each_part_of_a_token_goes_to_the_one_that_reads_it(head, tmp_path):
    root, worker, data, _ = head
    token = keep.add(root, worker, data, "b", "10.99.0.12")
    here = tmp_path / "there"
    files = accept.files(token, here / "root", here / "worker", here / "steps", (1000, 1000))
    by_owner = {}
    for path, secret in files.items():
        by_owner.setdefault(secret.owner, set()).add(path.relative_to(here).as_posix())
        assert secret.mode == (0o444 if path.name == "machine.json" else 0o400)
    assert by_owner == {
        (50000, 0): {
            f"worker/airflow/{name}" for name in ("broker_url", "result_backend", "api_secret_key", "mlflow_login")
        },
        (65533, 65533): {f"root/gateway/{name}.pem" for name in ("ca", "cert", "key")},
        (1000, 1000): {f"steps/{step}/login" for step in ("train", "validate", "predict")},
        (0, 0): {"root/cluster/machine.json"},
    }
    assert files[here / "root/gateway/ca.pem"].text == (root / "gateway/ca.pem").read_text()
    public = files[here / "root/cluster/machine.json"].text
    assert set(json.loads(public)) == {"machine", "address", "head", "stack", "mark"}
