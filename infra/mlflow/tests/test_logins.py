import base64
import json

import pytest

from microstep_mlflow.logins import read, user_of

USERS = frozenset({"train", "admin"})
PASSWORDS = {"train": "a" * 20, "admin": "ä:" * 10}


@pytest.fixture
def known(tmp_path):
    (tmp_path / "logins.json").write_text(json.dumps(PASSWORDS))
    return read(tmp_path / "logins.json", USERS)


def basic(text):
    return "Basic " + base64.b64encode(text.encode()).decode()


def test_the_right_password_proves_a_user(known):
    assert [user_of(basic(f"{user}:{password}"), known) for user, password in PASSWORDS.items()] == ["train", "admin"]


@pytest.mark.parametrize(
    "header",
    [
        "", "Basic", "Basic ", "Basic !", "Bearer " + "a" * 20, basic("train"), basic("train:"), basic("train:b"),
        basic(f"nobody:{'a' * 20}"), basic(f":{'a' * 20}"), basic(f"admin:{'a' * 20}"), basic(f"TRAIN:{'a' * 20}"),
        "Basic " + base64.b64encode(b"\xff:\xff").decode(), "Basic ä",
    ],
)  # fmt: skip
def test_nothing_else_proves_anybody(known, header):
    assert user_of(header, known) is None


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ({"train": "a" * 20}, "must have the users admin, train, got train"),
        ({**PASSWORDS, "more": "a" * 20}, "got admin, more, train"),
        ({**PASSWORDS, "train": "short"}, "train: a password must have at least 16 characters"),
    ],
)
def test_a_file_that_is_not_the_stacks_is_refused(tmp_path, content, why):
    (tmp_path / "logins.json").write_text(json.dumps(content))
    with pytest.raises(ValueError, match=why):
        read(tmp_path / "logins.json", USERS)
