"""This thread in a machine's network, for a while: what is bound to 127.0.0.1 there is reached so."""

from __future__ import annotations

import ctypes
import os
from collections.abc import Iterator
from contextlib import contextmanager

_C = ctypes.CDLL(None, use_errno=True)
_NETWORK = 0x40000000  # CLONE_NEWNET


@contextmanager
def inside(process: int) -> Iterator[None]:
    """In the network of a process. Raises OSError."""
    back = os.open("/proc/thread-self/ns/net", os.O_RDONLY)
    try:
        _enter(f"/proc/{process}/ns/net")
        yield
    finally:
        if _C.setns(back, _NETWORK):
            os.abort()  # nothing that follows would be where it thinks it is
        os.close(back)


def _enter(path: str) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        if _C.setns(handle, _NETWORK):
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()), path)
    finally:
        os.close(handle)
