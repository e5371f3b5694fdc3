"""What a step that was taken over can reach, what it may do in MLflow, and what a page in a browser gets from ours.

Each is tried from where it would come from, and each has its control: the same attempt where it must succeed.
"""

import http.client
import json
import shutil
import socket

import pytest
from stack import as_admin

REACH = """
import json, socket, sys
reachable = {}
for host, port in json.loads(sys.argv[1]):
    try:
        socket.create_connection((host, port), 2).close()
        reachable[f"{host}:{port}"] = True
    except OSError:
        reachable[f"{host}:{port}"] = False
print(json.dumps(reachable))
"""
ASK = """
import base64, json, pathlib, sys, urllib.error, urllib.request
login = pathlib.Path("/run/registry/login").read_text() if len(sys.argv) < 3 else sys.argv[2]
for method, path, body in json.loads(sys.argv[1]):
    request = urllib.request.Request(f"http://mlflow:5000{path}", json.dumps(body).encode() if body else None, method=method)
    request.add_header("Content-Type", "application/json")
    if login:
        request.add_header("Authorization", "Basic " + base64.b64encode(login.encode()).decode())
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            print(json.dumps([answer.status, answer.read().decode(errors="replace")]))
    except urllib.error.HTTPError as error:
        print(json.dumps([error.code, error.read().decode(errors="replace")]))
"""
STEPS = ("train", "validate", "predict")
API = "/api/2.0/mlflow"
MODEL = "of the boundaries"


def last(text):
    return text.strip().splitlines()[-1]


def by_compose(stack, step, code, *words):
    """Python in a step's container as a person starts it."""
    command = ["docker", "compose", "run", "--rm", "--no-deps", "--entrypoint=python", step, "-c", code]
    return stack.run(*command, *words).stdout


def in_network(stack, network, code, *words):
    """Python in a plain container of a network: what a container of a DAG's step may reach is a matter of its network."""
    command = ["docker", "run", "--rm", f"--network={network}", "python:3.13-slim-trixie", "python", "-c", code]
    return stack.run(*command, *words).stdout


@pytest.fixture(scope="module")
def places(stack):
    """Where a step could want to go: (host, port) of every part by its addresses, of the host, of the world."""
    servers = {"postgres": 5432, "mlflow": 5000, "airflow-apiserver": 8080, "socket-proxy": 2375, "maildev": 1080}
    servers |= {"pages": 8080}
    targets = {}
    for name, port in servers.items():
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}"
        addresses = stack.run("docker", "inspect", "--format", form, f"microstep-{name}-1").stdout.split()
        targets[name] = [(name, port), *((address, port) for address in addresses)]
    with socket.socket() as server:  # a service of the host that listens on all its addresses
        server.bind(("0.0.0.0", 0))
        server.listen(64)
        port = server.getsockname()[1]
        form = "{{range .IPAM.Config}}{{.Gateway}} {{end}}"
        names = ("bridge", "microstep_default", "microstep_inside", "microstep-steps", "microstep-sql")
        gateways = stack.run("docker", "network", "inspect", "--format", form, *names).stdout.split()
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            probe.connect(("192.0.2.1", 9))  # sends nothing: asks which address the host would use
            outward = probe.getsockname()[0]
        targets["host"] = [(address, port) for address in {*gateways, outward}]
        yield targets


def reached(output):
    return {address for address, there in json.loads(last(output)).items() if there}


def names(places, *parts):
    return {f"{host}:{port}" for part in parts for host, port in places[part]}


@pytest.fixture(scope="module")
def everywhere(places):
    return json.dumps([address for part in places.values() for address in part])


def test_a_step_reaches_mlflow_and_nothing_else(stack, places, everywhere):
    """Not the other parts by name or address, not what listens on the host, and no name is looked up for it."""
    for output in (
        by_compose(stack, "train", REACH, everywhere),
        in_network(stack, "microstep-steps", REACH, everywhere),
    ):
        there = reached(output)
        assert "mlflow:5000" in there
        assert there <= names(places, "mlflow")


def test_a_step_has_no_way_out(stack):
    """No route but to its own network; the control is the network of the parts that send mail."""
    routes = "print(sum(line.split()[1] == '00000000' for line in open('/proc/net/route')))"
    assert last(by_compose(stack, "predict", routes)) == "0"
    assert last(by_compose(stack, "generate", routes)) == "0"
    for network, count in (("microstep-steps", "0"), ("microstep-sql", "0"), ("microstep_default", "1")):
        assert last(in_network(stack, network, routes)) == count, network


