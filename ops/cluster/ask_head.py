"""Asks the head for its time, from a container of a worker's machine: the way, both certificates, both clocks at once.

Prints the seconds by which this machine's clock is ahead and whether the head sees a file that was written here, or why
it does not answer.
"""

from __future__ import annotations

import socket
import ssl
import sys
import time
from email.utils import parsedate_to_datetime
from pathlib import Path

FOLDER = Path("/run/microstep/gateway")
NAME = "airflow"
REFUSED = 77
UNREACHABLE = 69
SEEN, UNSEEN = "here", "elsewhere"
LOOKS = 10
"""One a second: another machine's kernel may believe for a while what it saw before."""


def ask(address: str, port: int, path: str = "/", folder: Path = FOLDER) -> tuple[float, bool]:
    """By how many seconds this clock is ahead of the head's, and whether the path leads to something there.

    Raises OSError, of which ssl.SSLError is one.
    """
    context = ssl.create_default_context(cafile=folder / "ca.pem")
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.load_cert_chain(folder / "cert.pem", folder / "key.pem")
    with (
        socket.create_connection((address, port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname=NAME) as wrapped,
    ):
        # the gateway answers this one itself, at once: what stands behind it may be slow
        wrapped.sendall(f"GET {path} HTTP/1.1\r\nHost: {NAME}\r\nConnection: close\r\n\r\n".encode())
        answer = b""
        while b"\r\n\r\n" not in answer and (more := wrapped.recv(65536)):
            answer += more
    status, *headers = answer.decode("latin-1").split("\r\n")
    date = next((line[5:].strip() for line in headers if line.lower().startswith("date:")), "")
    # nginx answers 400 to a certificate that it does not take, after the handshake
    if " 400 " in f"{status} " or not date:
        raise ssl.SSLError(f"the head does not take this machine's certificate ({status})")
    return time.time() - parsedate_to_datetime(date).timestamp(), f"{status} ".split(" ")[1].startswith("2")


def main() -> int:
    """For a person's eyes only in part: the caller words it."""
    try:
        address, port, sign = sys.argv[1], int(sys.argv[2]), sys.argv[3]
        for look in range(LOOKS):
            ahead, seen = ask(address, port, f"/seen/{sign}")
            if seen or look == LOOKS - 1:
                break
            time.sleep(1)
        # the header has whole seconds, cut off
        print(f"{ahead - 0.5:.1f} {SEEN if seen else UNSEEN}")
    except ssl.SSLError as error:
        print(error, file=sys.stderr)
        return REFUSED
    except OSError as error:
        print(error, file=sys.stderr)
        return UNREACHABLE
    return 0


if __name__ == "__main__":
    sys.exit(main())
