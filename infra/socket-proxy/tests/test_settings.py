import pytest

from socket_proxy.settings import Settings


def test_what_airflow_is_told_is_read_here_as_well():
    settings = Settings.read(
        {"MICROSTEP_HOST_ROOT": "/srv/a b", "MICROSTEP_STEP_MEMORY": "512M", "MICROSTEP_STEP_CPUS": "1.5"}
    )
    assert settings == Settings("/srv/a b", 512 * 1024**2, 1.5)
    assert Settings.read({"MICROSTEP_HOST_ROOT": "/srv", "MICROSTEP_PROJECT": "shop_2"}).project == "shop_2"
    assert Settings.read({"MICROSTEP_HOST_ROOT": "/srv"}) == Settings("/srv", 2 * 1024**3, 1.0)


@pytest.mark.parametrize(
    ("uid_map", "rootless"),
    [
        ("         0          0 4294967295\n", False),
        ("         0       1000          1\n         1     100000      65536\n", True),
        ("         0     100000      65536\n", False),  # remapped: nobody's account
        ("", False),
    ],
)
def test_an_engine_without_root_is_known_by_what_the_kernel_maps(uid_map, rootless):
    assert Settings.read({"MICROSTEP_HOST_ROOT": "/srv"}, uid_map).rootless is rootless


@pytest.mark.parametrize(
    ("name", "value"),
    [
        *(("MICROSTEP_HOST_ROOT", root) for root in ("", "srv", "/srv/../etc", "/srv/", "/srv//x", "/srv/.")),
        *(("MICROSTEP_STEP_MEMORY", memory) for memory in ("", "2t", "-1", "1.5g", "2 g")),
        *(("MICROSTEP_PROJECT", project) for project in ("", ".*", "a b", "Shop", "-a", "a.b", "a|b")),
        *(("MICROSTEP_STEP_CPUS", cpus) for cpus in ("", "-1", "inf", "nan", "1e9")),
    ],
)
def test_a_setting_that_could_be_read_in_two_ways_stops_the_start(name, value):
    with pytest.raises(ValueError, match=f"{name}: must be"):
        Settings.read({"MICROSTEP_HOST_ROOT": "/srv", name: value})
