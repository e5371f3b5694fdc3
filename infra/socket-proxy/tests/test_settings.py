import pytest

from socket_proxy.settings import Settings


def test_what_airflow_is_told_is_read_here_as_well():
    settings = Settings.read(
        {"MICROSTEP_HOST_ROOT": "/srv/a b", "MICROSTEP_STEP_MEMORY": "512M", "MICROSTEP_STEP_CPUS": "1.5"}
    )
    assert settings == Settings("/srv/a b", 512 * 1024**2, 1.5)
    assert Settings.read({"MICROSTEP_HOST_ROOT": "/srv"}) == Settings("/srv", 2 * 1024**3, 1.0)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("MICROSTEP_HOST_ROOT", root) for root in ("", "srv", "/srv/../etc", "/srv/", "/srv//x", "/srv/.")),
        *(("MICROSTEP_STEP_MEMORY", memory) for memory in ("", "2t", "-1", "1.5g", "2 g")),
        *(("MICROSTEP_STEP_CPUS", cpus) for cpus in ("", "-1", "inf", "nan", "1e9")),
    ],
)
def test_a_setting_that_could_be_read_in_two_ways_stops_the_start(name, value):
    with pytest.raises(ValueError, match=f"{name}: must be"):
        Settings.read({"MICROSTEP_HOST_ROOT": "/srv", name: value})
