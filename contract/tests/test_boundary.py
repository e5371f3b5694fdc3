"""The contract stays small: what is in it is used by several parts, and it knows none of them."""

import ast
import subprocess
import sys
from pathlib import Path

import contract

SOURCES = sorted(Path(contract.__file__).parent.glob("*.py"))
ROOT = Path(contract.__file__).parents[2]
FOREIGN = {"generate", "preprocess", "train", "validate", "predict", "airflow", "sklearn", "pandas", "mlflow", "scipy"}
MOST_LINES = 1600


def imports_of(source):
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_it_imports_no_service_and_no_library_of_theirs():
    found = {name.split(".")[0] for source in SOURCES for name in imports_of(source)}
    assert found & FOREIGN == set()
    assert "msgspec" in found


def test_its_size_has_a_limit():
    assert sum(len(source.read_text().splitlines()) for source in SOURCES) <= MOST_LINES


def test_a_step_that_is_up_to_date_imports_nothing_heavy():
    program = "import sys, contract.run, contract.cli, contract.publish; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    assert {"numpy", "pyarrow", "pandas", "sklearn", "tqdm", "pythonjsonlogger"} & set(loaded) == set()
    assert "msgspec" in loaded


def public_names():
    for source in SOURCES:
        for node in ast.parse(source.read_text()).body:
            match node:
                case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                    names = [name]
                case ast.Assign(targets=[ast.Name(id=name)]):
                    names = [name]
                case _:
                    names = []
            yield from ((source, name) for name in names if not name.startswith("_") and name != "log")


def names_used(tree):
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name, ctx=ast.Load()) | ast.Attribute(attr=name) | ast.alias(name=name):
                yield name


def test_every_public_name_has_at_least_two_users():
    """With one user alone, a name belongs to that user; the tests do not count."""
    parts = ("contract/contract", "services", "airflow")
    files = [path for part in parts for path in (ROOT / part).rglob("*.py") if "tests" not in path.parts]
    used = {path: set(names_used(ast.parse(path.read_text()))) for path in files}
    lonely = {}
    for source, name in public_names():
        users = [path.relative_to(ROOT).as_posix() for path, names in used.items() if name in names]
        if len(users) < 2:
            lonely[f"{source.name}: {name}"] = users
    assert lonely == {}
