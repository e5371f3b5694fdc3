"""`make release`, on git repositories made for the test; images are built by tests/growth and by a release."""

import re
import subprocess
from pathlib import Path

import pytest
from release import command, records, state
from release.changelog import cut, numbers, released, unreleased

ROOT = Path(__file__).parents[2]
EMPTY = "# Changelog\n\n## [Unreleased]\n"
ONE = f"{EMPTY}\n### Added\n\n- A thing.\n- Another,\n  in two lines.\n"
NEEDED = ("contract", "docs")


class Repository:
    """A repository whose checks have passed."""

    def __init__(self, path, changelog=ONE):
        self.path = path
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("config", "user.name", "t")
        self.git("config", "user.email", "t@example.com")
        (path / ".gitignore").write_text(".checks/\n")
        (path / "VERSION").write_text("0.0.0\n")
        self.commit(changelog)

    def git(self, *words):
        return subprocess.run(["git", *words], cwd=self.path, check=True, capture_output=True, text=True).stdout.strip()

    def commit(self, changelog):
        (self.path / "CHANGELOG.md").write_text(changelog)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", "change")
        self.checked(**dict.fromkeys(NEEDED, "passed"))

    def checked(self, **outcomes):
        records.write(self.path, records.clean_tree(self.path), outcomes)

    def plan(self, version):
        return state.plan(version, self.path, needed=NEEDED)

    def release(self, version):
        command.make(self.plan(version), self.path)


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.setattr(command, "build", lambda version, root: None)
    return Repository(tmp_path)


def test_a_release_commits_version_and_changelog_and_nothing_else(repository):
    repository.release("1.2.0")
    assert repository.git("show", "--name-only", "--format=%s").split("\n") == [
        "Release 1.2.0",
        "",
        "CHANGELOG.md",
        "VERSION",
    ]
    assert (repository.path / "VERSION").read_text() == "1.2.0\n"
    text = (repository.path / "CHANGELOG.md").read_text()
    assert list(released(text)) == ["1.2.0"]
    assert unreleased(text) == []
    assert repository.git("status", "--porcelain") == ""


def test_the_next_one_stands_above_the_last(repository):
    repository.release("1.2.0")
    text = (repository.path / "CHANGELOG.md").read_text()
    repository.commit(text.replace("[Unreleased]\n", "[Unreleased]\n\n### Fixed\n\n- A fault.\n"))
    assert repository.plan("1.10.0").before == "1.2.0"
    repository.release("1.10.0")
    text = (repository.path / "CHANGELOG.md").read_text()
    assert list(released(text)) == ["1.10.0", "1.2.0"]
    assert text.index("- A fault.") < text.index("## [1.2.0]") < text.index("- A thing.")


@pytest.mark.parametrize("version", ["", "1.2", "v1.2.0", "1.2.0-rc1", "01.2.0", "1.2.0\n", "latest"])
def test_what_is_no_version_is_refused(repository, version):
    with pytest.raises(ValueError, match="VERSION: must be three numbers"):
        repository.plan(version)


@pytest.mark.parametrize(
    ("version", "says"), [("1.2.0", "a tag v1.2.0"), ("1.1.9", "above the last one, 1.2.0"), ("0.9.0", "above")]
)
def test_a_version_that_there_is_or_that_is_not_above_the_last_is_refused_with_the_next(repository, version, says):
    repository.release("1.2.0")
    repository.commit(
        (repository.path / "CHANGELOG.md").read_text().replace("[Unreleased]\n", "[Unreleased]\n\n- More.\n")
    )
    with pytest.raises(ValueError, match=f"{says}.*make release VERSION=1.3.0"):
        repository.plan(version)


@pytest.mark.parametrize("change", ["a new file", "a changed file", "a staged file"])
def test_a_work_tree_that_differs_is_refused(repository, change):
    path = repository.path / ("CHANGELOG.md" if change == "a changed file" else "new.txt")
    path.write_text("other")
    if change == "a staged file":
        repository.git("add", "--all")
    with pytest.raises(ValueError, match=f"{path.name} differ; commit or stash them"):
        repository.plan("1.0.0")
    assert path.read_text() == "other", "it is somebody's"


@pytest.mark.parametrize(
    ("outcomes", "says"),
    [
        ({"docs": "failed"}, "docs failed"),
        ({"docs": "skipped"}, "docs skipped"),
        ({"contract": "failed", "docs": "failed"}, "contract failed, docs failed"),
    ],
)
def test_a_check_that_failed_or_was_left_out_is_refused(repository, outcomes, says):
    repository.checked(**outcomes)
    with pytest.raises(ValueError, match=f"{says}; type: make test"):
        repository.plan("1.0.0")


def test_checks_of_another_state_do_not_count(repository):
    (repository.path / "code.py").write_text("1")
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "--message", "later")
    with pytest.raises(ValueError, match="contract not run, docs not run"):
        repository.plan("1.0.0")


