"""The contract stays small: what is in it is used by several parts, and it knows none of them."""

import ast
import subprocess
import sys
from pathlib import Path

import contract

SOURCES = sorted(Path(contract.__file__).parent.rglob("*.py"))
ROOT = Path(contract.__file__).parents[3]
FOREIGN = {
    "generate",
    "preprocess",
    "train",
    "validate",
    "predict",
    "airflow",
    "sklearn",
    "pandas",
    "mlflow",
    "scipy",
    "analysis",
}
MOST_LINES = 4632


def imports_of(source):
    for node in ast.walk(ast.parse(source.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_it_imports_no_service_and_no_library_of_theirs():
    imported = {name.split(".")[0] for source in SOURCES for name in imports_of(source)}
    assert imported & FOREIGN == set()
    assert "msgspec" in imported


def test_its_size_has_a_limit():
    assert sum(len(source.read_text().splitlines()) for source in SOURCES) <= MOST_LINES


def test_a_step_that_is_up_to_date_imports_nothing_heavy():
    program = "import sys, contract.steps.run, contract.steps.cli, contract.models.registry, contract.models.model_file; print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True).stdout.split()
    # the standard library's: a request by HTTP, or the names for a temporary file, cost as much as the decision
    dear = {"http.client", "importlib.metadata", "random"}
    assert ({"numpy", "pyarrow", "pandas", "sklearn", "tqdm", "pythonjsonlogger"} | dear) & set(loaded) == set()
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


ONE_USER = {
    "CHALLENGER": "the names in the registry stand together",
    "Command": "part of the command line's shape",
    "Costs": "a table within [decision]",
    "GateRefused": "the exit codes' exceptions stand together",
    "Pointer": "the other half of read_pointer",
    "Range": "a table within a candidate's search",
    "ROW_KEY": "the default of Config.key, which messages name",
    "Split": "a part of TrainedFor",
    "TRAINED_FOR": "where Champion.of reads what train writes",
    "signature": "the other half of open_model",
    "BETWEEN_FIRST_TRAININGS": "what lacks is decided in one place",
    "EMPTY": "the markers of the inbox stand together",
    "Lack": "what lacks is decided in one place",
    "SUCCESS": "the markers of the inbox stand together",
    "are_enough": "what lacks is decided in one place",
    "champion_is_usable": "what lacks is decided in one place",
    "first_training_is_due": "what lacks is decided in one place",
    "first_whole_window": "what lacks is decided in one place",
    "inbox_changed": "what lacks is decided in one place",
    "is_due": "what lacks is decided in one place",
    "not_there": "what lacks is decided in one place",
    "overdue": "what lacks is decided in one place",
    "to_generate": "what lacks is decided in one place",
    "to_predict": "what lacks is decided in one place",
    "NotYet": "the exit codes' exceptions stand together",
    "Later": "the exit codes' exceptions stand together",
    "OtherScikitLearn": "one of the ways in which open_model refuses",
    "Unsigned": "another of them",
    "as_text": "what canonical begins with: the value as it is written",
    "inexact": "the values of which canonical has only a part",
    "lock_file": "the half of exclusive_run that knows no step",
    "open_root": "the half of open_run that needs no configuration",
    "read_model": "the half of open_model that opens nothing",
    "parse": "what infer has written must be read as the steps will read it",
    "texts": "what read has decoded, for history to show as it is",
    "text_of": "the configuration is shown as it was read: by whoever keeps a copy of it",
    "write_champion": "the other half of read_champion",
}


def test_every_public_name_is_used_by_two_parts_or_by_the_contract_itself():
    """With one user alone, a name belongs to that user; tests do not count."""
    files = [path for part in ("libs", "services", "airflow") for path in (ROOT / part).rglob("*.py")]
    used = {path: set(names_used(ast.parse(path.read_text()))) for path in files if "tests" not in path.parts}
    lonely = {}
    for source, name in public_names():
        users = [path for path, names in used.items() if name in names and path != source]
        parts = {path.relative_to(ROOT).parts[:2] for path in users if path not in SOURCES}
        if len(parts) < 2 and not set(users) & set(SOURCES) and name not in ONE_USER:
            lonely[f"{source.name}: {name}"] = sorted(parts)
    assert lonely == {}, "\n".join(map(str, lonely.items()))
