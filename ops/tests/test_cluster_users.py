import re
from hashlib import sha256

from cluster.broker_users import keys, queues, urls, users

PASSWORDS = {"scheduler": "s" * 64, "operator": "o" * 64, "head": "h" * 64, "b": "b" * 64, "b2": "c" * 64}


def lines():
    return {line.split()[1]: line for line in users(PASSWORDS).splitlines()}


def test_nobody_is_let_in_without_a_password_and_no_password_is_in_the_file():
    assert lines()["default"] == "user default off resetpass nocommands"
    for name, password in PASSWORDS.items():
        assert password not in users(PASSWORDS)
        assert f" #{sha256(password.encode()).hexdigest()} " in lines()[name]
        assert "nopass" not in lines()[name]


def matched(machine, key):
    """As Valkey matches its patterns."""
    forms = (re.escape(pattern).replace(r"\*", ".*").replace(r"\?", ".") for pattern in keys(machine))
    return any(re.fullmatch(form, key, re.DOTALL) for form in forms)


def test_a_machine_reaches_its_own_queue_and_the_shared_ones_and_no_other_machines():
    for own in (
        "steps",
        "train",
        "host.b",
        "steps\x06\x169",
        "host.b\x06\x163",
        "unacked.b",
        "unacked_index.b",
        "_kombu.binding.steps",
    ):
        assert matched("b", own), own
    for other in (
        "host.head",
        "host.b2",
        "host.head\x06\x169",
        "unacked",
        "unacked.head",
        "unacked.b2",
        "_kombu.binding.host.head",
        "anything",
    ):
        assert not matched("b", other), other
    assert queues("b") == ("steps", "train", "host.b")


def test_an_answer_goes_to_who_asked_and_nobody_decides_where_answers_go():
    assert matched("b", "0a1b2c3d-0000-3000-8000-0a1b2c3d4e5f.reply.celery.pidbox")
    assert matched("b", "celery@b.celery.pidbox")
    for other in ("_kombu.binding.reply.celery.pidbox", "celery@head.celery.pidbox", "x.reply.celery.pidbox"):
        assert not matched("b", other), other
    assert " %R~_kombu.binding.reply.celery.pidbox " in lines()["b"]


def test_a_machine_speaks_where_tasks_end_and_not_where_workers_are_told_what_to_do():
    root, _, selector = lines()["b"].partition(" (")
    assert "&/0.celery.pidbox " in root
    assert "+publish" not in root
    assert "+publish" in selector
    assert "pidbox" not in selector


def test_a_machine_can_change_nothing_of_the_broker_itself():
    rights = lines()["b"].split()
    assert rights.index("-@all") < min(at for at, word in enumerate(rights) if word.startswith("+"))
    allowed = {word[1:] for word in rights if word.startswith("+")}
    assert allowed.isdisjoint(
        {
            "config",
            "acl",
            "flushall",
            "flushdb",
            "keys",
            "scan",
            "debug",
            "shutdown",
            "client",
            "eval",
            "module",
            "rename",
        }
    )
    assert not any(word.startswith("+@") for word in rights)


def test_the_operator_reads_and_writes_no_task():
    assert "~" not in lines()["operator"].replace("resetkeys", "")
    assert "-@all +ping +acl|load" in lines()["operator"]


def test_celery_finds_queues_and_results_in_two_databases_as_one_user():
    assert urls("b", "secret") == ("redis://b:secret@broker:6379/0", "redis://b:secret@broker:6379/1")