def test_the_other_networks_do_reach_what_a_step_does_not(stack, places, everywhere):
    """The control of both tests above: all those places answer to somebody."""
    inside = reached(in_network(stack, "microstep_inside", REACH, everywhere))
    default = reached(in_network(stack, "microstep_default", REACH, everywhere))
    engine = reached(in_network(stack, "microstep_engine", REACH, everywhere))
    for part in ("postgres", "mlflow", "airflow-apiserver", "maildev", "pages"):
        assert f"{part}:{places[part][0][1]}" in inside, part
    assert "socket-proxy:2375" in engine
    assert default & names(places, "host")


def test_a_step_with_a_database_reaches_that_and_nothing_else(stack, places, everywhere):
    there = reached(in_network(stack, "microstep-sql", REACH, everywhere))
    assert "postgres:5432" in there
    assert there <= names(places, "postgres")


def test_mlflow_is_no_way_out_for_a_step(stack, places):
    """The server itself, told to fetch from somewhere by whom it believes, gets there no more than the step."""
    host = json.dumps(places["host"])
    words = ["docker", "compose", "exec", "-T"]
    gateways = names(places, "host")
    there = reached(stack.run(*words, "mlflow", "python", "-c", REACH, host).stdout)
    inside = stack.run(
        "docker", "network", "inspect", "--format", "{{(index .IPAM.Config 0).Gateway}}", "microstep_inside"
    )
    assert {address.split(":")[0] for address in there} <= {inside.stdout.strip()}
    control = reached(stack.run(*words, "airflow-scheduler", "python", "-c", REACH, host).stdout)
    assert len(control & gateways) > len(there)


@pytest.fixture(scope="module")
def registered(stack):
    """A model with a version of a run, made by train's own log-in."""

    def post(path, **body):
        [(status, text)] = asks(stack, "train", [["POST", f"{API}/{path}", body]])
        assert status == 200, text
        return json.loads(text)

    experiment = post("experiments/create", name=MODEL)["experiment_id"]
    run = post("runs/create", experiment_id=experiment)["run"]["info"]["run_id"]
    post("registered-models/create", name=MODEL)
    post("model-versions/create", name=MODEL, source=f"runs:/{run}/model", run_id=run)
    post("registered-models/alias", name=MODEL, alias="challenger", version="1")
    yield MODEL
    stack.registry("registered-models/delete", method="DELETE", name=MODEL)
    stack.registry("experiments/delete", experiment_id=experiment)


def asks(stack, step, asked, *login):
    output = by_compose(stack, step, ASK, json.dumps(asked), *login)
    return [json.loads(line) for line in output.splitlines() if line.startswith("[")]


def test_each_step_may_do_its_own_part_in_mlflow_and_no_more(stack, registered):
    champion = {"name": registered, "alias": "champion", "version": "1"}
    alias = f"{API}/registered-models/alias"
    ways = {
        "read": ["GET", f"{alias}?name=of+the+boundaries&alias=challenger", None],
        "make an experiment": ["POST", f"{API}/experiments/create", {"name": "made by {step}"}],
        "move the champion": ["POST", alias, champion],
        "move the challenger": ["POST", alias, champion | {"alias": "challenger"}],
        "delete the model": ["DELETE", f"{API}/registered-models/delete", {"name": registered}],
        "delete a version": ["DELETE", f"{API}/model-versions/delete", {"name": registered, "version": "1"}],
        "rename the model": ["POST", f"{API}/registered-models/rename", {"name": registered, "new_name": "x"}],
        "delete an experiment": ["POST", f"{API}/experiments/delete", {"experiment_id": "0"}],
        "files of MLflow's host": ["POST", f"{API}/experiments/create", {"name": "f", "artifact_location": "file:///etc"}],
        "the same, otherwise spelled": ["POST", f"{API}/experiments/create", {"name": "f", "artifactLocation": "file:///"}],
        "a fetch from elsewhere": ["POST", f"{API}/experiments/create", {"name": "f", "artifact_location": "http://x/"}],
        "a model from elsewhere": ["POST", f"{API}/model-versions/create", {"name": registered, "source": "http://x/m"}],
        "a webhook": ["POST", f"{API}/webhooks", {"name": "w", "url": "http://x", "events": []}],
    }  # fmt: skip
    may = {
        "train": {"read", "make an experiment", "move the challenger"},
        "validate": {"read", "make an experiment", "move the champion"},
        "predict": {"read"},
    }
    for step in STEPS:
        asked = [
            [method, path, json.loads(json.dumps(body).replace("{step}", step))] for method, path, body in ways.values()
        ]
        answers = dict(zip(ways, asks(stack, step, asked), strict=True))
        assert {way for way, (status, _) in answers.items() if status == 200} == may[step], answers
        assert {status for way, (status, _) in answers.items() if way not in may[step]} == {403}, answers


