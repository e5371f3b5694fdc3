"""What machines are called, and where they are reached."""

from __future__ import annotations

import re
from ipaddress import AddressValueError, IPv4Address

HEAD = "head"
"""The machine that has the stack's database, its pages and its broker."""
SCHEDULER, OPERATOR = "scheduler", "operator"
"""Users of the broker that are no machines."""
SERVERS = ("airflow", "mlflow", "broker")
"""By these names a machine knows the head: a certificate of another machine must never carry one of them."""
PARTS = (
    *("airflow-apiserver", "airflow-dag-processor", "airflow-init", "airflow-scheduler", "airflow-triggerer"),
    *("airflow-worker", "authority", "checkout", "gateway", "maildev", "pages", "postgres", "secrets"),
    *("socket-proxy", "status", "tls", "generate", "preprocess", "train", "validate", "predict"),
)
"""Services of the compose files besides: in a network of theirs these names lead to them, or past the gateway.

Spelled out: this module runs in containers as well, which see this folder and no step. tokens.py knows what was added.
"""
RESERVED = (HEAD, *SERVERS, SCHEDULER, OPERATOR, "default", "include", "localhost", *PARTS)
"""`default` is a user of Valkey's as well, and both it and `include` mean something in a map of nginx's."""
NAME = re.compile(r"[a-z][a-z0-9-]{0,30}")


def good_name(text: str) -> str:
    """A name that a machine may have; ValueError says what it must be."""
    if not NAME.fullmatch(text) or text in RESERVED:
        raise ValueError(f"NAME: must be {NAME.pattern}, and none of {', '.join(RESERVED)}, got {text!r}")
    return text


def good_address(text: str, what: str = "ADDRESS") -> str:
    """An address of one machine in its network; ValueError says what it must be."""
    try:
        address = IPv4Address(text)
    except AddressValueError:
        raise ValueError(f"{what}: must be an IPv4 address such as 10.0.0.12, got {text!r}") from None
    if address.is_unspecified or address.is_loopback or address.is_multicast:
        raise ValueError(f"{what}: must be the address of one machine that the others reach, got {text!r}")
    return str(address)
