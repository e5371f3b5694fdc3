"""Who may do what in the broker: Valkey's file of users, one for each machine, one for the scheduler.

Celery on Redis keeps a queue as a list of the queue's name (with another end for each priority), what a worker has
taken as `unacked…`, and a task's end as `celery-task-meta-…`. Each machine has an `unacked` of its own: a message that
waits in there goes back to whatever queue it names, so a shared one would lead from any machine into the head's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256

from cluster.names import OPERATOR, SCHEDULER

SHARED = ("steps", "train")
"""The queues that every machine may take from; others are one machine's: host.<name>."""
_PRIORITIES = "\x06\x16"
"""What kombu puts between a queue's name and a priority."""
_GROUPS = (
    "auth hello ping select client|setinfo client|setname multi exec discard watch unwatch",  # a connection's own
    "llen lpush rpush rpop brpop sadd smembers exists",  # queues, and what leads to them
    "hset hget hdel zadd zrem zrevrangebyscore",  # what a worker has taken
    "get set setex setnx mget del expire pexpire evalsha script|load",  # ends of tasks; a lock of kombu's
    "subscribe unsubscribe psubscribe punsubscribe",
)
_COMMANDS = tuple(command for group in _GROUPS for command in group.split())
_ASKED = "/0.celery.pidbox"
"""The channel on which the scheduler asks workers whether they answer. A machine hears it, and cannot speak there: by
the same way a worker is told to stop, or to take from another queue."""
_ANYBODY = "-".join("?" * length for length in (8, 4, 4, 4, 12))
"""The id of whoever asked, to whom an answer goes: not `*`, which would be any key with such an end."""
_SPOKEN = ("celery-task-meta-*", "/0.celeryev/*")
"""The channels on which a machine says how tasks end, and that it is there."""


def queues(machine: str) -> tuple[str, ...]:
    """The queues that a machine may take tasks from."""
    return (*SHARED, f"host.{machine}")


def keys(machine: str) -> tuple[str, ...]:
    """The keys that a machine needs: patterns of Valkey's, in which `*` stands for anything."""
    own = queues(machine)
    return (
        *own,
        *(f"{queue}{_PRIORITIES}?" for queue in own),
        *(f"_kombu.binding.{queue}" for queue in own),
        *(unacked(machine, what) for what in ("", "_index", "_mutex")),
        "celery-task-meta-*",
        # questions whether it answers, and where answers go
        *(f"celery@{machine}.celery.pidbox{end}" for end in ("", f"{_PRIORITIES}?")),
        "_kombu.binding.celery.pidbox",
        f"{_ANYBODY}.reply.celery.pidbox",
    )


def unacked(machine: str, what: str = "") -> str:
    """The key in which a machine keeps what it has taken."""
    return f"unacked{what}.{machine}"


def users(passwords: Mapping[str, str]) -> str:
    """The file: nobody without a password, and each password only as its hash.

    :param passwords: by user: machines, the scheduler, the operator
    """
    lines = ["user default off resetpass nocommands"]
    lines += [f"user {name} on resetpass #{_hash(word)} {_rights(name)}" for name, word in sorted(passwords.items())]
    return "\n".join(lines) + "\n"


def _rights(name: str) -> str:
    if name == OPERATOR:
        return "resetkeys resetchannels -@all +ping +acl|load +client|kill +client|list"
    if name == SCHEDULER:
        return "~* &* +@all -@admin -@dangerous +info"
    patterns = " ".join(f"~{key}" for key in keys(name))
    commands = " ".join(f"+{command}" for command in _COMMANDS)
    spoken = " ".join(f"&{channel}" for channel in _SPOKEN)
    return (
        f"resetkeys {patterns} %R~_kombu.binding.reply.celery.pidbox resetchannels &{_ASKED} {spoken} -@all {commands}"
        f" (-@all resetchannels {spoken} +publish)"
    )


def _hash(password: str) -> str:
    return sha256(password.encode()).hexdigest()


def urls(user: str, password: str) -> tuple[str, str]:
    """Where Celery finds its queues, and where the ends of tasks."""
    return tuple(f"redis://{user}:{password}@broker:6379/{number}" for number in (0, 1))  # type: ignore[return-value]
