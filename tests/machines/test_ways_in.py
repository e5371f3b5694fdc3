"""The ways between machines, tried from outside: the real gateways and the real broker, from another network namespace.

Head and machine are two projects on one engine, each on an address of its own; behind the gateways stand servers that say
what has reached them.
"""

import json
import os
import select
import shutil
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

import pytest
from ways import (
    BASE,
    HEAD,
    MACHINE,
    OTHER,
    OUTSIDE,
    PROJECT,
    ROOT,
    SPACE,
    Cluster,
    addresses_of,
    asks,
    broker,
    echo,
    from_outside,
    inside,
    lacks,
    reached,
    run,
    settings,
    start_machine,
)

pytestmark = pytest.mark.skipif(lacks() is not None, reason=lacks() or "")


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


def test_the_head_says_whether_it_sees_a_machines_sign_and_nothing_of_what_is_in_a_file(cluster):
    """By it `make worker` knows the directory from a copy; who can write there can put a link there, too."""
    folder = cluster.checkout / "machines"
    (folder / ".seen-b.0f").touch()
    (folder / ".seen-b.0a").symlink_to("/run/microstep/gateway/key.pem")
    signs = ("b.0f", "b.0a", "b.ff", "../machines/b.env", "b.env", "b.0f/")
    answers = from_outside(*(asks(cluster, f"/seen/{sign}") for sign in signs), asks(cluster, "/seen/b.0f", pair=None))
    assert [answer.split()[1] for answer in answers] == ["204", "204", "404", "403", "403", "403", "400"]
    assert not any(word in answer for answer in answers for word in ("PRIVATE", "MICROSTEP_"))


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
    wanted = [{"to": HEAD, "port": port} for port in ports]
    # a machine of the same network can make the head its way to the containers' own addresses
    behind = {"gateway": (3128,), "broker": (6379,), "airflow-apiserver": (8080,), "mlflow": (5000,)}
    for name, open_inside in behind.items():
        addresses = addresses_of(name)
        assert addresses, name
        wanted += [{"to": address, "port": port} for address in addresses for port in open_inside]
    answers = from_outside(*({**want, "tls": False, "send": []} for want in wanted))
    for want, answer in zip(wanted, answers, strict=True):
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
            "SADD _kombu.binding.reply.celery.pidbox x",
            "PUBLISH /0.celery.pidbox x",
            "LPUSH celery@head.celery.pidbox x",
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

    log = "http://b:8793/log/dag_id=a/run_id=b%3A/x.log"
    refused = [
        "http://b:8793/", "http://b:8793/other", "http://b:8793/log/../other", "http://b:8793/log/%2e%2e/other", "http://b:22/log/x", "http://b/log/x",
        f"http://{MACHINE}:8793/log/x", "http://169.254.169.254:8793/log/x", f"http://{HEAD}:8793/log/x", "http://head:8793/log/x", "http://gone:8793/log/x",
        "http://postgres:8793/log/x", "http://mlflow:5000/log/x", "https://b:8793/log/x", "http://user@b:8793/log/x", "http://b:8793@postgres:8793/log/x", "/log/x",
    ]  # fmt: skip
    questions = [
        question(log),
        *(question(target) for target in refused),
        question("/log/x", host="b:8793"),
        question("b:8793", method="CONNECT"),
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


@contextmanager
def held_open(cluster, token, pair):
    """A connection of a machine's to the broker, logged in; gives what ends with `b''` when the broker ends it."""
    code = (
        "import socket, ssl, sys; c = ssl.create_default_context(cafile=sys.argv[1]); c.load_cert_chain(sys.argv[2], sys.argv[3]);"
        f" s = c.wrap_socket(socket.create_connection(('{HEAD}', 6379)), server_hostname='broker'); s.sendall(sys.stdin.readline().encode());"
        " print(s.recv(99), flush=True); s.settimeout(30); print(s.recv(99), flush=True)"
    )
    command = ["nsenter", f"--net=/run/netns/{SPACE}", sys.executable, "-c", code, cluster.ca, *pair]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as held:
        held.stdin.write(f"AUTH {token.machine} {token.broker_password}\r\n")
        held.stdin.flush()
        assert "+OK" in held.stdout.readline()
        try:
            yield held.stdout
        finally:
            held.kill()


def test_a_new_token_ends_what_the_one_before_has_open_and_nobody_elses(cluster):
    _, first, pair = cluster.token("e", "10.98.77.7")
    with held_open(cluster, first, pair) as held, held_open(cluster, cluster.b, cluster.pair_of_b) as another:
        _, second, new_pair = cluster.token("e", "10.98.77.7")
        assert held.readline().strip() == "b''", "the connection was not ended"
        assert select.select([another], [], [], 1)[0] == [], "another machine's was ended, too"
    old, new = (
        from_outside(broker(cluster, f"AUTH e {token.broker_password}", pair=new_pair))[0] for token in (first, second)
    )
    assert old.startswith("-WRONGPASS")
    assert new == "+OK\r\n"
    cluster.make("token", "REVOKE=e")


def test_a_token_that_is_taken_away_ends_what_is_open_and_opens_nothing_more(cluster):
    _, token, pair = cluster.token("d", "10.98.77.8")
    with held_open(cluster, token, pair) as held:
        said = cluster.make("token", "REVOKE=d").stdout
        assert "no longer valid" in said
        assert held.readline().strip() == "b''", "the connection was not ended"
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


def test_a_gateway_that_would_not_start_with_what_it_must_read_goes_on_with_what_it_has(cluster):
    assert "NAME: must be" in cluster.make("token", "NAME=include", "ADDRESS=10.98.77.6", check=False).stderr
    # as an earlier version allowed it
    code = (
        "import json, pathlib; file = pathlib.Path('/secrets/cluster/machines.json'); known = json.loads(file.read_text());"
        " known['include'] = {'address': '10.98.77.6', 'password': 'x'}; file.write_text(json.dumps(known))"
    )
    run("docker", "run", "--rm", f"--volume={PROJECT}_secrets:/secrets", BASE, "python3", "-c", code)
    done = cluster.make("token", "NAME=f", "ADDRESS=10.98.77.5", check=False)
    assert done.returncode
    assert "the gateway goes on as before" in done.stderr
    assert "/etc/nginx/10.98.77.6" in done.stderr
    assert "make token REVOKE=NAME" in done.stderr
    assert "microstep-1." not in done.stdout
    assert reached(from_outside(asks(cluster))[0])["is"] == "airflow-apiserver"
    for name in ("include", "f"):
        assert "no longer valid" in cluster.make("token", f"REVOKE={name}").stdout
    assert reached(from_outside(asks(cluster))[0])["is"] == "airflow-apiserver"


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
