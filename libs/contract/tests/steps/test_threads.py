import os

import pytest

from contract.steps import threads
from contract.steps.threads import set_threads


@pytest.fixture
def threads_for(tmp_path, monkeypatch):
    """How many threads OpenMP gets where a process may run on eight processors and the container's limit files hold this."""
    monkeypatch.setattr(threads, "_QUOTAS", (tmp_path / "cpu.max", tmp_path / "cpu.cfs_quota_us"))
    monkeypatch.setattr(os, "sched_getaffinity", lambda process: set(range(8)))
    for name in ("OMP_NUM_THREADS", "OMP_WAIT_POLICY", "GOMP_SPINCOUNT"):
        monkeypatch.setenv(name, "taken back after the test")
        monkeypatch.delenv(name)

    def set_from(**files):
        for name, content in files.items():
            (tmp_path / name.replace("_", ".", 1)).write_text(content)
        set_threads()
        return os.environ["OMP_NUM_THREADS"]

    return set_from


@pytest.mark.parametrize(("limit", "threads"), [("100000 100000", "1"), ("50000 100000", "1"), ("250000 100000", "3")])
def test_a_containers_limit_counts_begun_processors(threads_for, limit, threads):
    assert threads_for(cpu_max=f"{limit}\n") == threads


def test_the_older_version_of_cgroups_says_it_in_two_files(threads_for):
    assert threads_for(cpu_cfs_quota_us="200000\n", cpu_cfs_period_us="100000\n") == "2"


@pytest.mark.parametrize(
    "files",
    [{}, {"cpu_max": "max 100000\n"}, {"cpu_cfs_quota_us": "-1\n", "cpu_cfs_period_us": "100000\n"}],
    ids=["nothing", "max", "-1"],
)
def test_without_a_limit_it_is_the_processors_that_the_process_may_run_on(threads_for, files):
    assert threads_for(**files) == "8"


def test_a_limit_above_them_gives_no_more(threads_for):
    assert threads_for(cpu_max="1600000 100000\n") == "8"


def test_what_a_user_has_set_stays(threads_for, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "5")
    monkeypatch.setenv("OMP_WAIT_POLICY", "active")
    assert threads_for(cpu_max="100000 100000\n") == "5"
    assert os.environ["OMP_WAIT_POLICY"] == "active"
    assert "GOMP_SPINCOUNT" not in os.environ  # it would overrule what the user chose


def test_threads_that_wait_spin_for_a_moment_alone(threads_for):
    threads_for()
    assert os.environ["GOMP_SPINCOUNT"] == "400"
