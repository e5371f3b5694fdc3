"""The pages say what is true: links lead somewhere, commands exist, tables equal the code."""

import ast
import importlib.util
import json
import re
import shlex
import subprocess
import sys
import tomllib
from pathlib import Path
from types import SimpleNamespace

import pytest
from checkout.steps import FIVE, steps

ROOT = Path(__file__).parents[1]
LISTED = subprocess.run(
    ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
    cwd=ROOT,
    check=True,
    capture_output=True,
    text=True,
).stdout
FILES = sorted({ROOT / name for name in LISTED.split("\0") if name and (ROOT / name).is_file()})
PAGES = [path for path in FILES if path.suffix == ".md"]
STEPS = steps()


def every_page(test):
    return pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())(test)


def code_of(page):
    """What a page shows as code: fenced or indented blocks, and words between backticks, one text each."""
    text = page.read_text()
    blocks = re.findall(r"^```\w*\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    indented = re.findall(
        r"^ {4}(\S.*)$", re.sub(r"^```.*?^```", "", text, flags=re.DOTALL | re.MULTILINE), re.MULTILINE
    )
    words = re.findall(r"`([^`\n]+)`", text)
    return [line for block in blocks for line in re.sub(r"\\\n\s*", "", block).splitlines()] + indented + words


def table_rows(text, first_heading):
    """The rows of the first table whose head begins with a word; a row is its cells."""
    head = re.search(rf"^\| {re.escape(first_heading)} \|.*\n\|[-| ]+\n((?:\|.*\n)+)", text, re.MULTILINE)
    assert head, f"no table that begins with {first_heading!r}"
    return [[cell.strip() for cell in line.strip("|\n").split(" | ")] for line in head[1].splitlines()]


def load(path, name):
    """A module of another part, which must import nothing but the standard library."""
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


