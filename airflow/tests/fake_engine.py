"""A Docker engine that answers what a test says and keeps what it was asked, byte for byte over HTTP."""

import json
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlparse

IMAGE_ID = "sha256:" + "ab" * 32
VERSION = "/v1.45"


class FakeEngine:
    def __init__(self):
        self.calls = []
        """(method, path without version, query, body)."""
        self.exit_code = 0
        self.output = b"2026-11-23 18:00:00,123 INFO train: done\n"
        self.frame_bytes = None
        """How much of the output a frame holds at most; None for all of it."""
        self.images = {"microstep-train", "microstep-generate"}
        self.holders = []
        """The states of a container that has the name already, one after the other; then it is gone."""
        self.holders_run = "manual__1"
        self.holders_root = "/srv/microstep"
        self.listed = {}
        """The labels of the containers that a list tells of, by their ids."""
        self.broken = {}
        """Status by (method, path)."""
        self.log_is_cut = False
        """Whether the connection breaks before the end of the log."""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self.url = f"tcp://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def asked(self, method, ending):
        """The queries and bodies of the calls to a path with that ending."""
        return [(query, body) for verb, path, query, body in self.calls if verb == method and path.endswith(ending)]

    @property
    def created(self):
        """The body of the one create call, and the name that it asked for."""
        [(query, body)] = self.asked("POST", "/containers/create")
        return query["name"][0], body

    def answer(self, method, path, query):
        """Status and body of an answer."""
        if status := self.broken.get((method, path)):
            return status, {"message": "it went wrong"}
        if path == "/containers/create" and self.holders:
            return 409, {"message": f"Conflict. The container name {query['name'][0]} is already in use"}
        if method == "DELETE" and path == "/containers/c0":
            self.holders = []
            return 204, None
        answers = {
            "GET /version": (200, {"ApiVersion": VERSION[2:]}),
            "GET /containers/json": (200, self._list(query)),
            "POST /containers/create": (201, {"Id": "c1", "Warnings": []}),
            "GET /containers/c0/json": (200, {"Id": "c0", "Config": {"Tty": False}}),
            "POST /containers/c0/wait": (200, {"StatusCode": self.exit_code}),
            "GET /containers/c1/json": (200, {"Id": "c1", "Config": {"Tty": False}}),
            "POST /containers/c1/start": (204, None),
            "POST /containers/c1/wait": (200, {"StatusCode": self.exit_code}),
            **{f"POST /containers/{name}/stop": (204, None) for name in ("c1", *self.listed)},
            **{f"DELETE /containers/{name}": (204, None) for name in ("c1", *self.listed)},
            **{f"GET /images/{name}/json": (200, {"Id": IMAGE_ID}) for name in self.images},
        }
        if method == "GET" and path.startswith("/containers/microstep-") and self.holders:
            status, _, code = self.holders.pop(0).partition(" ")
            labels = {"microstep.dag": "{{ dag.dag_id }}", "microstep.task": "{{ task.task_id }}", "microstep.try": "1"}
            state = {"Status": status, "ExitCode": int(code or 0)}
            run = {"microstep.run": self.holders_run, "microstep.root": self.holders_root}
            return 200, {"Id": "c0", "State": state, "Config": {"Labels": labels | run}}
        return answers.get(f"{method} {path}", (404, {"message": f"No such image: {path}"}))

    def _list(self, query):
        wanted = json.loads(query["filters"][0])["label"] if "filters" in query else []
        return [
            {"Id": name, "Names": [f"/{name}"], "Labels": labels}
            for name, labels in self.listed.items()
            if all(word in labels or word in [f"{key}={value}" for key, value in labels.items()] for word in wanted)
        ]

    def frames(self):
        """The output as the engine frames it."""
        size = self.frame_bytes or len(self.output)
        parts = [self.output[start : start + size] for start in range(0, len(self.output), size)]
        return b"".join(struct.pack(">BxxxL", 2, len(part)) + part for part in parts)

    def _handler(engine):  # noqa: N805
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_call(self):
                url = urlparse(self.path)
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                path = url.path.removeprefix(VERSION)
                query = parse_qs(url.query)
                engine.calls.append((self.command, path, query, json.loads(body) if body else None))
                if path.endswith("/logs"):
                    missing = 1 if engine.log_is_cut else 0
                    self.answer_with(200, "application/vnd.docker.multiplexed-stream", engine.frames(), missing)
                    self.close_connection = engine.log_is_cut
                    return
                status, answer = engine.answer(self.command, path, query)
                content = b"" if answer is None else json.dumps(answer).encode()
                self.answer_with(status, "application/json", content)

            def answer_with(self, status, kind, content, missing=0):
                self.send_response(status)
                self.send_header("Content-Type", kind)
                self.send_header("Content-Length", str(len(content) + missing))
                self.end_headers()
                self.wfile.write(content)

            do_GET = do_POST = do_DELETE = handle_call  # noqa: N815 - the server's names

            def log_message(self, *args):
                pass

        return Handler