def test_checks_count_for_the_same_state_under_another_commit(repository):
    repository.git("commit", "--quiet", "--amend", "--message", "in other words")
    assert repository.plan("1.0.0").checks == dict.fromkeys(NEEDED, "passed")


@pytest.mark.parametrize("changelog", [EMPTY, EMPTY + "\n### Added\n\n## [0.1.0] - 2026-01-01\n\n- Old.\n"])
def test_an_empty_changelog_is_refused(tmp_path, changelog):
    with pytest.raises(ValueError, match="nothing under"):
        Repository(tmp_path, changelog).plan("1.0.0")


def test_a_changelog_without_a_place_is_refused(tmp_path):
    with pytest.raises(ValueError, match="must have one heading"):
        Repository(tmp_path, "# Changelog\n").plan("1.0.0")


@pytest.mark.parametrize("name", ["CHANGELOG.md", "VERSION"])
def test_one_that_was_killed_while_it_wrote_a_file_is_gone_on_with(repository, monkeypatch, name):
    class Killed(BaseException):
        pass

    def replace(source, target):
        if Path(target).name == name:
            raise Killed
        source.rename(target)

    with monkeypatch.context() as killing, pytest.raises(Killed):
        killing.setattr(command.os, "replace", replace)
        command.commit(repository.plan("1.0.0"), repository.path)
    repository.release("1.0.0")
    assert repository.git("status", "--porcelain") == ""


@pytest.mark.parametrize("moment", ["the changelog is written", "all is written", "all is staged", "it is committed"])
def test_one_that_was_killed_is_gone_on_with(repository, moment):
    release = repository.plan("1.0.0")
    if moment == "it is committed":
        command.commit(release, repository.path)
    else:
        texts = state.new_texts("1.0.0", "", "2020-02-02", repository.path)  # of an earlier day
        for name in ["CHANGELOG.md"] if moment == "the changelog is written" else list(texts):
            (repository.path / name).write_text(texts[name])
        if moment == "all is staged":
            repository.git("add", "--all")
    again = repository.plan("1.0.0")
    assert again.committed is (moment == "it is committed")
    assert (again.entries, again.before) == (release.entries, "")
    repository.release("1.0.0")
    assert repository.git("log", "--format=%s").split("\n") == ["Release 1.0.0", "change"]
    assert repository.git("tag") == "v1.0.0"


@pytest.mark.parametrize("name", ["code.py", "CHANGELOG.md", "VERSION"])
def test_a_release_commit_that_was_amended_is_not_tagged_unchecked_and_the_way_out_works(repository, name):
    command.commit(repository.plan("1.0.0"), repository.path)
    file = repository.path / name
    file.write_text((file.read_text() if file.exists() else "") + "- mine\n")
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "--amend", "--no-edit")
    says = "also holds" if name == "code.py" else "has another"
    with pytest.raises(ValueError, match=f"must hold what a release writes and no more, but it {says} {name};"):
        repository.plan("1.0.0")
    repository.git("reset", "--soft", "HEAD^")
    repository.git("checkout", "HEAD", "--", "CHANGELOG.md", "VERSION")
    repository.git("commit", "--quiet", "--allow-empty", "--message", "what is left")
    repository.checked(**dict.fromkeys(NEEDED, "passed"))
    repository.release("1.0.0")
    assert (repository.path / "code.py").exists() is (name == "code.py")


def test_a_commit_that_is_only_called_like_a_release_is_none(repository):
    repository.git("commit", "--quiet", "--allow-empty", "--message", "Release 1.0.0")
    with pytest.raises(ValueError, match=r"but it has another CHANGELOG.md, VERSION;"):
        repository.plan("1.0.0")


@pytest.mark.parametrize("moment", ["before the commit", "before the tag"])
@pytest.mark.parametrize("change", ["a file", "a commit"])
def test_what_comes_between_is_never_tagged(repository, monkeypatch, moment, change):
    def work(*_):
        (repository.path / "code.py").write_text("unchecked")
        if change == "a commit":
            repository.git("add", "--all")
            repository.git("commit", "--quiet", "--message", "unchecked")

    release = repository.plan("1.0.0")
    if moment == "before the commit":
        work()
    else:
        monkeypatch.setattr(command, "build", work)
    with pytest.raises(ValueError, match=f"but {'has changes' if change == 'a file' else 'is at [0-9a-f]{12}'} by now"):
        command.make(release, repository.path)
    assert repository.git("tag") == ""
    assert ("Release 1.0.0" in repository.git("log", "--format=%s")) is (moment == "before the tag")


