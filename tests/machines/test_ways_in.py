"""The ways between machines, tried from outside: the real gateways and the real broker, from another network namespace.

Head and machine are two projects on one engine, each on an address of its own; behind the gateways stand servers that say
what has reached them.
"""

import json
import os
import shutil
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "ops"))

PROJECT, OTHER = f"ways-{os.getpid()}", f"ways-{os.getpid()}-b"
SPACE = f"ways-{os.getpid()}"
HEAD, OUTSIDE, MACHINE = "10.98.77.1", "10.98.77.2", "10.98.77.3"
BASE = "python:3.13-slim-trixie"


def lacks():
    if os.getuid() != 0 or shutil.which("ip") is None:
        return "only root makes network namespaces (with iproute2)"
    if (
        shutil.which("docker") is None
        or subprocess.run(["docker", "info"], capture_output=True, check=False).returncode
    ):
        return "no Docker engine answers: make docker"
    probe = subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False)
    return "network namespaces are not allowed here" if probe.returncode else None


pytestmark = pytest.mark.skipif(lacks() is not None, reason=lacks() or "")


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


@pytest.fixture(scope="module")
def outside():
    """A machine that is on the same wire: three addresses of one network, the second in a namespace of its own."""
    near, far = f"w{os.getpid()}h", f"w{os.getpid()}o"
    try:
        run("ip", "netns", "add", SPACE)
        run("ip", "link", "add", near, "type", "veth", "peer", "name", far, "netns", SPACE)
        run("ip", "addr", "add", f"{HEAD}/24", "dev", near)
        run("ip", "addr", "add", f"{MACHINE}/24", "dev", near)
        run("ip", "link", "set", near, "up")
        for words in (
            ("link", "set", "lo", "up"),
            ("link", "set", far, "up"),
            ("addr", "add", f"{OUTSIDE}/24", "dev", far),
            ("route", "add", "default", "via", HEAD),
        ):
            run("ip", "-n", SPACE, *words)
        yield
    finally:
        run("ip", "netns", "del", SPACE, check=False)
        run("ip", "link", "del", near, check=False)


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


@pytest.fixture(scope="module")
def cluster(outside, tmp_path_factory):
    """Gateway and broker of a head, by the stack's own files; a machine `b` with its gateways, by its own."""
    checkout, keys = tmp_path_factory.mktemp("ways") / "checkout", tmp_path_factory.mktemp("keys")
    shutil.copytree(
        ROOT,
        checkout,
        symlinks=True,
        ignore=lambda folder, names: (
            {
                name
                for name in names
                if Path(folder) == ROOT and name in (".git", ".venvs", "shared", ".env", "data", "backups")
            }
            | {"__pycache__"} & set(names)
        ),
    )
    (checkout / "data").mkdir()
    for file in (checkout / "machines").glob("*.env*"):
        file.unlink()
    (checkout / ".env").write_text(f"MICROSTEP_PROJECT={PROJECT}\nMICROSTEP_CLUSTER_ADDRESS={HEAD}\n")
    cluster = Cluster(checkout, keys)
    try:
        files = ("--file=docker-compose.yml", "--file=docker-compose.celery.yml")
        compose = ("docker", "compose", *files)
        environment = settings(PROJECT) | {"PWD": str(checkout)}
        run(*compose, "build", "gateway", cwd=checkout, env=environment)
        run(*compose, "up", "--detach", "--wait", "broker", "gateway", cwd=checkout, env=environment)
        for name, port in (("airflow-apiserver", 8080), ("mlflow", 5000)):
            echo(f"{PROJECT}_inside", name, port)
        line, cluster.b, cluster.pair_of_b = cluster.token("b", MACHINE)
        from cluster.token import pem

        (keys / "ca.pem").write_text(pem("CERTIFICATE", cluster.b.authority))
        start_machine(checkout, line)
        yield cluster
    finally:
        for project in (PROJECT, OTHER):
            label = f"label=com.docker.compose.project={project}"
            for name in (
                run("docker", "ps", "--all", "--quiet", f"--filter={label}").stdout
                + run("docker", "ps", "--all", "--quiet", f"--filter=label=ways={SPACE}").stdout
            ).split():
                run("docker", "rm", "--force", "--volumes", name, check=False)
            for network in run("docker", "network", "ls", "--quiet", f"--filter={label}").stdout.split():
                run("docker", "network", "rm", network, check=False)
            for volume in run("docker", "volume", "ls", "--quiet", f"--filter=name=^{project}_").stdout.split():
                run("docker", "volume", "rm", volume, check=False)
        run("docker", "image", "rm", f"{PROJECT}-gateway", f"{OTHER}-gateway", f"{OTHER}-airflow", check=False)


