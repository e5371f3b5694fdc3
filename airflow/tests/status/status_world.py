"""A data root on a morning, and an Airflow that answers, for the tests of the status."""

import json
import os
import socket
import threading
import tomllib
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from conftest import pipeline
from fake_reports import ledger_line, model

from contract.config.parse import parse
from contract.datasets.manifest import Manifest, encode
from contract.layout import Layout

NOW = datetime(2026, 1, 10, 7, tzinfo=UTC)
"""8:00 in Berlin, where the pipeline of conftest is."""
YESTERDAY = "2026-01-09"


def config(source="files"):
    return parse(tomllib.loads(pipeline(source)))


def commit(directory, step, day, **counts):
    """A committed dataset without files."""
    directory.mkdir(parents=True, exist_ok=True)
    manifest = Manifest(
        step=step, day=day, fingerprint="f", code="c", settings={}, inputs=[], schema=[], files=[], counts=counts,
        notes={}, run={},
    )  # fmt: skip
    (directory / "manifest.json").write_bytes(encode(manifest))


def days(last=YESTERDAY, count=9):
    end = datetime.fromisoformat(last)
    return [(end - timedelta(days=back)).date().isoformat() for back in reversed(range(count))]


def fill(root, last=YESTERDAY, predicted=YESTERDAY):
    """Raw data and labels of all days up to one, predictions up to another, and a champion."""
    layout = Layout(root)
    for day in days(last):
        commit(layout.raw_data(day), "generate", day, rows_in=5, rows_out=5)
        commit(layout.raw_target(day), "generate", day, rows_in=5, rows_out=5)
    for day in days(predicted) if predicted else []:
        commit(layout.predictions(day), "predict", day, rows_out=2000)
    file = root / model("2026-01-03", "3").file
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"")
    ledger_line(root, "2026-01-05T04:20:00+00:00", before=None)
    point(root)
    return layout


def point(root, version="3"):
    """The pointer to the champion, as validate writes it from the ledger."""
    import msgspec

    from contract.models import ledger
    from contract.models.champion import Pointer, write_champion

    layout = Layout(root)
    line = ledger.last_in_use(ledger.read(layout.ledger))
    fields = {name: getattr(line.model, name) for name in type(line.model).__struct_fields__}
    write_champion(layout.champion, Pointer(**fields, line=line.hash))
    return msgspec.json.decode(layout.champion.read_bytes())


@contextmanager
def says(text):
    """The address of a server that answers with these bytes, whatever it is asked."""

    def answer():
        while True:
            try:
                connection, _ = server.accept()
            except OSError:
                return
            with connection:
                connection.recv(65536)
                connection.sendall(text)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=answer, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}"
        finally:
            server.shutdown(socket.SHUT_RDWR)
            thread.join()


NO_HTTP = {
    "no status": b"SSH-2.0-OpenSSH\r\n",
    "not all of it": b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{",
    "headers without end": b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 200 + b"\r\n",
}


@contextmanager
def closed(folder):
    """Nobody may read a folder, root neither: by another user, who needs the way to it to be open or relative."""
    mode, root = folder.stat().st_mode, os.geteuid() == 0
    folder.chmod(0)
    if root:
        os.seteuid(65534)
    try:
        yield
    finally:
        if root:
            os.seteuid(0)
        folder.chmod(mode)


def run_of(dag, state="success", due="2026-01-10T03:15:00Z", number=1, asked=None):
    """A run as Airflow's API writes it."""
    return {
        "dag_id": dag,
        "dag_run_id": f"scheduled__{due}_{number}",
        "state": state,
        "run_after": due,
        "run_type": "manual" if asked else "scheduled",
        "conf": asked and {"from": asked[0], "to": asked[-1]},
        "start_date": due,
        "end_date": due if state in ("success", "failed") else None,
    }


def dag_of(dag, *, paused=False, following="2026-01-11T03:15:00Z"):
    """A DAG as Airflow's API writes it."""
    return {
        "dag_id": dag,
        "is_paused": paused,
        "next_dagrun_run_after": following,
        "has_import_errors": False,
    }


HEALTH = {name: {"status": "healthy"} for name in ("metadatabase", "scheduler", "triggerer", "dag_processor")}


class FakeAirflow:
    """Airflow's API on loopback, with as many entries in one answer as the real one gives."""

    def __init__(self, dags=(), runs=(), tasks=(), page=100):
        self.dags, self.runs, self.tasks, self.page = list(dags), list(runs), list(tasks), page
        self.token, self.logins, self.asked = "one", 0, []
        self.health = HEALTH
        self.maintained = datetime.now(UTC)
        fake = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self):
                fake.answer(self, None)

            def do_POST(self):
                fake.answer(self, json.loads(self.rfile.read(int(self.headers["Content-Length"]))))

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def answer(self, handler, body):
        url = urlsplit(handler.path)
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        self.asked.append((url.path, body or query))
        code, content = 200, None
        if url.path == "/api/v2/monitor/health":
            content = self.health
        elif url.path == "/auth/token":
            right = body == {"username": "status", "password": "secret"}
            self.logins += 1
            code, content = (201, {"access_token": self.token}) if right else (401, {})
        elif handler.headers["Authorization"] != f"Bearer {self.token}":
            code, content = 401, {}
        elif url.path == "/api/v2/dags":
            first = int(query["offset"])
            shown = self.dags[first : first + min(self.page, int(query["limit"]))]
            content = {"dags": shown, "total_entries": len(self.dags)}
        elif url.path == "/api/v2/dags/~/dagRuns/list":
            found = [run for run in self.runs if run["dag_id"] in body["dag_ids"]]
            found.sort(key=lambda run: run["run_after"], reverse=body["order_by"] == "-run_after")
            found = found[body["page_offset"] :]
            content = {"dag_runs": found[: min(self.page, body["page_limit"])]}
        elif url.path == "/api/v2/dags/maintenance/dagRuns":
            run = run_of("maintenance", due=self.maintained.isoformat())
            content = {"dag_runs": [run] if self.tasks else []}
        elif url.path.endswith("/taskInstances"):
            content = {"task_instances": [{"task_id": name, "state": state} for name, state in self.tasks]}
        else:
            code, content = 404, {}
        text = json.dumps(content).encode()
        handler.send_response(code)
        handler.send_header("Content-Length", str(len(text)))
        handler.end_headers()
        handler.wfile.write(text)

    def close(self):
        self.server.shutdown()
        self.server.server_close()
