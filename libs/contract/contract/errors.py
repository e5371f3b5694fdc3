"""The exit codes of every step (they follow sysexits.h) and the exceptions that carry them.

StepError
├── UsageError          64
├── DataError           65
├── MissingInput        66
├── Unavailable         69
├── Later               75
│   ├── Occupied
│   └── NotYet
├── NotPermitted        77
├── ConfigError         78
└── GateRefused         80
"""

from __future__ import annotations

import difflib
import errno
from collections.abc import Iterable
from enum import IntEnum
from typing import ClassVar, Self


class ExitCode(IntEnum):
    """How a step ended, in a few words; what Airflow does with each is in docs/architecture.md."""

    meaning: str

    DONE = 0, "done, or already up to date"
    USAGE = 64, "wrong usage"
    DATA = 65, "the data breaks the contract"
    NO_INPUT = 66, "an input is missing"
    UNAVAILABLE = 69, "a service (MLflow, database) is unavailable"
    BUG = 70, "a bug in the step"
    CANNOT_WRITE = 73, "cannot write output (disk full, read-only)"
    IO = 74, "input or output error"
    TEMPORARY = 75, "a temporary failure, rows that are not there yet, or another run works on the same step and day"
    NOT_PERMITTED = 77, "not permitted: somebody else's directory, a model file with a wrong hash"
    CONFIG = 78, "wrong configuration"
    GATE_REFUSED = 80, "the gate refused the challenger"

    def __new__(cls, code: int, meaning: str = "") -> Self:
        """The number, with what it means; by the number alone a code is looked up."""
        member = int.__new__(cls, code)
        member._value_ = code
        member.meaning = meaning
        return member


class StepError(Exception):
    """An end that a step foresaw. Its message names the thing, the rule and the value."""

    code: ClassVar[ExitCode] = ExitCode.BUG


class UsageError(StepError):
    """The command line asks for something that cannot be."""

    code = ExitCode.USAGE


class DataError(StepError):
    """The data breaks the contract; running again on the same data ends the same way."""

    code = ExitCode.DATA


class MissingInput(StepError):
    """An input is not there (yet)."""

    code = ExitCode.NO_INPUT


class Unavailable(StepError):
    """A service that the step needs does not answer; worth trying again."""

    code = ExitCode.UNAVAILABLE


class Later(StepError):
    """It cannot be done now; worth trying again."""

    code = ExitCode.TEMPORARY


class Occupied(Later):
    """Another run is at work on the same thing. It is recognized by the words `SAYS` in a step's message."""

    SAYS: ClassVar[str] = "another run is at work"


class NotYet(Later):
    """The source answers, but does not have the day's rows yet. Recognized by the words `SAYS` in its message."""

    SAYS: ClassVar[str] = "not there yet"


class NotPermitted(StepError):
    """Rights or trust are missing: a directory of somebody else's, a model file with a wrong hash."""

    code = ExitCode.NOT_PERMITTED


class ConfigError(StepError):
    """`pipeline.toml` breaks a rule."""

    code = ExitCode.CONFIG


class GateRefused(StepError):
    """The challenger did not pass the gate: an outcome, not a failure."""

    code = ExitCode.GATE_REFUSED


_OS_CODES = {
    errno.EACCES: ExitCode.NOT_PERMITTED,
    errno.EPERM: ExitCode.NOT_PERMITTED,
    errno.ENOSPC: ExitCode.CANNOT_WRITE,
    errno.EDQUOT: ExitCode.CANNOT_WRITE,
    errno.EROFS: ExitCode.CANNOT_WRITE,
    errno.EFBIG: ExitCode.CANNOT_WRITE,
    errno.EAGAIN: ExitCode.TEMPORARY,
    errno.EMFILE: ExitCode.TEMPORARY,
    errno.ENFILE: ExitCode.TEMPORARY,
}


def code_for(error: BaseException) -> ExitCode:
    """The exit code for whatever ended a step: ours, the operating system's, or a bug."""
    if isinstance(error, StepError):
        return error.code
    if isinstance(error, MemoryError):
        return ExitCode.TEMPORARY
    if isinstance(error, OSError) and error.errno is not None:
        return _OS_CODES.get(error.errno, ExitCode.IO)
    return ExitCode.BUG


def did_you_mean(word: object, known: Iterable[str]) -> str:
    """The end of a message about an unknown word: the known one that is nearest, or nothing."""
    close = difflib.get_close_matches(str(word), sorted(known), n=1)
    return f"; did you mean {close[0]!r}?" if close else ""
