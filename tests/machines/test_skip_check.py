"""No container for what is up to date, where the checkout lies on a file system that machines share."""

import json
import os

import pytest
from faults.steps import DAY, DAYS, config
from stage import PREFIX

LOOK = """
import json, sys
from pathlib import Path
from microstep_airflow.operators.skip_check import Changed, Machine, up_to_date
machine = Machine(Path("/data/skip"), Path("/config/pipelines/skip.toml"), sys.argv[1], sys.argv[2], "", "skip")
try:
    print(json.dumps(up_to_date(sys.argv[3], sys.argv[4], machine)))
except Changed as changed:
    print(json.dumps(f"changed: {changed}"))
"""


@pytest.fixture(scope="module")
def looks(stage):
    """Asks, as a task of Airflow's on machine a does, whether a step would find a day up to date."""
    stage.pipeline("skip", config(7, 0.01))
    for day in DAYS:
        for step in ("generate", "preprocess"):
            assert stage.step(step, day, pipeline="skip", machine="b").returncode == 0
    engine, home = stage.world.engines["a"], stage.home
    volumes = (f"--volume={home}/data:/data:ro", f"--volume={home}/pipelines:/config/pipelines:ro")
    words = ("run", "--detach", "--network=none", "--init", "--entrypoint=sleep", *volumes)
    container = engine.docker(*words, f"{PREFIX}-airflow", "infinity", check=True).stdout.strip()

    def ask(step, day=DAY):
        given = (str(home), stage.image(step, "a"), step, day)
        return json.loads(engine.docker("exec", container, "python", "-c", LOOK, *given, check=True).stdout)

    yield ask
    engine.docker("rm", "--force", container)


def test_a_day_that_another_machine_made_needs_no_container(looks):
    assert looks("generate") == [f"raw/{DAY}/data", f"raw/{DAY}/target"]
    assert looks("preprocess") == [f"processed/{DAY}"]


def test_a_file_that_another_machine_replaces_is_seen_at_once(stage, looks):
    replace(stage, config(7, 0.01).replace("rows = 300", "rows = 301"))
    assert looks("preprocess") == looks("generate") == "changed: pipeline.toml is another one now"
    replace(stage, config(7, 0.01))
    assert looks("preprocess") == [f"processed/{DAY}"]


def test_a_dataset_that_another_machine_makes_anew_is_seen_at_once(stage, looks):
    replace(stage, config(7, 0.01).replace("rows = 300", "rows = 301"))
    assert stage.step("generate", DAY, pipeline="skip", machine="b").returncode == 0
    replace(stage, config(7, 0.01))
    assert looks("preprocess") == f"changed: raw/{DAY}/data: is another one now"
    for step in ("generate", "preprocess"):
        assert stage.step(step, DAY, pipeline="skip", machine="b").returncode == 0
        assert isinstance(looks(step), list)


def test_a_folder_that_another_machine_renames_is_not_current_once_this_one_has_asked_for_its_name(stage, looks):
    """Until then its own kernel cannot know; a container that starts asks."""
    pipelines = stage.seen(stage.home / "pipelines", "b")
    pipelines.rename(pipelines.with_name("pipelines.old"))
    try:
        pipelines.mkdir()
        (pipelines / "skip.toml").write_text(config(8, 0.01))
        stage.world.machines["a"].run("ls", str(stage.home / "pipelines"), check=True)
        assert looks("preprocess").startswith("changed: /config/pipelines: is not what")
    finally:
        (pipelines / "skip.toml").unlink()
        pipelines.rmdir()
        pipelines.with_name("pipelines.old").rename(pipelines)


def replace(stage, text):
    """Write the pipeline's file on machine b as an editor does: another file, renamed over it."""
    file = stage.seen(stage.home / "pipelines" / "skip.toml", "b")
    staging = file.with_name(".skip.toml.swp")
    staging.write_text(text)
    os.replace(staging, file)
