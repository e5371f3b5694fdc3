"""What images say about themselves."""

import subprocess

import pytest
from checkout.labels import labels, page_of, version
from composed import composed, needs_compose

NAMES = ("version", "created", "source", "licenses")


@pytest.fixture
def repository(tmp_path):
    def git(*words):
        identity = ("-c", "user.name=t", "-c", "user.email=t@example.com")
        return subprocess.run(
            ["git", *identity, *words], cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout.strip()

    git("init", "--quiet")
    (tmp_path / "VERSION").write_text("1.2.0\n")
    (tmp_path / "libs").mkdir()
    (tmp_path / "libs/code.py").write_text("1")
    git("add", "--all")
    git("commit", "--quiet", "--date=2026-01-01T00:00:00Z", "--message", "change")
    return tmp_path, git


@needs_compose
@pytest.mark.parametrize(
    "files",
    [{}, {"COMPOSE_FILE": "docker-compose.yml:docker-compose.celery.yml", "MICROSTEP_CLUSTER_ADDRESS": "10.0.0.1"}],
)
def test_every_image_that_is_built_has_every_label(files):
    given = {
        "MICROSTEP_VERSION": "1.2.0",
        "MICROSTEP_CREATED": "2026-01-01T00:00:00Z",
        "MICROSTEP_SOURCE": "https://git.example/m",
    }
    services = composed(PWD="/srv/microstep", **given, **files)["services"]
    built = {name: service["build"]["labels"] for name, service in services.items() if "build" in service}
    assert len(built) >= 9
    expected = {
        f"org.opencontainers.image.{name}": value
        for name, value in zip(NAMES, (*given.values(), "Apache-2.0"), strict=True)
    }
    assert {name: found for name, found in built.items() if found != expected} == {}


def test_a_release_has_its_version_and_so_has_what_changes_no_image_after_it(repository):
    root, git = repository
    assert version(root) == f"1.2.0+{git('rev-parse', 'HEAD')[:12]}"
    git("tag", "v1.2.0")
    assert version(root) == "1.2.0"
    (root / "README.md").write_text("more")
    git("add", "--all")
    git("commit", "--quiet", "--message", "a page")
    assert version(root) == "1.2.0"


def test_what_images_are_built_from_after_a_release_is_told_by_its_commit(repository):
    root, git = repository
    git("tag", "v1.2.0")
    (root / "libs/code.py").write_text("2")
    assert version(root) == f"1.2.0+{git('rev-parse', 'HEAD')[:12]}.dirty"
    git("commit", "--quiet", "--all", "--message", "later")
    assert version(root) == f"1.2.0+{git('rev-parse', 'HEAD')[:12]}"


def test_two_builds_of_one_commit_say_the_same_whatever_the_clock_and_the_zone(repository, monkeypatch):
    root, git = repository
    first = labels(root)
    monkeypatch.setenv("TZ", "Asia/Kathmandu")
    assert labels(root) == first
    assert first["MICROSTEP_CREATED"].endswith("Z")
    assert first["MICROSTEP_REVISION"] == git("rev-parse", "HEAD")


def test_outside_git_the_version_is_the_files(tmp_path):
    (tmp_path / "VERSION").write_text("1.2.0\n")
    assert labels(tmp_path) == {
        "MICROSTEP_REVISION": "unknown", "MICROSTEP_VERSION": "1.2.0", "MICROSTEP_CREATED": "", "MICROSTEP_SOURCE": "",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("remote", "page"),
    [
        ("https://git.example/team/m.git", "https://git.example/team/m"),
        ("https://user:token@git.example:8443/team/m.git", "https://git.example:8443/team/m"),
        ("git@git.example:team/m.git", "https://git.example/team/m"),
        ("ssh://git@git.example:22/team/m", "https://git.example/team/m"),
        ("/srv/git/m.git", ""),
        ("file:///srv/git/m.git", ""),
        ("../m", ""),
        ("", ""),
    ],
)
def test_the_source_is_a_page_and_never_a_log_in(remote, page):
    assert page_of(remote) == page
