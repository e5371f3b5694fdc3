"""How the commands that look after state end: in words, with an exit code of libs/contract/contract/errors.py."""

from __future__ import annotations

import signal
import sys
from types import FrameType
from typing import NoReturn

USAGE = 64
DAMAGED = 65
MISSING = 66
UNAVAILABLE = 69
CANNOT_WRITE = 73
TRY_AGAIN = 75
NOT_PERMITTED = 77
CONFIGURATION = 78


def refuse(code: int, message: str) -> NoReturn:
    """End this program with a message."""
    print(message, file=sys.stderr)
    raise SystemExit(code)


def end_tidily_when_asked_to() -> None:
    """Make SIGINT, SIGTERM and a closed terminal an orderly end, in which `finally` and `except` have their turn."""

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        for later in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(later, signal.SIG_IGN)  # what is under way to put things back is not interrupted again
        refuse(128 + number, f"ended by {signal.Signals(number).name}")

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
