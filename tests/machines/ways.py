"""Head and machine of a small cluster on one engine, and a place outside: what the tests of the ways in stand on."""

import json
import os
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).parents[2]
PROJECT, OTHER = f"ways-{os.getpid()}", f"ways-{os.getpid()}-b"
SPACE = f"ways-{os.getpid()}"
HEAD, OUTSIDE, MACHINE = "10.98.77.1", "10.98.77.2", "10.98.77.3"
BASE = "python:3.13-slim-trixie"
BROKER = "valkey/valkey:8.1"


def lacks():
    if os.getuid() != 0 or shutil.which("ip") is None:
        return "only root makes network namespaces (with iproute2)"
    if (
        shutil.which("docker") is None
        or subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
    ):
        return "no Docker engine answers: make docker"
    if subprocess.run(["docker", "image", "inspect", BROKER], capture_output=True, check=False).returncode:
        return f"no image {BROKER}: MICROSTEP_CLUSTER_ADDRESS=0.0.0.0 make bases"
    probe = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return "network namespaces are not allowed here" if probe.returncode else None


def run(*words, cwd=ROOT, check=True, **more):
    done = subprocess.run(words, cwd=cwd, capture_output=True, text=True, check=False, timeout=300, **more)
    if check and done.returncode:
        raise AssertionError(f"{' '.join(words)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
    return done


# says what has reached it: as airflow-apiserver, mlflow and the log server
ECHO = """
import http.server, json, sys
class Echo(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def answer(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        body = json.dumps({"is": sys.argv[1], "path": self.path, "host": self.headers["Host"]}).encode()
        self.send_response(200); self.send_header("Content-Length", str(len(body))); self.end_headers()
        self.wfile.write(body)
    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = do_CONNECT = answer
    def log_message(self, *_): pass
http.server.ThreadingHTTPServer(("", int(sys.argv[2])), Echo).serve_forever()
"""

# runs outside: one connection for each line of its input, and what came of it
CLIENT = """
import json, socket, ssl, sys
for line in sys.stdin:
    want = json.loads(line)
    try:
        plain = socket.create_connection((want["to"], want["port"]), timeout=5)
        if want.get("tls", True):
            context = ssl.create_default_context(cafile=want["ca"])
            context.check_hostname = want.get("check", True)
            if want.get("old"): context.maximum_version = ssl.TLSVersion.TLSv1_2
            if want.get("pair"): context.load_cert_chain(*want["pair"])
            plain = context.wrap_socket(plain, server_hostname=want["name"])
        plain.settimeout(5)
        said = b""
        for text in want["send"]:
            plain.sendall(text.encode())
            more = plain.recv(65536)
            said += more
            if not more: break
        while want.get("all") and (more := plain.recv(65536)): said += more
        print(json.dumps(said.decode("latin-1") or "closed"), flush=True)
    except Exception as error:
        print(json.dumps(f"{type(error).__name__}: {error}"), flush=True)
"""


def from_outside(*wanted):
    """What each of these connections came to, made from the other namespace."""
    given = "".join(f"{json.dumps(want)}\n" for want in wanted)
    done = run("nsenter", f"--net=/run/netns/{SPACE}", sys.executable, "-c", CLIENT, input=given)
    return [json.loads(line) for line in done.stdout.splitlines()]


def inside(network, code, *words):
    """Python in a container of a network; what it prints."""
    return run(
        "docker", "run", "--rm", f"--network={network}", BASE, "python3", "-c", textwrap.dedent(code), *words
    ).stdout


class Cluster:
    """The checkout of both, and what their tokens hold."""

    def __init__(self, checkout: Path, keys: Path):
        self.checkout, self.keys = checkout, keys

    def make(self, *words, check=True):
        return run("make", "--no-print-directory", *words, cwd=self.checkout, check=check)

    def token(self, name, address):
        """A real one, printed by the real command; its certificate and key become files."""
        from cluster.token import decode, pem

        line = self.make("token", f"NAME={name}", f"ADDRESS={address}").stdout
        token = decode(line)
        return line, token, self.pair(name, pem("CERTIFICATE", token.certificate), pem("PRIVATE KEY", token.key))

    def pair(self, name, certificate, key):
        files = self.keys / f"{name}.pem", self.keys / f"{name}.key"
        for file, text in zip(files, (certificate, key), strict=True):
            file.write_text(text)
        return [str(file) for file in files]

    @property
    def ca(self):
        return str(self.keys / "ca.pem")


def settings(project):
    own = {name: text for name, text in os.environ.items() if not name.startswith(("MICROSTEP_", "COMPOSE_"))}
    return own | {"COMPOSE_PROJECT_NAME": project}


def echo(network, name, port):
    command = (
        "docker",
        "run",
        "--detach",
        f"--label=ways={SPACE}",
        f"--label=part={network.partition('_')[0]}_{name}",
        f"--network={network}",
        f"--network-alias={name}",
        BASE,
    )
    run(*command, "python3", "-c", ECHO, name, str(port))


def start_machine(checkout, line):
    """As `make worker` does it, without Airflow: the token into the volumes, then both gateways."""
    environment = settings(OTHER) | {
        "PWD": str(checkout),
        "MICROSTEP_PROJECT": OTHER,
        "PYTHONPATH": str(checkout / "ops"),
    }
    run("docker", "tag", f"{PROJECT}-gateway", f"{OTHER}-gateway")
    run("docker", "tag", BASE, f"{OTHER}-airflow")  # what accepts a token needs Python and nothing else
    code = "import sys; from checkout.compose import docker; from cluster.inside import accept; docker(*accept(), input=sys.stdin.read())"
    run(sys.executable, "-c", code, cwd=checkout, env=environment, input=line)
    of_b = {
        "MICROSTEP_MACHINE": "b",
        "MICROSTEP_ADDRESS": MACHINE,
        "MICROSTEP_QUEUES": "steps,host.b",
        "MICROSTEP_CLUSTER_ADDRESS": HEAD,
    }
    compose = ("docker", "compose", "--file=docker-compose.worker.yml")
    run(*compose, "up", "--detach", "--wait", "gateway", "mlflow", cwd=checkout, env=environment | of_b)
    echo(f"{OTHER}_inside", "airflow-worker", 8793)


def asks(cluster, path="/execution/x", **other):
    """A question to the head's API server, as machine b unless something else is said."""
    name = other.pop("name", "airflow")
    host = other.pop("host", name)
    request = f"GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"
    return {
        "to": HEAD,
        "port": 8080,
        "ca": cluster.ca,
        "name": name,
        "pair": cluster.pair_of_b,
        "send": [request],
        "all": True,
    } | other


def broker(cluster, *commands, **other):
    """Commands to the broker, one line each."""
    return {
        "to": HEAD,
        "port": 6379,
        "ca": cluster.ca,
        "name": "broker",
        "pair": cluster.pair_of_b,
        "send": [f"{line}\r\n" for line in commands],
    } | other


def reached(answer):
    """What a server behind the gateways has seen of a question; None when none of it came there."""
    return json.loads(answer.partition("\r\n\r\n")[2]) if '"is":' in answer else None


def addresses_of(name):
    """Those of a container of the head's project, or of what stands for one of its parts."""
    form = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
    by_label = (f"label=com.docker.compose.project={PROJECT}", f"label=com.docker.compose.service={name}")
    found = run("docker", "ps", "--quiet", *(f"--filter={label}" for label in by_label)).stdout.split()
    found += run(
        "docker", "ps", "--quiet", f"--filter=label=ways={SPACE}", f"--filter=label=part={PROJECT}_{name}"
    ).stdout.split()
    return run("docker", "inspect", f"--format={form}", *found).stdout.split()
