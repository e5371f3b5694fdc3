"""The service `status`: looks every half minute, and gives the last look as a page and as JSON to whoever asks.

It reads and writes nothing else: no engine, no database, of Airflow only what a user who may look is told.
"""

from __future__ import annotations

import logging
import signal
import sys
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType
from typing import NoReturn

import msgspec

from microstep_airflow.status.page import OLD, render
from microstep_airflow.status.shape import Status

PORT = 8000
PAUSE = 30.0
"""Seconds between two looks."""
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

log = logging.getLogger("status")


class Looks:
    """The last look, and whoever makes the next one."""

    def __init__(self, look: Callable[[], Status]) -> None:
        self._look = look
        self.last: Status | None = None

    def once(self) -> None:
        """Look; what goes wrong is logged, and the last look stays, which gets old."""
        try:
            self.last = self._look()
        except Exception:
            log.exception("the stack could not be looked at")

    def go_on(self) -> NoReturn:
        """Look for ever."""
        while True:
            self.once()
            time.sleep(PAUSE)


def _now() -> datetime:
    return datetime.now(UTC)


def server(looks: Looks, port: int = PORT, clock: Callable[[], datetime] = _now) -> ThreadingHTTPServer:
    """What answers; it knows three addresses, and nothing of files."""

    class Handler(BaseHTTPRequestHandler):
        server_version = "microstep"
        sys_version = ""
        timeout = 10

        def do_GET(self) -> None:
            path, last = self.path.partition("?")[0], looks.last
            if path not in ("/", "/status.json", "/health"):
                return self._answer(404, "text/plain", b"there are / and /status.json\n")
            if last is None:
                return self._answer(503, "text/plain", b"the first look is not done yet\n")
            if path == "/health":
                old = clock() - last.made > OLD
                return self._answer(503 if old else 200, "text/plain", b"the last look is old\n" if old else b"ok\n")
            if path == "/status.json":
                return self._answer(200, "application/json", msgspec.json.format(msgspec.json.encode(last), indent=2))
            return self._answer(200, "text/html", render(last, clock()).encode())

        def do_HEAD(self) -> None:
            self.do_GET()

        def _answer(self, code: int, kind: str, body: bytes) -> None:
            self.send_response(code)
            self.send_header("Content-Type", f"{kind}; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Security-Policy", POLICY)
            self.send_header("X-Content-Type-Options", "nosniff")
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 (the base class's name)
            """Who looks is nobody's business."""

    return ThreadingHTTPServer(("", port), Handler)


def serve(look: Callable[[], Status]) -> int:
    """Until SIGTERM."""

    def end(_number: int, _frame: FrameType | None) -> NoReturn:
        sys.exit(0)

    signal.signal(signal.SIGTERM, end)
    logging.getLogger("ledger").setLevel(logging.ERROR)  # a torn line is told on the page, not twice a minute here
    looks = Looks(look)
    threading.Thread(target=looks.go_on, daemon=True).start()
    server(looks).serve_forever()
    return 0