def slug(heading):
    """The anchor that a heading gets."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_there_are_pages():
    names = {page.relative_to(ROOT).as_posix() for page in PAGES}
    assert {"README.md", "CONTRIBUTING.md", "CHANGELOG.md", "docs/architecture.md", "libs/contract/README.md"} <= names


@every_page
def test_links_lead_to_files_and_headings_that_exist(page):
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.DOTALL | re.MULTILINE)
    broken = []
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("https://", "http://")):
            continue
        path, _, anchor = target.partition("#")
        file = (page.parent / path).resolve() if path else page
        headings = (
            re.findall(r"^#+ (.+)$", file.read_text(), re.MULTILINE) if file.suffix == ".md" and file.exists() else []
        )
        if not file.exists() or (anchor and anchor not in map(slug, headings)):
            broken.append(target)
    assert broken == []


@pytest.fixture(scope="module")
def targets():
    """What can be typed after `make`."""
    written = set(re.findall(r"^([a-z%-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    usage = subprocess.run([ROOT / "dev/test", "--help"], check=True, capture_output=True, text=True).stdout
    suites = re.search(r"all by default: (.*?)\n\s*\n", usage, re.DOTALL)[1]
    suites = re.sub(r"(?<=-)\s+", "", suites.replace("\n", " ")).split(",")
    benches = {f"bench-{file.stem}" for file in (ROOT / "bench").glob("*.py")}
    parts = {f"test-{suite.strip()}" for suite in suites} | {"test-<part>"}
    return (written - {"test-%", "bench-%"}) | parts | benches


@every_page
def test_every_make_command_has_a_target(page, targets):
    used = {word for code in code_of(page) for word in re.findall(r"(?:^|sudo |\$ )make ([a-z_<>-]+)", code)}
    assert used - targets == set()


@every_page
def test_every_path_of_ours_that_a_page_names_is_there(page):
    folders = (
        "libs/",
        "services/",
        "airflow/",
        "infra/",
        "ops/",
        "dev/",
        "demo/",
        "tests/",
        "docs/",
        ".ci/",
    )
    named = {
        code.removesuffix("/")
        for code in code_of(page)
        if code.startswith(folders) and re.fullmatch(r"[\w./<>-]+", code) and "*" not in code
    }
    missing = []
    for name in named:
        names = [name.replace("<step>", step).replace("<part>", step) for step in STEPS]
        missing += [
            candidate for candidate in names if not any((base / candidate).exists() for base in (ROOT, page.parent))
        ]
    assert missing == []


@every_page
def test_every_option_of_a_step_exists(page):
    """Of `microstep-<step> …` and `docker compose run … <step> …`, on every page."""
    wrong = []
    for code in code_of(page):
        match = re.search(rf"(?:microstep-|docker compose run .*?)({'|'.join(STEPS)})(?: (.*))?$", code)
        if not match or not match[2]:
            continue
        step, words = match[1], shlex.split(re.split(r" [>|#] ", match[2])[0], comments=True)
        known = options_of(words[0]) if words[0] in ("infer", "split") else options_of("step")
        if not words[0].startswith("--"):
            known = known | options_of(step)  # of one of the step's own commands
        wrong += [f"{step}: {word}" for word in words if word.startswith("--") and word.split("=")[0] not in known]
    assert wrong == []


def options_of(command):
    """The options that the source declares with add_argument."""
    own = {
        "step": "libs/contract/contract/steps/options.py",
        "infer": "services/generate/generate/infer/command.py",
        "split": "services/generate/generate/split/command.py",
        "validate": "services/validate/validate/commands.py",
    }
    source = own.get(command, f"services/{command}/{command}/__main__.py")
    calls = (node for node in ast.walk(ast.parse((ROOT / source).read_text())) if isinstance(node, ast.Call))
    options = {
        call.args[0].value
        for call in calls
        if isinstance(call.func, ast.Attribute)
        and call.func.attr == "add_argument"
        and isinstance(call.args[0], ast.Constant)
    }
    assert options or command in STEPS
    return options | {"--help"}


@pytest.fixture(scope="module")
def sources():
    """All that is not a page, as one text."""
    return "".join(path.read_text(errors="replace") for path in FILES if path.suffix not in (".md", ".txt"))


@every_page
def test_every_variable_that_a_page_names_is_used_somewhere(page, sources):
    named = set(re.findall(r"\bMICROSTEP_[A-Z_]+\b", page.read_text()))
    assert {name for name in named if name not in sources} == set()


def test_the_readmes_table_of_the_data_flow_is_the_one_in_the_code():
    """The task of a step besides the five need not be in it: its place in a DAG is one line there."""
    code = load(ROOT / "airflow/microstep_airflow/steps.py", "steps_of_airflow")
    layout = load(ROOT / "libs/contract/contract/layout.py", "layout").Layout(Path())

    def path(name, step):
        return code.path_of(name, step, "<day>", layout).as_posix()

    written = {}
    for name, reads, writes, tasks in table_rows((ROOT / "README.md").read_text(), "step"):
        step = re.search(r"\w+", name)[0]
        written[step] = tuple(set(re.findall(r"`([^`]+)`", cell)) for cell in (reads, writes, tasks))
    declared = {
        name: (
            {path(dataset, name) for dataset in (*step.reads, *step.may_read)},
            {path(dataset, name) for dataset in step.writes},
            {f"{dag}.{task}" for dag, task in tasks_in_dags() if task == name and (name in FIVE or written[name][2])},
        )
        for name, step in code.STEPS.items()
    }
    assert written == declared


def tasks_in_dags():
    """Each DAG with each step that its file declares."""
    for file in sorted((ROOT / "airflow/dags").glob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
                continue
            if node.func.attr.startswith("step"):
                yield file.stem, node.args[0].value
            # what is done for each day of a run
            named = {keyword.arg: keyword.value for keyword in node.keywords}
            if node.func.attr == "each_day":
                yield from ((file.stem, name.value) for name in named["steps"].elts)


def sections():
    """The tables of pipeline.toml with keys and defaults, read from the source as text."""
    names = {
        "Pipeline": "pipeline", "Synthetic": "source", "Files": "source", "Sql": "source", "Table": "table",
        "Column": "columns.NAME", "Candidate": "training.candidates", "Encode": "training.candidates.encode",
        "Training": "training", "Gate": "gate",
        "Decision": "decision", "Drift": "drift", "Predictions": "predictions", "Schedule": "schedule",
        "Alerts": "alerts",
    }  # fmt: skip
    sources = [ROOT / f"libs/contract/contract/config/{name}.py" for name in ("source", "data", "model")]
    for node in (node for source in sources for node in ast.parse(source.read_text()).body):
        bases = [base.id for base in node.bases if isinstance(base, ast.Name)] if isinstance(node, ast.ClassDef) else []
        if "Section" not in bases and getattr(node, "name", None) not in names:
            continue
        for field in node.body:
            # a table within has its own keys
            within = (
                isinstance(getattr(field, "value", None), ast.Call) and getattr(field.value.func, "id", "") in names
            )
            if isinstance(field, ast.AnnAssign) and not within:
                yield f"{names[node.name]}.{field.target.id}", default_of(field.value)


def default_of(value):
    """What a field of a class is when it is not given."""
    match value:
        case None:
            return SimpleNamespace()
        case ast.Call(keywords=[ast.keyword(arg="default_factory", value=ast.Name(id="dict"))]):
            return {}
        case _:
            return ast.literal_eval(value)


def test_the_configuration_page_has_every_key_with_its_default_and_no_other():
    page = (ROOT / "docs/configuration.md").read_text()
    shown = dict(re.findall(r"^\| `([\w.]+)` \| (.+?) \| .*\|$", page, re.MULTILINE))

    def as_shown(default):
        if isinstance(default, SimpleNamespace):
            return "—"
        if default is None:
            return "*none*"
        if isinstance(default, bool):
            return f"`{str(default).lower()}`"  # as TOML writes it
        text = repr(list(default) if isinstance(default, tuple) else default)
        return f"`{text}`" if '"' in text else f"`{text}`".replace("'", '"')

    assert shown == {name: as_shown(default) for name, default in sections()}


def test_the_schema_for_editors_has_the_pages_words_of_today():
    python = ROOT / ".venvs" / "generate" / "bin" / "python"
    words = [python, "-c", "import json, pipeline_schema; print(json.dumps(pipeline_schema.schema()))"]
    done = subprocess.run(words, cwd=ROOT / "libs" / "contract", capture_output=True, text=True, check=True)
    assert json.loads((ROOT / "pipeline.schema.json").read_text()) == json.loads(done.stdout), "type: make generated"


def test_the_shipped_configuration_uses_keys_that_the_page_has():
    page = (ROOT / "docs/configuration.md").read_text()
    config = tomllib.loads((ROOT / "pipeline.toml").read_text())
    used = {f"{table}.{key}" for table, values in config.items() if table != "columns" for key in values}
    used |= {f"columns.NAME.{key}" for column in config["columns"].values() for key in column}
    assert {key for key in used if f"`{key}" not in page} == set()
    assert "training.window_days" in used


@pytest.mark.parametrize("page", ["docs/architecture.md"])
def test_the_table_of_exit_codes_is_the_one_in_the_code(page):
    codes = load(ROOT / "libs/contract/contract/errors.py", "errors").ExitCode
    rows = table_rows((ROOT / page).read_text(), "code")
    assert [(int(row[0]), row[1]) for row in rows] == [(code.value, code.meaning) for code in codes]


@every_page
def test_every_exit_code_that_a_page_names_is_one_of_a_step_or_a_signal(page):
    codes = load(ROOT / "libs/contract/contract/errors.py", "errors").ExitCode
    named = {int(code) for code in re.findall(r"\bexits? (?:with )?(\d+)", page.read_text())}
    assert named - {code.value for code in codes} - {128 + number for number in (2, 9, 15)} == set()


def test_exit_codes_are_retried_as_the_page_says():
    codes = load(ROOT / "libs/contract/contract/errors.py", "errors").ExitCode
    source = (ROOT / "airflow/microstep_airflow/operators/exit_codes.py").read_text()
    names = re.findall(r"ExitCode\.(\w+)", re.search(r"MENDED_BY_RETRY = \{(.*?)\}", source)[1])
    rows = table_rows((ROOT / "docs/architecture.md").read_text(), "code")
    assert {int(code) for code, _, does in rows if does.startswith("tries again")} == {codes[name] for name in names}


def names_in(cells):
    """What stands between backticks, one name for each step where a name says `<step>`."""
    names = [name.removesuffix("/") for cell in cells for name in re.findall(r"`([^`]+)`", cell)]
    return {name.replace("<step>", step) for name in names for step in STEPS}


def test_contributing_lists_every_suite_of_the_test_command(targets):
    rows = table_rows((ROOT / "CONTRIBUTING.md").read_text(), "suite")
    suites = {f"test-{name}" for name in names_in(row[0] for row in rows)}
    assert suites == {target for target in targets if target.startswith("test-")} - {"test-<part>"}


def test_contributing_lists_every_folder_at_the_top():
    rows = table_rows((ROOT / "CONTRIBUTING.md").read_text(), "folder")
    tops = {path.relative_to(ROOT).parts[0] for path in FILES if path.parent != ROOT}
    assert {name.split("/")[0] for name in names_in(row[0] for row in rows)} == tops


def test_the_parts_of_the_architecture_are_the_folders_that_there_are():
    rows = table_rows((ROOT / "docs/architecture.md").read_text(), "folder")
    listed = names_in(row[0] for row in rows)
    houses = {"libs", "infra", "services"}
    folders = {path.relative_to(ROOT).parts[:2] for path in FILES}
    inside = {"/".join(parts) for parts in folders if parts[0] in houses}
    others = {"airflow", "ops", "dev", "demo", "tests", "bench"}
    assert listed == inside | others


def test_every_picture_is_on_a_page():
    shown = {
        (page.parent / target).resolve()
        for page in PAGES
        for target in re.findall(r"!\[[^]]*\]\(([^)\s]+)\)", page.read_text())
    }
    assert {path for path in FILES if path.suffix == ".png"} <= shown


DECISIONS = sorted((ROOT / "docs/decisions").glob("[0-9]*.md"))
STATUS = re.compile(r"\*\*Status\.\*\* (Accepted|Superseded by \[(\d{4})\]\(\2-[\w-]+\.md\)) (\d{4}-\d{2}-\d{2})\b")


def test_every_decision_is_numbered_without_a_gap_and_listed_with_title_and_status():
    assert [page.name[:4] for page in DECISIONS] == [f"{number:04d}" for number in range(1, len(DECISIONS) + 1)]
    rows = table_rows((ROOT / "docs/decisions/README.md").read_text(), "number")
    listed = [(number, title, status.partition(";")[0]) for number, title, status in rows]
    pages = [(page, page.read_text()) for page in DECISIONS]
    assert listed == [
        (f"[{page.name[:4]}]({page.name})", text.splitlines()[0][7:], " ".join(STATUS.search(text).group(1, 3)))
        for page, text in pages
    ]


@pytest.mark.parametrize("page", DECISIONS, ids=lambda page: page.stem)
def test_a_decision_has_a_short_title_a_dated_status_context_decision_and_consequences(page):
    lines = page.read_text().splitlines()
    assert re.fullmatch(rf"# {page.name[:4]} .{{1,60}}", lines[0])
    assert STATUS.match(lines[2]), lines[2]
    headings = [number for number, line in enumerate(lines) if line.startswith("## ")]
    assert [lines[number] for number in headings] == ["## Context", "## Decision", "## Consequences"]
    ends = [*headings[1:], len(lines)]
    assert all(any(lines[start + 1 : end]) for start, end in zip(headings, ends, strict=True)), "an empty section"


def test_every_module_of_the_contract_is_in_its_readme():
    listed = {
        name
        for row in table_rows((ROOT / "libs/contract/README.md").read_text(), "module")
        for name in re.findall(r"`(\w+)`", row[0])
    }
    package = ROOT / "libs/contract/contract"
    packages = {path.parent.name for path in package.glob("*/__init__.py")}
    assert listed == packages | {path.stem for path in package.glob("*.py")} - {"__init__"}


@pytest.mark.parametrize("step", STEPS)
def test_every_step_has_a_page_that_is_short(step):
    assert len((ROOT / "services" / step / "README.md").read_text().splitlines()) <= 60


@pytest.fixture(scope="module")
def tests():
    """The names of all tests."""
    written = "".join(path.read_text() for path in FILES if path.name.startswith("test_") and path.suffix == ".py")
    return set(re.findall(r"^\s*def (test_\w+)\(", written, re.MULTILINE))


@pytest.mark.parametrize("page", ["security", "reliability"])
def test_every_test_that_the_page_names_exists(page, tests):
    named = set(re.findall(r"`(test_\w+)`", (ROOT / f"docs/{page}.md").read_text()))
    assert len(named) > 20
    assert named - tests == set()


def test_every_claim_about_security_names_a_test():
    page = (ROOT / "docs/security.md").read_text()
    tables = re.findall(r"^\| claim \| shown by \|\n\|[-| ]+\n((?:\|.*\n)+)", page, re.MULTILINE)
    assert len(tables) >= 7
    for line in (line for table in tables for line in table.splitlines()):
        claim, shown = line.strip("| ").split(" | ")
        assert re.search(r"`test_\w+`", shown), claim
