import os

import pytest

from contract import threads
from contract.threads import set_threads


@pytest.fixture
def told(tmp_path, monkeypatch):
    """What OpenMP is told where a process may run on eight processors and the container's limit files hold this."""
    monkeypatch.setattr(threads, "_QUOTAS", (tmp_path / "cpu.max", tmp_path / "cpu.cfs_quota_us"))
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)))
    for name in ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        monkeypatch.setenv(name, "taken back after the test")
        monkeypatch.delenv(name)

    def tell(**files):
        for name, content in files.items():
            (tmp_path / name.replace("_", ".", 1)).write_text(content)
        set_threads()
        return os.environ["OMP_NUM_THREADS"]

    return tell


@pytest.mark.parametrize(("limit", "threads"), [("100000 100000", "1"), ("50000 100000", "1"), ("250000 100000", "3")])
def test_a_containers_limit_counts_begun_processors(told, limit, threads):
    assert told(cpu_max=f"{limit}\n") == threads


def test_the_older_version_of_cgroups_says_it_in_two_files(told):
    assert told(cpu_cfs_quota_us="200000\n", cpu_cfs_period_us="100000\n") == "2"


@pytest.mark.parametrize(
    "files",
    [{}, {"cpu_max": "max 100000\n"}, {"cpu_cfs_quota_us": "-1\n", "cpu_cfs_period_us": "100000\n"}],
    ids=["nothing", "max", "-1"],
)
def test_without_a_limit_it_is_the_processors_that_the_process_may_run_on(told, files):
    assert told(**files) == "8"


def test_a_limit_above_them_gives_no_more(told):
    assert told(cpu_max="1600000 100000\n") == "8"


def test_what_a_user_has_set_stays(told, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    assert told(cpu_max="100000 100000\n") == "5"
    assert os.environ["OMP_WAIT_POLICY"] == "active"
    assert "GOMP_SPINCOUNT" not in os.environ  # it would overrule what the user chose


def test_threads_that_wait_spin_for_a_moment_alone(told):
    told()
    assert os.environ["GOMP_SPINCOUNT"] == "400"
