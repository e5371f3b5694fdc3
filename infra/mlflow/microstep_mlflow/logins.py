"""Who a caller is: HTTP's basic log-in, held against the file that the stack made."""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from pathlib import Path

Logins = Mapping[str, bytes]
"""User -> SHA-256 of the password. They are random and long, so a slow hash would protect nothing more."""

LEAST = 16


def read(path: Path, users: frozenset[str]) -> Logins:
    """The log-ins of a JSON object user -> password. Raises ValueError unless it has these users and long ones."""
    passwords = json.loads(path.read_text(encoding="utf-8"))
    if set(passwords) != users:
        raise ValueError(f"{path}: must have the users {', '.join(sorted(users))}, got {', '.join(sorted(passwords))}")
    if weak := [user for user, password in passwords.items() if len(password) < LEAST]:
        raise ValueError(f"{path}: {', '.join(weak)}: a password must have at least {LEAST} characters")
    return {user: _hash(password) for user, password in passwords.items()}


def user_of(header: str, logins: Logins) -> str | None:
    """The user whom an Authorization header proves; None when it proves nobody."""
    kind, _, encoded = header.partition(" ")
    if kind.lower() != "basic":
        return None
    try:
        user, colon, password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8").partition(":")
    except ValueError:
        return None
    # as long for a user who is not there
    same = hmac.compare_digest(logins.get(user, bytes(32)), _hash(password))
    return user if colon and same and user in logins else None


def _hash(password: str) -> bytes:
    return hashlib.sha256(password.encode()).digest()
