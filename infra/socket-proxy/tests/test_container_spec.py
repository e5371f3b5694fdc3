import json
from copy import deepcopy
from dataclasses import replace

import pytest
from sample import NAME, SETTINGS, body, host, login, other

from socket_proxy.container_spec import ROOT_LABEL, build

GENERATE = "microstep-generate-2026-11-22"
DATA, CONFIG, _ = host()["Mounts"]


def judged(requested, name=NAME):
    return json.loads(
        build(requested if isinstance(requested, bytes) else json.dumps(requested).encode(), name, SETTINGS)
    )


def secret(folder):
    return {"Type": "bind", "Source": f"/srv/microstep/secrets/{folder}", "Target": "/run/secrets", "ReadOnly": True}


def test_a_steps_body_passes_as_it_is():
    assert judged(body()) == body()


@pytest.mark.parametrize("root", ["/srv/other", "", None])
def test_a_step_must_carry_the_label_of_its_own_checkout(root):
    requested = body()
    requested["Labels"][ROOT_LABEL] = root
    with pytest.raises(ValueError, match=f"Labels.{ROOT_LABEL}: must be '/srv/microstep'"):
        judged(requested)
    del requested["Labels"][ROOT_LABEL]
    with pytest.raises(ValueError, match=f"Labels.{ROOT_LABEL}: is missing"):
        judged(requested)


def test_every_step_may_have_its_own_network_and_secret_and_no_other():
    assert judged(other("generate", "none"), GENERATE)
    assert judged(other("generate", "microstep-sql"), GENERATE)
    assert judged(other("preprocess", "none"), "microstep-preprocess-2026-11-22")
    assert judged(other("predict", "microstep-steps", registry=True), "microstep-predict-2026-11-22")
    assert judged(body(HostConfig=host(Mounts=[DATA, CONFIG, login("train"), secret("models")])))
    sql = other("generate", "microstep-sql")
    sql["HostConfig"]["Mounts"].append(secret("sql"))
    assert judged(sql, GENERATE)
    for requested, name in (
        (other("generate", "microstep-steps"), GENERATE),
        (other("preprocess", "microstep-sql"), "microstep-preprocess-2026-11-22"),
        (body(HostConfig=host(NetworkMode="none")), NAME),
        (body(HostConfig=host(NetworkMode="microstep_default")), NAME),
        (body(HostConfig=host(Mounts=[DATA, CONFIG, login("train"), secret("sql")])), NAME),
        (body(HostConfig=host(Mounts=[DATA, CONFIG, login("train"), secret("models"), secret("models")])), NAME),
        (body(HostConfig=host(Mounts=[DATA, CONFIG, login("validate")])), NAME),
        (body(HostConfig=host(Mounts=[DATA, CONFIG, login("train") | {"ReadOnly": False}])), NAME),
        (body(HostConfig=host(Mounts=[DATA, CONFIG, login("train") | {"Source": "microstep_secrets"}])), NAME),
        (body(HostConfig=host(Mounts=[DATA, CONFIG, login("train"), login("validate")])), NAME),
        (body(HostConfig=host(Mounts=[DATA, CONFIG])), NAME),
        (sql | {"HostConfig": sql["HostConfig"] | {"Mounts": [DATA, CONFIG, login("generate")]}}, GENERATE),
        (sql | {"HostConfig": sql["HostConfig"] | {"Mounts": [DATA, CONFIG, secret("models")]}}, GENERATE),
    ):
        with pytest.raises(ValueError, match="NetworkMode|Mounts"):
            judged(requested, name)


def test_a_persons_answer_passes_for_validate_alone():
    name = "microstep-validate-2026-11-22"
    day = ["--day", "2026-11-22"]
    answer = ["approve", "--by=a b; rm -r /", "--why=it is\nbetter"]
    assert judged(other("validate", "microstep-steps", registry=True, Cmd=[*answer, *day]), name)
    assert judged(other("validate", "microstep-steps", registry=True, Cmd=[*answer[:2], *day]), name)
    for arguments in (["approve"], ["sh", "--by=x"], [*answer, "--config=/data/x"], ["--config=/data/x"], answer[1:]):
        with pytest.raises(ValueError, match="Cmd: must be"):
            judged(other("validate", "microstep-steps", registry=True, Cmd=[*arguments, *day]), name)
    with pytest.raises(ValueError, match="Cmd: must be"):
        judged(body(Cmd=[*answer, *day]))


def test_the_days_work_may_be_asked_for_again_by_that_word_alone():
    day = ["--day", "2026-11-22"]
    assert judged(body(Cmd=[*day, "--force"]))
    for command in (
        [*day, "--forced"],
        ["--force", *day],
        [*day, "--force", "--force"],
        ["--force"],
        [*day[:1], "--force"],
    ):
        with pytest.raises(ValueError, match="Cmd: must be"):
            judged(body(Cmd=command))


def leaves(value, path=()):
    """The path of every value of a body, from the top down."""
    yield path
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from leaves(value[key], (*path, key))


def at(value, path):
    for key in path:
        value = value[key]
    return value


FREE = {  # a caller's to say; test_the_free_values covers them
    ("User",),
    ("HostConfig", "Memory"),
    ("HostConfig", "NanoCpus"),
    *(("Labels", f"microstep.{key}") for key in ("dag", "run", "task", "try")),
}


