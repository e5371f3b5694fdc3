"""From the name of a container follows whose it is, and from that what is mounted: nothing of another pipeline's."""

import json
import re
from dataclasses import replace

import pytest
from sample import SETTINGS, body, other

from socket_proxy.container_spec import build
from socket_proxy.rules import PIPELINE, Refusal, Request, calls, judge

ROOT = SETTINGS.root
NAME = "microstep-churn.train-2026-11-22"


@pytest.fixture
def machine(tmp_path):
    """The settings where pipelines/ has two files."""
    for name in ("churn", "orders"):
        (tmp_path / f"{name}.toml").touch()
    return replace(SETTINGS, pipelines=tmp_path)


def of(pipeline, requested=None):
    """A step's body as the operator makes it for a pipeline."""
    text = json.dumps(requested or body())
    text = text.replace(f'"{ROOT}/data"', f'"{ROOT}/data/{pipeline}"')
    text = text.replace(f'"{ROOT}/pipeline.toml"', f'"{ROOT}/pipelines/{pipeline}.toml"')
    text = re.sub(f'"({ROOT}/secrets/(?:sql|models))"', rf'"\1/{pipeline}"', text)
    return text.replace('"microstep.step"', f'"microstep.pipeline": "{pipeline}", "microstep.step"')


def secret(folder):
    return {"Type": "bind", "Source": f"{ROOT}/secrets/{folder}", "Target": "/run/secrets", "ReadOnly": True}


def judged(text, machine, name=NAME):
    return json.loads(build(text.encode(), name, machine))


def test_the_body_of_a_named_pipelines_step_passes_as_it_is(machine):
    assert judged(of("churn"), machine) == json.loads(of("churn"))
    sql = other("generate", "microstep-sql")
    sql["HostConfig"]["Mounts"].append(secret("sql"))
    assert judged(of("churn", sql), machine, "microstep-churn.generate-2026-11-22")


@pytest.mark.parametrize(
    ("mine", "theirs"),
    [
        (f'"{ROOT}/data/churn"', f'"{ROOT}/data/orders"'),
        (f'"{ROOT}/data/churn"', f'"{ROOT}/data"'),
        (f'"{ROOT}/data/churn"', f'"{ROOT}/data/churn/../orders"'),
        (f'"{ROOT}/data/churn"', f'"{ROOT}/data/"'),
        (f'"{ROOT}/pipelines/churn.toml"', f'"{ROOT}/pipelines/orders.toml"'),
        (f'"{ROOT}/pipelines/churn.toml"', f'"{ROOT}/pipelines"'),
        (f'"{ROOT}/pipelines/churn.toml"', f'"{ROOT}/pipeline.toml"'),
        (f'"{ROOT}/secrets/models/churn"', f'"{ROOT}/secrets/models/orders"'),
        (f'"{ROOT}/secrets/models/churn"', f'"{ROOT}/secrets/models"'),
        (f'"{ROOT}/secrets/models/churn"', f'"{ROOT}/secrets/sql/churn"'),
        ('"microstep.pipeline": "churn"', '"microstep.pipeline": "orders"'),
        ('"microstep.pipeline": "churn", ', ""),
    ],
)
def test_nothing_of_another_pipeline_is_mounted_in_its_place(machine, mine, theirs):
    requested = body()
    requested["HostConfig"]["Mounts"].append(secret("models"))
    good = of("churn", requested)
    assert judged(good, machine)
    assert mine in good
    with pytest.raises(ValueError, match=r"must be|is missing|is no part"):
        judged(good.replace(mine, theirs), machine)


def test_nothing_of_another_pipeline_is_mounted_beside_its_own(machine):
    requested = json.loads(of("churn"))
    theirs = {"Type": "bind", "Source": f"{ROOT}/data/orders", "Target": "/run/secrets", "ReadOnly": True}
    requested["HostConfig"]["Mounts"].append(theirs)
    with pytest.raises(ValueError, match="must be"):
        judged(json.dumps(requested), machine)


def test_a_pipeline_whose_file_is_not_there_has_no_containers(machine):
    with pytest.raises(ValueError, match=r"name: must be that of a pipeline, but pipelines/gone\.toml is not there"):
        judged(of("gone"), machine, "microstep-gone.train-2026-11-22")
    with pytest.raises(ValueError, match="must be that of a pipeline"):
        judged(of("churn"), SETTINGS)


def test_a_file_that_is_a_link_or_a_folder_is_none(machine):
    (machine.pipelines / "linked.toml").symlink_to("churn.toml")
    (machine.pipelines / "folder.toml").mkdir()
    for name in ("linked", "folder"):
        with pytest.raises(ValueError, match="must be that of a pipeline"):
            judged(of(name), machine, f"microstep-{name}.train-2026-11-22")


def test_where_there_are_several_none_is_without_a_name_for_it_would_have_all_of_the_data(machine):
    with pytest.raises(ValueError, match="name: must begin with a pipeline, churn say"):
        judged(json.dumps(body()), machine, "microstep-train-2026-11-22")
    for file in list(machine.pipelines.iterdir()):
        file.rename(file.with_name(f".{file.name}"))  # of an editor
    assert judged(json.dumps(body()), machine, "microstep-train-2026-11-22") == body()


def test_what_cannot_be_looked_at_is_not_taken_for_empty(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ValueError, match="pipelines/ cannot be read"):
        judged(json.dumps(body()), replace(SETTINGS, pipelines=tmp_path / "file"), "microstep-train-2026-11-22")


@pytest.mark.parametrize(
    "name",
    [
        "microstep-Churn.train-2026-11-22",
        "microstep-1.train-2026-11-22",
        "microstep-.train-2026-11-22",
        "microstep-..train-2026-11-22",
        "microstep-a.b.train-2026-11-22",
        "microstep-a%2F..%2Forders.train-2026-11-22",
        "microstep-a/../orders.train-2026-11-22",
        f"microstep-{'a' * 32}.train-2026-11-22",
        "microstep-churn.train-2026-11-22\n",
        "microstep-chürn.train-2026-11-22",
        "microstep-churn-train-2026-11-22",
    ],
)
def test_a_name_that_is_none_of_a_pipelines_is_no_containers(machine, name):
    verdict = judge(Request("POST", f"/containers/create?name={name}", of("churn").encode()), machine)
    assert isinstance(verdict, Refusal)


def test_a_call_on_a_container_may_name_its_pipeline():
    paths = [call.path for call in calls("microstep") if call.path.endswith("/start")]
    assert re.fullmatch(paths[0], f"/containers/{NAME}/start")
    assert re.fullmatch(PIPELINE, "a" * 31)
