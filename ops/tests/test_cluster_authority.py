"""Real certificates by the real openssl, judged by it."""

import subprocess
import time

import pytest
from cluster import authority


@pytest.fixture
def folder(tmp_path):
    authority.make(tmp_path / "own")
    return tmp_path / "own"


def openssl(*words, text=""):
    return subprocess.run(["openssl", *words], input=text, capture_output=True, text=True, check=False)


def judged(folder, pair, tmp_path, name, *more):
    """What openssl says of a certificate, for a name."""
    (tmp_path / "given.pem").write_text(pair.certificate)
    return openssl(
        "verify",
        "-x509_strict",
        "-CAfile",
        str(folder / "ca.pem"),
        "-verify_hostname",
        name,
        *more,
        str(tmp_path / "given.pem"),
    )


def test_a_machine_is_vouched_for_by_its_name_and_its_address_and_by_no_other(folder, tmp_path):
    pair = authority.issue(folder, "b", ("b", "10.99.0.12"))
    for name in ("b", "10.99.0.12"):
        assert judged(folder, pair, tmp_path, name).returncode == 0
    for name in ("airflow", "mlflow", "broker", "head", "c", "10.99.0.13"):
        assert "hostname mismatch" in judged(folder, pair, tmp_path, name).stderr, name


def test_key_and_certificate_belong_together_and_no_key_is_left_behind(folder):
    pair = authority.issue(folder, "b", ("b",))
    of_key = openssl("pkey", "-pubout", text=pair.key).stdout
    assert of_key == openssl("x509", "-pubkey", "-noout", text=pair.certificate).stdout != ""
    left = {path.name for path in folder.rglob("*") if path.is_file() and "PRIVATE KEY" in path.read_text()}
    assert left == {"ca.key"}


def test_nothing_of_the_authority_is_open_to_others(folder):
    authority.issue(folder, "b", ("b",))
    assert folder.stat().st_mode & 0o077 == 0
    assert (folder / "ca.key").stat().st_mode & 0o177 == 0


def test_a_machine_cannot_vouch_for_another_one(folder, tmp_path):
    pair = authority.issue(folder, "b", ("b",))
    text = openssl("x509", "-noout", "-text", text=pair.certificate).stdout
    assert "CA:FALSE" in text
    assert "TLS Web Server Authentication, TLS Web Client Authentication" in text
    assert "Certificate Sign" not in text


def test_a_certificate_is_good_before_its_hour_for_clocks_differ(folder):
    pair = authority.issue(folder, "b", ("b",))
    # an hour ago
    (folder / "given.pem").write_text(pair.certificate)
    at = str(int(time.time()) - 3600)
    assert (
        openssl(
            "verify", "-partial_chain", "-trusted", str(folder / "given.pem"), "-attime", at, str(folder / "given.pem")
        ).returncode
        == 0
    )


@pytest.mark.parametrize("hours", [1, 20])
def test_all_of_it_is_good_for_a_clock_that_is_behind_the_list_as_well(folder, tmp_path, hours):
    """A head whose clock was ahead when a token was made let nobody in when it was put right, and said nothing."""
    pair = authority.issue(folder, "b", ("b",))
    (tmp_path / "crl.pem").write_text(authority.revoked(folder))
    at = str(int(time.time()) - hours * 3600)
    done = judged(folder, pair, tmp_path, "b", "-crl_check", "-CRLfile", str(tmp_path / "crl.pem"), "-attime", at)
    assert done.returncode == 0, done.stderr


def test_the_list_names_what_was_taken_back_and_nothing_else(folder, tmp_path):
    kept = authority.issue(folder, "b", ("b",))
    gone = authority.issue(folder, "c", ("c",))
    replaced = authority.issue(folder, "d", ("d",))
    anew = authority.issue(folder, "d", ("d",))
    authority.revoke(folder, "c")
    (tmp_path / "crl.pem").write_text(authority.revoked(folder))
    look = ("-crl_check", "-CRLfile", str(tmp_path / "crl.pem"))
    for pair, name, good in ((kept, "b", True), (gone, "c", False), (replaced, "d", False), (anew, "d", True)):
        done = judged(folder, pair, tmp_path, name, *look)
        assert (done.returncode == 0) == good, (name, done.stderr)
        assert good or "certificate revoked" in done.stderr


def test_an_authority_that_is_there_is_kept_and_one_that_was_killed_on_the_way_is_made_anew(folder, tmp_path):
    before = authority.public(folder)
    assert not authority.make(folder)
    assert authority.public(folder) == before
    half = tmp_path / "half"
    half.mkdir()
    (half / "ca.key").write_text("half a key")
    (half / "index.txt").write_text("half a line")
    assert authority.make(half)
    assert authority.issue(half, "b", ("b",)).certificate != ""


def test_what_openssl_refuses_is_told_in_its_own_words(folder):
    (folder / "ca.key").write_text("no key")
    with pytest.raises(RuntimeError, match=r"(?s)openssl ca: exit 1: .*ca\.key"):
        authority.issue(folder, "b", ("b",))