def test_without_its_login_nobody_gets_more_than_a_sign_of_life(stack, registered):
    asked = [
        ["GET", "/health", None],
        ["GET", "/", None],
        ["GET", "/version", None],
        ["POST", "/graphql", {"query": ""}],
    ]
    asked += [["GET", f"{API}/registered-models/alias?name=of+the+boundaries&alias=challenger", None]]
    for login in ("", "train:", "train:wrong", "admin:password1234"):
        assert [status for status, _ in asks(stack, "train", asked, login)] == [200, 401, 401, 401, 401], login


def test_a_step_has_its_login_in_a_file_that_nobody_else_has(stack):
    """No variable has it, so `docker inspect` shows none; the file is the step's own."""
    look = "import os, pathlib; print(pathlib.Path('/run/registry/login').read_text().split(':')[0], *os.environ)"
    for step in STEPS:
        user, *variables = last(by_compose(stack, step, look)).split()
        assert user == step
        assert not [name for name in variables if "PASSWORD" in name]
    for step in ("generate", "preprocess"):
        assert last(by_compose(stack, step, "import os; print(os.path.exists('/run/registry'))")) == "False"


def test_a_step_by_hand_is_as_hardened(stack):
    """What the kernel says of it; the control is a plain container."""
    look = """
import os, pathlib, re
fields = dict(re.findall(r"(\\w+):\\s*(\\S+)", pathlib.Path("/proc/self/status").read_text()))
try:
    pathlib.Path("/new").write_text("")
    root = "open"
except OSError:
    root = "closed"
def limit(*names):  # control groups of the second version, else of the first
    (text,) = [path.read_text().strip() for path in map(pathlib.Path("/sys/fs/cgroup").joinpath, names) if path.exists()]
    return 2**63 if text == "max" else int(text)
memory = limit("memory.max", "memory/memory.limit_in_bytes") < 2**40
processes = limit("pids.max", "pids/pids.max") == 512
print(os.getuid() != 0, int(fields["CapEff"], 16) == int(fields["CapBnd"], 16) == 0, fields["NoNewPrivs"], root, memory, processes)
"""
    for step in ("generate", "preprocess", *STEPS):
        assert last(by_compose(stack, step, look)) == "True True 1 closed True True", step
    assert last(in_network(stack, "none", look)) == "False False 0 open False False"


MAILS, STATUS = 1080, 8090
PAGES = {8080: "/api/v2/version", 5000: "/health", MAILS: "/api/email", STATUS: "/status.json"}


def asked_by_a_browser(port, path, **headers):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    connection.request("GET", path, headers={"Host": f"localhost:{port}"} | headers)
    answer = connection.getresponse()
    answer.read()
    return answer


@pytest.mark.parametrize(("port", "path"), PAGES.items())
def test_a_page_of_ours_answers_no_page_of_others(stack, port, path):
    """Neither one that asks from elsewhere (Origin) nor one that gave its own name this machine's address (Host)."""
    login = {"Authorization": as_admin(stack.mail_password())} if port in (MAILS, STATUS) else {}

    def asked(**headers):
        return asked_by_a_browser(port, path, **login, **headers)

    assert asked().status == 200
    assert asked(Origin=f"http://localhost:{port}").status == 200
    for origin in ("http://evil.example", "null", "http://localhost:9999", f"http://localhost:{port}.evil.example"):
        answer = asked(Origin=origin)
        assert answer.status == 403, origin
        assert answer.getheader("Access-Control-Allow-Origin") is None
    for host in (
        "evil.example",
        f"evil.example:{port}",
        f"localhost.evil.example:{port}",
        f"127.0.0.1.evil:{port}",
        "",
    ):
        assert asked(Host=host).status in (400, 403), host
    assert asked().getheader("X-Frame-Options") == "SAMEORIGIN"


def test_the_mails_are_shown_to_whom_has_the_log_in(stack):
    for login in ({}, {"Authorization": as_admin("wrong")}, {"Authorization": as_admin(stack.mlflow_password())}):
        assert asked_by_a_browser(MAILS, PAGES[MAILS], **login).status == 401, login
    assert asked_by_a_browser(MAILS, PAGES[MAILS], Authorization=as_admin(stack.mail_password())).status == 200