@pytest.mark.parametrize("path", [path for path in leaves(body()) if path], ids=lambda path: ".".join(map(str, path)))
def test_no_part_of_the_body_can_be_left_out_or_be_another_or_have_more_in_it(path):
    def changed(change):
        requested = deepcopy(body())
        change(at(requested, path[:-1]), path[-1])
        return requested

    others = [changed(lambda parent, key: parent.pop(key))]
    if path not in FREE:
        values = (None, "x", 1, 0, True, False, 1.0, [], {}, ["x"], {"x": 1})
        original = at(body(), path)
        others += [
            changed(lambda parent, key, value=value: parent.__setitem__(key, value))
            for value in values
            if (type(value), value) != (type(original), original)
        ]
    if isinstance(at(body(), path), dict):
        others.append(changed(lambda parent, key: parent[key].update(Privileged=True)))
    if isinstance(at(body(), path), list):
        others.append(changed(lambda parent, key: parent[key].append("x")))
    for requested in others:
        with pytest.raises(ValueError, match=r".+: "):
            judged(requested)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        *(("User", user) for user in ("0:0", "00:1", "0", "root", "1000", "4294967296:1", "2147483648:1", "1:-1", 1)),
        *(("User", user) for user in ("1000:1000\n", "１:１")),
        *(("Memory", memory) for memory in (0, -1, 1, 2 * 1024**3 + 1, 1e9, "2g", True, None)),
        *(("NanoCpus", cpus) for cpus in (0, -1, 1_000_000_001, 0.5, "1")),
        *(("microstep.run", run) for run in ("", "a b", "x" * 251, "a\n", None, "\ud800")),
        ("microstep.try", "one"),
    ],
)
def test_the_free_values_have_bounds(key, value):
    requested = body()
    parent = next(part for part in (requested, requested["HostConfig"], requested["Labels"]) if key in part)
    parent[key] = value
    with pytest.raises(ValueError, match=f"{key}: must"):
        judged(requested)


def test_a_stack_of_another_name_has_its_own_images_networks_and_volumes_and_no_other_stacks():
    theirs = replace(SETTINGS, project="shop_2")
    name = NAME.replace("microstep", "shop_2")
    with pytest.raises(ValueError, match="must be"):
        build(json.dumps(body()).encode(), name, theirs)
    requested = json.loads(json.dumps(body()).replace("microstep-", "shop_2-").replace("microstep_", "shop_2_"))
    assert json.loads(build(json.dumps(requested).encode(), name, theirs)) == requested
    with pytest.raises(ValueError, match="must be"):
        build(json.dumps(requested).encode(), NAME, SETTINGS)


def test_root_runs_steps_only_where_it_is_an_ordinary_user_of_the_machine():
    requested = json.dumps(body(User="0:0")).encode()
    with pytest.raises(ValueError, match="User: must match"):
        build(requested, NAME, SETTINGS)
    rootless = replace(SETTINGS, rootless=True)
    assert json.loads(build(requested, NAME, rootless)) == body(User="0:0")
    assert json.loads(build(json.dumps(body()).encode(), NAME, rootless)) == body()
    for user in ("0:1", "00:0", "0", "root", "0:0\n"):
        with pytest.raises(ValueError, match="User: must match"):
            build(json.dumps(body(User=user)).encode(), NAME, rootless)


TEXT = json.dumps(body())
SPELLINGS = {
    "small letters": TEXT.replace('"HostConfig": {', '"hostconfig": {"Privileged": true}, "HostConfig": {'),
    "a key given twice": TEXT.replace('"Init"', '"Init": true, "Init"'),
    "the top twice": TEXT.replace('"HostConfig": {', '"HostConfig": {"Privileged": true}, "HostConfig": {'),
    "two spellings": TEXT.replace('"Init": true', '"Init": true, "init": false'),
    "an escaped letter": TEXT.replace('"Init": true', '"Init": true, "\\u0050rivileged": true'),
    "an escaped twin": TEXT.replace('"Init": true', '"Init": true, "\\u0049nit": false'),
    "a sign that folds to k": TEXT.replace('"NetworkMode"', '"Networ\u212aMode": "host", "NetworkMode"'),
    "a second value": TEXT + TEXT,
    "a comment": TEXT + "// {}",
    "no number": TEXT.replace("1024,", "NaN,", 1),
    "infinity": TEXT.replace("1024,", "Infinity,", 1),
    "a byte order mark": "\ufeff" + TEXT,
    "a list": f"[{TEXT}]",
    "null": "null",
    "nothing": "",
    "deep": '{"x":' * 50_000,
    "a long number": TEXT.replace("1024,", "1" * 5000 + ",", 1),
}


@pytest.mark.parametrize("text", SPELLINGS.values(), ids=SPELLINGS)
def test_there_is_one_way_to_say_it(text):
    with pytest.raises(ValueError, match=r"."):
        judged(text.encode())


def test_other_encodings_are_no_json_here():
    for encoding in ("utf-16", "utf-32", "utf-16-le"):
        with pytest.raises(ValueError, match=r"."):
            judged(TEXT.encode(encoding))


def test_a_refusal_names_the_path_the_rule_and_the_value():
    with pytest.raises(ValueError, match=r"^HostConfig.Privileged: is no part of a step's container; leave it out$"):
        judged(body(HostConfig=host(Privileged=True)))
    with pytest.raises(ValueError, match=r"^HostConfig.Mounts.0.Source: must be '/srv/microstep/data', got '/'$"):
        judged(body(HostConfig=host(Mounts=[DATA | {"Source": "/"}, CONFIG, login("train")])))