def test_the_tag_is_of_the_release_commit_also_where_head_has_moved_last(repository, monkeypatch):
    monkeypatch.setattr(command, "must_still_be", lambda commit, root: None)
    monkeypatch.setattr(
        command, "build", lambda *_: repository.git("commit", "--quiet", "--allow-empty", "--message", "later")
    )
    repository.release("1.0.0")
    assert repository.git("log", "-1", "--format=%s", "v1.0.0") == "Release 1.0.0"


def failed(repository, monkeypatch):
    """A release whose build fails after its commit."""

    def build(*_):
        raise subprocess.CalledProcessError(1, ["docker"])

    with monkeypatch.context() as failing, pytest.raises(subprocess.CalledProcessError):
        failing.setattr(command, "build", build)
        command.make(repository.plan("1.0.0"), repository.path)


def test_what_is_said_after_a_failed_build_leads_to_a_release_with_the_mended_file(repository, monkeypatch):
    assert command.way_out("1.0.0", repository.path) == "mend it, then type it again"
    failed(repository, monkeypatch)
    (words,) = re.findall(r"git (reset --keep HEAD\^)", command.way_out("1.0.0", repository.path))
    repository.git(*words.split())
    (repository.path / "code.py").write_text("mended")
    repository.commit((repository.path / "CHANGELOG.md").read_text())
    repository.release("1.0.0")
    assert repository.git("log", "--format=%s", "v1.0.0").split("\n") == ["Release 1.0.0", "change", "change"]


def test_one_that_was_mended_above_its_commit_says_how_to_go_on(repository, monkeypatch):
    failed(repository, monkeypatch)
    (repository.path / "code.py").write_text("mended")
    repository.commit((repository.path / "CHANGELOG.md").read_text())
    with pytest.raises(ValueError, match="has 1.0.0 already") as refused:
        repository.plan("1.0.0")
    repository.git(*re.search(r"git (rebase --onto \w+\^ \w+),", str(refused.value))[1].split())
    repository.checked(**dict.fromkeys(NEEDED, "passed"))
    repository.release("1.0.0")
    assert repository.git("log", "--format=%s", "v1.0.0").split("\n") == ["Release 1.0.0", "change", "change"]
    assert "mended" in repository.git("show", "v1.0.0:code.py")


def test_what_somebody_else_wrote_into_the_changelog_meanwhile_stays(repository):
    texts = state.new_texts("1.0.0", "", "2020-02-02", repository.path)
    (repository.path / "CHANGELOG.md").write_text(texts["CHANGELOG.md"] + "- Mine.\n")
    with pytest.raises(ValueError, match="CHANGELOG.md differ"):
        repository.plan("1.0.0")
    assert "- Mine." in (repository.path / "CHANGELOG.md").read_text()


def test_links_lead_to_the_repositorys_page_where_there_is_one():
    first = cut(ONE, "1.0.0", "2026-01-01", "https://git.example/m", "")
    assert first.endswith(
        "\n\n[Unreleased]: https://git.example/m/compare/v1.0.0...HEAD\n[1.0.0]: https://git.example/m/tree/v1.0.0\n"
    )
    second = cut(
        first.replace("[Unreleased]\n", "[Unreleased]\n\n- More.\n", 1),
        "1.1.0",
        "2026-02-01",
        "https://git.example/m",
        "1.0.0",
    )
    assert second.count("[Unreleased]: ") == 1
    assert (
        "[1.1.0]: https://git.example/m/compare/v1.0.0...v1.1.0\n[1.0.0]: https://git.example/m/tree/v1.0.0\n" in second
    )
    assert unreleased(second) == []
    assert "]: " not in cut(ONE, "1.0.0", "2026-01-01", "", "")


def test_versions_compare_as_numbers():
    assert numbers("1.10.0") > numbers("1.9.9")


def test_the_changelog_of_this_repository_can_be_cut():
    text = (ROOT / "CHANGELOG.md").read_text()
    last = max(released(text), key=numbers, default="0.0.0")
    assert (ROOT / "VERSION").read_text() == f"{last}\n"
    after = cut(text, "99.0.0", "2026-01-01", "", last)
    assert next(iter(released(after))) == "99.0.0"
    assert unreleased(after) == []


def test_a_damaged_record_of_checks_is_none(repository):
    tree = records.clean_tree(repository.path)
    (repository.path / ".checks" / tree).write_text("{")
    assert records.read(repository.path, tree) == {}


def test_what_is_shown_names_the_checks_that_take_hours(repository):
    repository.checked(machines="failed")
    text = command.shown(repository.plan("1.0.0"), ("machines", "others"))
    assert "2 passed on this state; asked for by name only: machines: failed, others: not run" in text
    assert "CHANGELOG.md and VERSION, 2 entries" in text
    assert "nothing is pushed" in text


def test_all_suites_but_those_that_take_hours_are_needed():
    must, long = command.needed()
    assert long == ("machines",)
    assert {"contract", "docs", "end-to-end", "conformance", "growth"} <= {*must}