def test_the_status_and_the_reports_are_shown_to_whom_has_the_log_in_and_nothing_else_is(stack):
    login = {"Authorization": as_admin(stack.mail_password())}
    report = stack.data / "reports" / "index.html"
    inboxes = [stack.data / folder / "1999-01-01" for folder in ("inbox", "mine/inbox")]
    for folder in (report.parent, inboxes[0].parent):
        if not folder.exists():  # the first start goes on beside this
            folder.mkdir()
            stack.give_to_steps(folder)
    made = not report.exists()
    if made:
        report.write_text("a report")
    away = report.with_name("away.html")
    away.symlink_to("/etc/passwd")
    dataset = stack.data / "raw" / "1999-01-01" / "data"
    dataset.mkdir(parents=True)
    for inbox in inboxes:
        inbox.mkdir(parents=True)
        (inbox / "manifest.json").write_text("a person's own")
    for name in ("manifest.json", "rows.parquet", ".staging-manifest.json"):
        (dataset / name).write_text("{}")
    try:
        for path in ("/", "/status.json", "/reports/index.html", "/raw/1999-01-01/data/manifest.json"):
            assert asked_by_a_browser(STATUS, path).status == 401, path
            assert asked_by_a_browser(STATUS, path, **login).status == 200, path
        for path in (
            "/.stack",
            "/ledger.jsonl",
            "/reports/",
            "/reports/../.stack",
            "/reports/%2e%2e/.stack",
            "//etc/passwd",
            "/raw/1999-01-01/data/rows.parquet",
            "/raw/1999-01-01/data/.staging-manifest.json",
            "/inbox/1999-01-01/manifest.json",
            "/mine/inbox/1999-01-01/manifest.json",
            "/reports/../inbox/1999-01-01/manifest.json",
            "//inbox/1999-01-01/manifest.json",
        ):
            assert asked_by_a_browser(STATUS, path, **login).status in (400, 404), path
        assert asked_by_a_browser(STATUS, "/reports/away.html", **login).status in (403, 404)
    finally:
        away.unlink()
        for folder in (dataset.parent, inboxes[0], stack.data / "mine"):
            shutil.rmtree(folder)
        if made:
            report.unlink()


def test_who_looks_for_the_status_may_do_nothing_else(stack):
    """Its log-in reads and changes nothing; of the other secrets, data/ and the socket proxy it gets nothing."""
    code = """
import json, os, pathlib, socket, urllib.error, urllib.request
root = pathlib.Path("/run/microstep")
files = [path for path in root.rglob("*") if path.is_file() and path.name != "stack"]
readable = sorted(str(path.relative_to(root)) for path in files if os.access(path, os.R_OK))
user, _, password = (root / "status/airflow_login").read_text().partition(":")
def ask(method, path, body, token=""):
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    request = urllib.request.Request(f"http://airflow-apiserver:8080{path}", json.dumps(body).encode() if body else None, headers, method=method)
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, None
token = ask("POST", "/auth/token", {"username": user, "password": password})[1]["access_token"]
codes = [ask("GET", "/api/v2/dags", None, token)[0], ask("POST", "/api/v2/dags/train/dagRuns", {"logical_date": None}, token)[0],
         ask("GET", "/api/v2/variables", None, token)[0], ask("GET", "/api/v2/connections", None, token)[0],
         ask("PATCH", "/api/v2/dags/train?update_mask=is_paused", {"is_paused": True}, token)[0]]
try:
    socket.create_connection(("socket-proxy", 2375), timeout=5)
    engine = True
except OSError:
    engine = False
print(json.dumps([readable, codes, engine, os.access("/data", os.W_OK)]))
"""
    said = stack.run("docker", "compose", "exec", "-T", "status", "python", "-c", code).stdout
    assert json.loads(last(said)) == [["status/airflow_login"], [200, 403, 403, 403, 403], False, False]


def test_the_mails_are_there_for_whom_maildev_itself_would_answer_to_any_page(stack):
    """The control: MailDev's own port, asked by another page, gives the mails away; nothing of ours reaches it so."""
    code = (
        "import urllib.request as r; q = r.Request('http://maildev:1080/api/email', headers={'Origin': 'http://evil.example',"
        " 'Host': 'evil.example'}); a = r.urlopen(q, timeout=9); print(a.status, a.headers['Access-Control-Allow-Origin'])"
    )
    assert last(in_network(stack, "microstep_inside", code)) in ("200 http://evil.example", "200 *")


def test_the_socket_proxy_and_mlflow_are_published_to_nobody(stack):
    published = stack.run("docker", "compose", "ps", "--format", "{{.Service}} {{.Ports}}").stdout
    assert {line.split()[0] for line in published.splitlines() if "->" in line} == {"pages"}
