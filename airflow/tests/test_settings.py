from pathlib import Path

import pytest

from microstep_airflow.settings import Settings


def test_docker_is_the_default_runner_and_works_where_compose_mounts():
    settings = Settings.read({"MICROSTEP_HOST_ROOT": "/srv/checkout"})
    assert settings.runner == "docker"
    assert settings.home == Path("/srv/checkout")
    assert settings.data_root == Path("/data")
    assert settings.config == Path("/config/pipeline.toml")


def test_the_process_runner_works_in_the_checkout():
    settings = Settings.read({"MICROSTEP_RUNNER": "process", "MICROSTEP_HOME": "/srv/checkout"})
    assert settings.data_root == Path("/srv/checkout/data")
    assert settings.config == Path("/srv/checkout/pipeline.toml")


def test_an_unknown_runner_is_refused_by_name():
    with pytest.raises(ValueError, match="MICROSTEP_RUNNER: must be one of docker, process, got 'podman'"):
        Settings.read({"MICROSTEP_RUNNER": "podman"})


@pytest.mark.parametrize(("runner", "variable"), [("docker", "MICROSTEP_HOST_ROOT"), ("process", "MICROSTEP_HOME")])
@pytest.mark.parametrize("wrong", [{}, {"x": ""}, {"x": "checkout"}])
def test_the_checkout_must_be_named_by_an_absolute_path(runner, variable, wrong):
    environment = {variable if name == "x" else name: value for name, value in wrong.items()}
    with pytest.raises(ValueError, match=f"{variable}: must be the checkout's absolute path"):
        Settings.read({"MICROSTEP_RUNNER": runner, **environment})
