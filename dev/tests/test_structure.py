"""What the house rules say about every package: no circle of imports, no large module, no crowded folder."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest
from checkout.steps import steps

ROOT = Path(__file__).parents[2]
HOMES = (
    "libs/contract",
    "libs/analysis",
    *(f"services/{step}" for step in steps()),
    "airflow",
    "infra/socket-proxy",
    "infra/mlflow",
)
PACKAGES = [path.parent for home in HOMES for path in (ROOT / home).glob("*/__init__.py")]
MOST_LINES = 220
MOST_MODULES = 13
STEPS = ("generate", "preprocess", "train", "validate", "predict")


def every_package(test):
    return pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.name)(test)


def modules(package):
    """Each module's dotted name and its file."""
    for path in sorted(package.rglob("*.py")):
        parts = path.relative_to(package.parent).with_suffix("").parts
        yield ".".join(parts[:-1] if parts[-1] == "__init__" else parts), path


def imports(tree, known):
    """The modules of the package that a module imports, at its top or in a function; not those for types alone."""
    names = set()
    nodes = [tree]
    while nodes:
        node = nodes.pop()
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test):
            nodes += node.orelse
            continue
        nodes += ast.iter_child_nodes(node)
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            # `from package import module` is an import of the module, `from module import name` of the module that has it
            names |= {
                dotted if (dotted := f"{node.module}.{alias.name}") in known else node.module for alias in node.names
            }
    return names & known


def circles(graph):
    """The modules from which an import leads back to themselves."""

    def reached(start):
        seen, open_ = set(), [start]
        while open_:
            for name in graph[open_.pop()] - seen:
                seen.add(name)
                open_.append(name)
        return seen

    return sorted(name for name in graph if name in reached(name))


def test_all_packages_are_looked_at():
    names = {package.name for package in PACKAGES}
    assert names == {*steps(), "contract", "analysis", "microstep_airflow", "microstep_mlflow", "socket_proxy"}


@every_package
def test_no_module_imports_itself_through_others(package):
    sources = dict(modules(package))
    assert circles({name: imports(ast.parse(path.read_text()), set(sources)) for name, path in sources.items()}) == []


def test_a_circle_is_seen_however_it_is_closed():
    known = {"p.a", "p.b", "p.c"}
    source = {
        "p.a": "from p import b",
        "p.b": "def work():\n    from p.c import x",
        "p.c": "from typing import TYPE_CHECKING\nimport p.a",
    }
    assert circles({name: imports(ast.parse(text), known) for name, text in source.items()}) == sorted(known)
    source["p.c"] = "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import p.a"
    assert circles({name: imports(ast.parse(text), known) for name, text in source.items()}) == []


@every_package
def test_no_module_is_too_long_to_read_at_once(package):
    lengths = {name: len(path.read_text().splitlines()) for name, path in modules(package)}
    assert {name: lines for name, lines in lengths.items() if lines > MOST_LINES} == {}


@every_package
def test_no_folder_is_crowded(package):
    folders = {path.parent for _, path in modules(package)}
    counts = {
        folder.relative_to(ROOT).as_posix(): len([path for path in folder.glob("*.py") if path.stem[:2] != "__"])
        for folder in folders
    }
    assert {folder: count for folder, count in counts.items() if count > MOST_MODULES} == {}


def texts(path):
    """Every text in a file's code, and every collection of texts as one."""
    for node in ast.walk(ast.parse(path.read_text())):
        match node:
            case ast.Constant(value=str(text)):
                yield tuple(re.findall(r"[a-z]+", text)) if text.count(" ") + text.count("|") < 8 else ()
            case ast.Tuple(elts=parts) | ast.List(elts=parts) | ast.Set(elts=parts):
                yield tuple(part.value for part in parts if isinstance(part, ast.Constant))


def test_the_steps_that_tools_without_packages_spell_out_are_the_contracts():
    """Who can import it takes `contract.layout.STEPS`; tools, benches and the socket proxy know no package of ours."""
    files = [
        *ROOT.glob("dev/*.py"),
        ROOT / "dev/test",
        *(path for folder in ("bench", "demo", "infra", "tests") for path in (ROOT / folder).rglob("*.py")),
        Path(__file__),
        ROOT / "ops/checkout/steps.py",
        ROOT / "libs/contract/contract/layout.py",
    ]
    spelled = {
        path.relative_to(ROOT).as_posix(): [name for name in text if name in STEPS]
        for path in files
        for text in texts(path)
        if len({*STEPS} & {*text}) >= 4 and {STEPS[0], STEPS[-1]} <= {*text}  # not a chain that ends before predict
    }
    assert {"ops/checkout/steps.py", "infra/socket-proxy/socket_proxy/rules.py"} <= set(spelled)
    assert {name: found for name, found in spelled.items() if tuple(found) != STEPS} == {}


def test_every_step_that_there_is_may_be_started_and_no_other():
    module = ast.parse((ROOT / "infra/socket-proxy/socket_proxy/rules.py").read_text())
    (may_start,) = [
        ast.literal_eval(node.value)
        for node in module.body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "STEPS"
    ]
    assert sorted(may_start) == sorted(steps())


def test_packages_of_ours_take_the_steps_from_the_contract():
    packages = [package for package in PACKAGES if package.name not in ("socket_proxy", "microstep_mlflow")]
    spelling = {
        name
        for package in packages
        for name, path in modules(package)
        for text in texts(path)
        if set(STEPS) <= set(text)
    }
    assert spelling == {"contract.layout"}


BY_HAND = [path for path in sorted((ROOT / "bench").glob("*.py")) if f"python3 bench/{path.name}" in path.read_text()]


@pytest.mark.parametrize("script", BY_HAND, ids=lambda script: script.stem)
def test_what_is_started_with_plain_python_finds_the_modules_that_it_borrows(script):
    subprocess.run([sys.executable, "-c", f"import {script.stem}"], check=True, cwd=script.parent)
