import base64
import json
import re
import zlib
from dataclasses import asdict, replace

import pytest
from checkout.steps import added
from cluster import authority
from cluster.names import good_address, good_name
from cluster.token import FORM, LARGEST, LONGEST, Token, decode, der, encode, pem
from composed import ROOT

TOKEN = Token(
    machine="b",
    address="10.99.0.12",
    head="10.99.0.11",
    stack="0123456789ab",
    mark="0" * 32,
    authority="QUJD",
    certificate="QUJD",
    key="QUJD",
    broker_password="p" * 64,
    api_secret_key="s" * 43,
    logins=dict.fromkeys(("airflow", "train", "validate", "predict"), "l" * 43),
)


def test_what_was_put_into_a_token_comes_out_of_it_and_it_is_one_line():
    line = encode(TOKEN)
    assert decode(f"  {line}\n") == TOKEN
    assert len(line.split()) == 1


def test_the_longest_token_fits_into_a_terminals_line(tmp_path):
    import secrets

    authority.make(tmp_path / "own")
    name, address = "m" + "-" * 30, "255.255.255.254"
    pair = authority.issue(tmp_path / "own", name, (name, address))
    real = replace(
        TOKEN,
        machine=name,
        address=address,
        authority=der(authority.public(tmp_path / "own")),
        certificate=der(pair.certificate),
        key=der(pair.key),
        broker_password=secrets.token_hex(32),
        api_secret_key=secrets.token_urlsafe(32),
        logins={user: secrets.token_urlsafe(32) for user in TOKEN.logins},
    )
    assert pem("CERTIFICATE", real.certificate) == pair.certificate
    assert pem("PRIVATE KEY", real.key) == pair.key
    assert len(encode(real)) < LONGEST


def packed(value) -> str:
    raw = value if isinstance(value, bytes) else json.dumps(value).encode()
    return FORM + base64.urlsafe_b64encode(zlib.compress(raw)).decode()


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("", "must begin with microstep-1."),
        ("microstep-2.AAAA", "must begin with microstep-1."),
        (encode(TOKEN)[:-40], "damaged|cut off"),
        (encode(TOKEN)[:60] + "!" + encode(TOKEN)[61:], "damaged"),
        (packed([1]), "another version"),
        (packed({**asdict(TOKEN), "more": 1}), "another version"),
        (packed(b'"' + b"x" * (LARGEST * 8) + b'"'), "damaged|cut off"),
    ],
    ids=["empty", "of another form", "cut off", "mistyped", "no token", "of another version", "without an end"],
)
def test_what_is_no_token_is_refused_and_nothing_of_it_is_said(line, said):
    with pytest.raises(ValueError, match=said) as refusal:
        decode(line)
    assert not any(secret in str(refusal.value) for secret in ("p" * 9, "l" * 9, line[20:40] or "nothing"))


@pytest.mark.parametrize("name", ["b", "node-7", "m" * 31])
def test_a_name_in_small_letters_is_good(name):
    assert good_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        "B",
        "7a",
        "m" * 32,
        "a.b",
        "a_b",
        "a b",
        "a\n",
        "head",
        "airflow",
        "mlflow",
        "broker",
        "scheduler",
        "operator",
        "default",
        "include",  # in the gateway's map it would be a directive
        "localhost",
    ],
)
def test_a_name_that_is_none_or_a_part_of_the_head_is_refused(name):
    with pytest.raises(ValueError, match="NAME: must be"):
        good_name(name)


def test_no_machine_is_called_as_a_part_of_the_stack():
    parts = set()
    for file in ROOT.glob("docker-compose*.yml"):
        _, services = re.split(r"(?m)^services:$", file.read_text())
        parts |= set(re.findall(r"(?m)^  ([a-z-]+):", re.split(r"(?m)^[a-z]", services)[0]))
    assert {"airflow-apiserver", "socket-proxy", "gateway", "tls", "train"} <= parts
    for name in parts - {*added()}:  # those are refused where the token is asked for: test_cluster_tokens.py
        with pytest.raises(ValueError, match="NAME: must be"):
            good_name(name)


@pytest.mark.parametrize(
    "text", ["", "b", "10.0.0", "10.0.0.256", "fd00::1", "0.0.0.0", "127.0.0.1", "224.0.0.1", "10.0.0.1;", "010.0.0.1"]
)
def test_what_is_no_address_of_one_machine_is_refused(text):
    with pytest.raises(ValueError, match="ADDRESS: must be"):
        good_address(text)
