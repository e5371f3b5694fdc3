"""A machine's token: all that it must know to join, as one line of text. Who has it is that machine."""

from __future__ import annotations

import base64
import binascii
import json
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields

FORM = "microstep-1."
"""The beginning of every token, with the number of its form."""
LONGEST = 4000
"""A terminal takes 4,095 characters in a line, and drops the rest without a word."""
LARGEST = 1 << 16
"""Of what is packed into a token: nothing that was not made here is unpacked without an end."""


@dataclass(frozen=True)
class Token:
    """What a machine must know."""

    machine: str
    address: str
    head: str
    """The head's address."""
    stack: str
    """The id in data/.stack."""
    mark: str
    """What the head has written into data/.machines/<machine>: who reads it there has the same directory."""
    authority: str
    """The certificate of the cluster's authority, DER in base64; so are the next two."""
    certificate: str
    key: str
    broker_password: str
    api_secret_key: str
    """What the head's API server signs its questions for logs with."""
    logins: Mapping[str, str]
    """Password to MLflow by user: of each step that talks to it, and Airflow's."""


def encode(token: Token) -> str:
    """One line, short enough for a terminal."""
    text = json.dumps(asdict(token), separators=(",", ":"))
    return FORM + base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode()


def decode(line: str) -> Token:
    """The token in a line; ValueError says what is wrong with it, and nothing of what it holds."""
    text = line.strip()
    if not text.startswith(FORM):
        raise ValueError(f"the token must begin with {FORM}; take the whole line that make token printed on the head")
    try:
        unpacker = zlib.decompressobj()
        packed = base64.b64decode(text.removeprefix(FORM), altchars=b"-_", validate=True)
        raw = unpacker.decompress(packed, LARGEST)
        values = json.loads(raw)
    except (binascii.Error, zlib.error, ValueError):
        raise ValueError(
            f"the token is damaged, of {len(text)} characters; take the whole line that make token printed on the head"
        ) from None
    if not unpacker.eof or not isinstance(values, dict) or set(values) != {field.name for field in fields(Token)}:
        raise ValueError("the token is cut off, or of another version; make a new one on the head: make token")
    return Token(**values)


def pem(kind: str, der: str) -> str:
    """A certificate or key as programs read it."""
    body = "\n".join(der[at : at + 64] for at in range(0, len(der), 64))
    return f"-----BEGIN {kind}-----\n{body}\n-----END {kind}-----\n"


def der(text: str) -> str:
    """The base64 inside the first block of such a text."""
    return text.partition("-----BEGIN ")[2].partition("-----\n")[2].partition("-----END")[0].replace("\n", "")
