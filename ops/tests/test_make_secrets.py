import base64
import json
import os
import re

import make_secrets
import pytest


@pytest.fixture
def root(tmp_path, monkeypatch):
    """A directory for secrets; who owns each is noted, for only root can give files away."""
    owners = {}
    monkeypatch.setattr(os, "fchown", lambda descriptor, user, group: owners.update({descriptor: (user, group)}))
    return tmp_path


def contents(root):
    return {path.relative_to(root).as_posix(): path.read_bytes() for path in root.rglob("*") if path.is_file()}


def test_a_second_start_keeps_every_secret(root):
    written = make_secrets.main(root)
    first = contents(root)
    assert written == len(first) > 0
    assert make_secrets.main(root) == 0
    assert contents(root) == first


def test_two_machines_share_no_secret(root):
    make_secrets.main(root)
    (root / "other").mkdir()
    make_secrets.main(root / "other")
    for name, text in contents(root / "other").items():
        assert text != (root / name).read_bytes(), name


def test_a_lost_file_is_made_again_to_fit_the_others(root):
    make_secrets.main(root)
    first = contents(root)
    (root / "airflow/sql_alchemy_conn").unlink()
    (root / "mlflow/pgpass").unlink()
    assert make_secrets.main(root) == 2
    assert contents(root) == first


def test_each_database_password_is_the_one_that_its_reader_gets(root):
    make_secrets.main(root)
    assert f":{(root / 'postgres/airflow').read_text()}@" in (root / "airflow/sql_alchemy_conn").read_text()
    assert (root / "mlflow/pgpass").read_text().endswith(f":mlflow:{(root / 'postgres/mlflow').read_text()}")


def test_the_secrets_have_the_strength_that_their_readers_ask_for(root):
    make_secrets.main(root)
    assert len(base64.urlsafe_b64decode((root / "airflow/fernet_key").read_text())) == 32
    assert len((root / "airflow/jwt_secret").read_text()) >= 64
    assert len(json.loads((root / "airflow/passwords.json").read_text())["admin"]) >= 16
    assert re.fullmatch(r"admin:\{PLAIN\}[\w-]{16,}", (root / "pages/users").read_text())


def test_no_file_is_open_to_all(root):
    make_secrets.main(root)
    modes = {name: (root / name).stat().st_mode & 0o777 for name in contents(root)}
    assert {name: oct(mode) for name, mode in modes.items() if mode & 0o007} == {}
    assert modes["postgres/mlflow"] == 0o440
    assert modes["mlflow/pgpass"] == 0o400


def test_each_file_belongs_to_its_reader():
    owners = {
        name.split("/")[0]: secret.owner
        for name, secret in make_secrets.all_secrets("a", "b", make_secrets.new_logins()).items()
    }
    assert owners == {
        "postgres": (0, 5432),
        "airflow": (50000, 0),
        "mlflow": (10001, 10001),
        "pages": (65532, 65532),  # USER of infra/pages/Dockerfile
        "status": (65531, 65531),  # user of the service in docker-compose.yml
    }


def test_a_half_written_file_of_a_killed_start_is_replaced(root):
    (root / "airflow").mkdir()
    (root / "airflow/.fernet_key").write_text("half")
    make_secrets.main(root)
    assert len((root / "airflow/fernet_key").read_text()) == 44
    assert not (root / "airflow/.fernet_key").exists()


def test_nothing_secret_is_printed(root, capsys):
    make_secrets.main(root)
    assert capsys.readouterr().out == ""


def test_the_viewer_has_one_password_in_both_files_also_where_an_earlier_version_made_none(root):
    make_secrets.main(root)

    def passwords():
        return json.loads((root / "airflow/passwords.json").read_text())

    assert (root / "status/airflow_login").read_text() == f"status:{passwords()['status']}"
    admin = passwords()["admin"]
    (root / "airflow/passwords.json").write_text(json.dumps({"admin": admin}))
    (root / "status/airflow_login").unlink()
    assert make_secrets.main(root) == 2
    assert (root / "status/airflow_login").read_text() == f"status:{passwords()['status']}"
    assert passwords()["admin"] == admin
    assert make_secrets.main(root) == 0
    make_secrets.rotate(root)
    assert (root / "status/airflow_login").read_text() == f"status:{passwords()['status']}"


def test_rotation_changes_every_secret_and_keeps_the_old_key_readable_until_it_is_settled(root):
    make_secrets.main(root)
    before = contents(root)
    assert make_secrets.rotate(root) == len(before)
    after = contents(root)
    assert after.keys() == before.keys()
    assert [name for name in after if after[name] == before[name]] == []
    new, old = after["airflow/fernet_key"].split(b",")
    assert old == before["airflow/fernet_key"]
    # killed and begun again: no key that may be in use is lost
    make_secrets.rotate(root)
    assert (root / "airflow/fernet_key").read_bytes().split(b",")[1:] == [new, old]
    assert make_secrets.settle(root) == 2
    assert b"," not in (root / "airflow/fernet_key").read_bytes()
    assert make_secrets.settle(root) == 0


def owned(path):
    return (path.stat().st_uid, path.stat().st_gid)


def test_each_step_gets_its_own_login_and_what_differs_is_written_again(root):
    make_secrets.main(root)
    logins = json.loads((root / "mlflow/logins.json").read_text())
    assert {len(set(logins.values())), len(logins)} == {5}
    assert (root / "airflow/mlflow_login").read_text() == f"airflow:{logins['airflow']}"
    steps, me = root / "steps", owned(root)
    steps.mkdir()
    assert make_secrets.hand_out(root, steps, me) == 3
    given = contents(steps)
    assert given == {f"{step}/login": f"{step}:{logins[step]}".encode() for step in ("train", "validate", "predict")}
    assert make_secrets.hand_out(root, steps, me) == 0
    (steps / "train/login").unlink()
    (steps / "predict/login").chmod(0o600)
    (steps / "predict/login").write_text("predict:of another stack")
    assert make_secrets.hand_out(root, steps, me) == 2
    assert contents(steps) == given
    # another owner of data/ runs the steps
    assert make_secrets.hand_out(root, steps, (12345, 12345)) == 3
    make_secrets.rotate(root)
    make_secrets.hand_out(root, steps, me)
    assert [name for name, text in contents(steps).items() if text == given[name]] == []


def test_a_data_root_of_root_means_the_ordinary_user(tmp_path):
    assert make_secrets.owner_of(tmp_path) == (owned(tmp_path) if os.getuid() else (1000, 1000))


def test_a_login_is_roots_where_a_rootless_engine_maps_root_to_a_person(tmp_path, monkeypatch):
    status = tmp_path.stat()
    (tmp_path / "map").write_text("         0       1000          1\n         1     100000      65536\n")
    result = os.stat_result((status.st_mode, 0, 0, 0, 0, 0, 0, 0, 0, 0))
    monkeypatch.setattr(type(tmp_path), "stat", lambda self, **_: result)
    assert make_secrets.owner_of(tmp_path, tmp_path / "map") == (0, 0)