def echo(network, name, port):
    command = (
        "docker",
        "run",
        "--detach",
        f"--label=ways={SPACE}",
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


@pytest.fixture(scope="module")
def strangers(cluster, tmp_path_factory):
    """Pairs that must open nothing: none, one that was revoked, one of another cluster's authority, each for the same name."""
    from cluster import authority

    other = tmp_path_factory.mktemp("other") / "own"
    authority.make(other)
    foreign = authority.issue(other, "b", ("b", MACHINE))
    _, _, revoked = cluster.token("gone", "10.98.77.9")
    cluster.make("token", "REVOKE=gone")
    time.sleep(1)
    return {"none": None, "revoked": revoked, "another authority's": cluster.pair("foreign", *foreign)}


def test_a_machine_asks_for_what_its_tasks_need(cluster):
    (answer,) = from_outside(asks(cluster))
    assert reached(answer) == {"is": "airflow-apiserver", "path": "/execution/x", "host": "airflow-apiserver:8080"}


def test_a_machine_asks_mlflow_under_its_own_name(cluster):
    (answer,) = from_outside(asks(cluster, "/api/2.0/mlflow/runs/get?run_id=1", name="mlflow"))
    assert reached(answer) == {"is": "mlflow", "path": "/api/2.0/mlflow/runs/get?run_id=1", "host": "mlflow:5000"}


@pytest.mark.parametrize("who", ["none", "revoked", "another authority's"])
def test_without_a_certificate_that_is_good_nothing_behind_the_gateway_is_reached(cluster, strangers, who):
    pair = strangers[who]
    answers = from_outside(
        asks(cluster, pair=pair), asks(cluster, name="mlflow", pair=pair), broker(cluster, "PING", pair=pair)
    )
    for answer in answers:
        assert reached(answer) is None
        assert "PONG" not in answer
        assert "NOAUTH" not in answer  # the broker itself would say so
        assert "400 " in answer or "closed" in answer or "SSL" in answer or "Reset" in answer, answer


@pytest.mark.parametrize(
    "path",
    [
        *("/", "/api/v2/dags", "/auth/token", "/execution", "/executions/x", "/docs"),
        *(
            "/execution/../api/v2/dags",
            "/execution/%2e%2e/api/v2/dags",
            "/execution/..%2fapi/v2/dags",
            "//api/v2/dags",
            "/EXECUTION/x",
        ),
        *(
            "/execution/./../auth/token",
            "/api/v2/dags?x=/execution/",
            "http://airflow/api/v2/dags",
            "http://mlflow:5000/api/v2/dags",
        ),
    ],
)
def test_no_spelling_of_another_path_reaches_the_api_server(cluster, path):
    (answer,) = from_outside(asks(cluster, path))
    assert reached(answer) is None, answer
    assert answer.split()[1] in ("400", "403", "404", "421"), answer


@pytest.mark.parametrize("host", ["postgres", "airflow-apiserver:8080", "pages", "localhost", "maildev:1080", HEAD])
def test_no_other_name_is_answered_neither_in_the_handshake_nor_after_it(cluster, host):
    shaken, asked = from_outside(asks(cluster, name=host.partition(":")[0], check=False), asks(cluster, host=host))
    assert "SSL" in shaken, shaken
    assert reached(asked) is None
    assert asked.split()[1] in ("403", "421"), asked


def test_neither_plain_text_nor_an_older_tls_is_spoken(cluster):
    plain, old, queue = from_outside(
        asks(cluster, tls=False), asks(cluster, old=True), broker(cluster, "PING", tls=False)
    )
    assert " 400 " in plain
    assert "SSL" in old
    assert "PONG" not in queue
    assert "NOAUTH" not in queue


def test_of_the_head_two_ports_answer_and_no_container_is_reached_past_them(cluster):
    ports = (22222, 1025, 1080, 2375, 3128, 5000, 5432, 8793, 8794)
    addresses = run("docker", "ps", "--quiet", f"--filter=label=com.docker.compose.project={PROJECT}").stdout.split()
    form = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
    containers = run("docker", "inspect", f"--format={form}", *addresses).stdout.split()
    assert containers
    wanted = [{"to": HEAD, "port": port, "tls": False, "send": []} for port in ports]
    wanted += [{"to": at, "port": port, "tls": False, "send": []} for at in containers for port in (3128, 6379, 8080)]
    for want, answer in zip(wanted, from_outside(*wanted), strict=True):
        assert answer.startswith(("ConnectionRefused", "Timeout", "OSError", "NoRoute", "timeout")), (want, answer)


def test_a_machine_takes_from_its_queues_with_its_password_alone(cluster):
    auth = f"AUTH b {cluster.b.broker_password}"
    no, wrong, another, good = from_outside(
        broker(cluster, "LLEN steps"),
        broker(cluster, "AUTH b x"),
        broker(cluster, f"AUTH head {cluster.b.broker_password}"),
        broker(cluster, auth, "LLEN steps", "LLEN host.b"),
    )
    assert no.startswith("-NOAUTH")
    assert wrong.startswith("-WRONGPASS")
    assert another.startswith("-WRONGPASS")
    assert good == "+OK\r\n:0\r\n:0\r\n"


@pytest.mark.parametrize(
    "command",
    [
        *(
            "LPUSH host.head x",
            "BRPOP host.head 1",
            "HSET unacked.head t x",
            "SADD _kombu.binding.host.head x",
            "GET anything",
            "DEL unacked.head",
        ),
        *(
            "KEYS *",
            "SCAN 0",
            "FLUSHALL",
            "CONFIG GET dir",
            "ACL LIST",
            "CLIENT LIST",
            "SHUTDOWN",
            "DEBUG SLEEP 1",
            "MODULE LIST",
            "EVAL return(1) 0",
        ),
        *("MONITOR", "REPLICAOF 10.0.0.1 6379", "SAVE", "SUBSCRIBE other", "RENAME steps host.head"),
    ],
)
def test_a_machine_does_nothing_else_in_the_broker(cluster, command):
    (answer,) = from_outside(broker(cluster, f"AUTH b {cluster.b.broker_password}", command))
    assert answer.removeprefix("+OK\r\n").startswith("-NOPERM"), answer


def test_the_heads_question_for_a_log_goes_to_a_machine_and_nowhere_else(cluster):
    code = """
        import json, socket, sys
        for line in json.loads(sys.argv[1]):
            s = socket.create_connection(("gateway", 3128), timeout=9)
            s.settimeout(9)
            s.sendall(line.encode())
            said = b""
            try:
                while more := s.recv(65536): said += more
            except OSError as error: said += str(error).encode()
            print(json.dumps(said.decode("latin-1")))
    """

    def question(target, host="x", method="GET"):
        return f"{method} {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n"

    log = f"http://{MACHINE}:8793/log/dag_id=a/run_id=b%3A/x.log"
    refused = [
        f"http://{MACHINE}:8793/", f"http://{MACHINE}:8793/other", f"http://{MACHINE}:8793/log/../other", f"http://{MACHINE}:8793/log/%2e%2e/other",
        f"http://{MACHINE}:22/log/x", f"http://{MACHINE}/log/x", "http://169.254.169.254:8793/log/x", "http://10.98.77.9:8793/log/x", f"http://{HEAD}:8793/log/x",
        "http://postgres:8793/log/x", "http://mlflow:5000/log/x", f"https://{MACHINE}:8793/log/x", f"http://user@{MACHINE}:8793/log/x", "/log/x",
    ]  # fmt: skip
    questions = [
        question(log),
        *(question(target) for target in refused),
        question("/log/x", host=f"{MACHINE}:8793"),
        question(f"{MACHINE}:8793", method="CONNECT"),
        question(log, method="POST"),
    ]
    first, *others = map(json.loads, inside(f"{PROJECT}_inside", code, json.dumps(questions)).splitlines())
    assert reached(first) == {
        "is": "airflow-worker",
        "path": "/log/dag_id=a/run_id=b%3A/x.log",
        "host": "airflow-worker:8793",
    }
    assert len(others) == len(questions) - 1
    for asked, answer in zip(questions[1:], others, strict=True):
        assert reached(answer) is None, (asked, answer)
        assert answer.split()[1] in ("400", "403", "405"), (asked, answer)


def test_a_machines_logs_are_given_to_the_head_alone(cluster, strangers):
    def logs(pair, path="/log/x"):
        return asks(cluster, path, to=MACHINE, port=8793, name="b", host="b", pair=pair)

    *others, own = from_outside(
        *(logs(pair) for pair in strangers.values() if pair != strangers["revoked"]), logs(cluster.pair_of_b)
    )
    for answer in others:
        assert reached(answer) is None
    assert " 403 " in own
    assert "the head alone reads logs" in own
    head = ("docker", "compose", "--project-name", PROJECT, "exec", "-T", "gateway", "cat")
    pair = cluster.pair("head", *(run(*head, f"/run/microstep/gateway/{name}.pem").stdout for name in ("cert", "key")))
    good, elsewhere = from_outside(logs(pair), logs(pair, "/anything"))
    assert reached(good)["path"] == "/log/x"
    assert " 403 " in elsewhere


def test_inside_a_machine_the_heads_names_lead_to_the_head_and_no_further(cluster):
    code = """
        import json, socket, sys, urllib.error, urllib.request
        def get(url):
            try: return urllib.request.urlopen(url, timeout=9).read().decode()
            except urllib.error.HTTPError as error: return str(error.code)
            except Exception as error: return type(error).__name__
        def raw(line):
            s = socket.create_connection(("broker", 6379), timeout=9); s.sendall(line.encode()); return s.recv(999).decode()
        print(json.dumps([get("http://airflow-apiserver:8080/execution/x"), get("http://airflow-apiserver:8080/api/v2/dags"), raw(sys.argv[1] + "\\r\\n"), raw("PING\\r\\n")]))
    """
    api, other, good, stranger = json.loads(inside(f"{OTHER}_inside", code, f"AUTH b {cluster.b.broker_password}"))
    assert json.loads(api)["is"] == "airflow-apiserver"
    assert other == "403"
    assert good == "+OK\r\n"
    assert stranger.startswith("-NOAUTH")


def test_a_machines_steps_reach_the_heads_mlflow_and_nothing_else(cluster):
    code = """
        import json, urllib.request, urllib.error
        def get(url):
            try: return urllib.request.urlopen(url, timeout=5).read().decode()
            except urllib.error.HTTPError as error: return str(error.code)
            except Exception as error: return type(error).__name__
        print(json.dumps([get(url) for url in ("http://mlflow:5000/health", "http://airflow-apiserver:8080/execution/x", "http://mlflow:8080/execution/x", "http://%s:8080/", "http://%s:8793/")]))
    """
    first, *others = json.loads(inside(f"{OTHER}-steps", code.replace("%s", HEAD, 1).replace("%s", MACHINE, 1)))
    assert json.loads(first) == {"is": "mlflow", "path": "/health", "host": "mlflow:5000"}
    assert set(others) == {"URLError"} or all("Error" in other or "timeout" in other.lower() for other in others)


def test_a_token_that_is_taken_away_ends_what_is_open_and_opens_nothing_more(cluster):
    _, token, pair = cluster.token("d", "10.98.77.8")
    code = (
        "import socket, ssl, sys; c = ssl.create_default_context(cafile=sys.argv[1]); c.load_cert_chain(sys.argv[2], sys.argv[3]);"
        f" s = c.wrap_socket(socket.create_connection(('{HEAD}', 6379)), server_hostname='broker'); s.sendall(sys.stdin.readline().encode());"
        " print(s.recv(99), flush=True); s.settimeout(60); print(s.recv(99), flush=True)"
    )
    command = ["nsenter", f"--net=/run/netns/{SPACE}", sys.executable, "-c", code, cluster.ca, *pair]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as held:
        held.stdin.write(f"AUTH d {token.broker_password}\r\n")
        held.stdin.flush()
        assert "+OK" in held.stdout.readline()
        said = cluster.make("token", "REVOKE=d").stdout
        assert "good no more" in said
        assert held.stdout.readline().strip() == "b''", "the connection was not ended"
    time.sleep(1)
    answers = from_outside(
        asks(cluster, pair=pair),
        broker(cluster, f"AUTH d {token.broker_password}", pair=pair),
        broker(cluster, f"AUTH d {token.broker_password}"),
    )
    assert reached(answers[0]) is None
    assert "+OK" not in answers[1]
    assert answers[2].startswith("-WRONGPASS")  # by another machine's certificate
    # nobody else was disturbed
    (good,) = from_outside(broker(cluster, f"AUTH b {cluster.b.broker_password}", "LLEN steps"))
    assert good == "+OK\r\n:0\r\n"


def test_no_secret_of_a_token_is_in_a_containers_description_or_log(cluster):
    secrets = [cluster.b.broker_password, cluster.b.api_secret_key, *cluster.b.logins.values()]
    secrets += [cluster.b.key[at : at + 40] for at in (0, 60)]
    ids = run("docker", "ps", "--all", "--quiet", f"--filter=label=com.docker.compose.project={PROJECT}").stdout.split()
    ids += run("docker", "ps", "--all", "--quiet", f"--filter=label=com.docker.compose.project={OTHER}").stdout.split()
    assert len(ids) >= 6
    for container in ids:
        done = run("docker", "logs", container)
        text = run("docker", "inspect", container).stdout + done.stdout + done.stderr
        for secret in secrets:
            assert secret not in text, container
