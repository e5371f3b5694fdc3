"""What an image holds, and what it may do."""

import functools
import json
import re

import pytest
from chain import DAY, LIBRARIES, READS, WRITES
from checkout.steps import added
from images import OWNER, STEPS, inspect, missing, run
from layers import layers, size, stored

PLACES = ("/app", "/root", "/home", "/tmp", "/var/lib/apt/lists")
LIST = """
import json, os, sys
files = [os.path.join(folder, name) for top in sys.argv[1:] for folder, _, names in os.walk(top) for name in names]
print(json.dumps(files))
"""
# runs the step, then tells the sources that it imported and that no bytecode was there for
COMPILED = """
import json, os, runpy, sys
step, *args = sys.argv[1:]
sys.argv = [step, *args]
try:
    runpy.run_module(step, run_name="__main__")
finally:
    loaded = [(m.__file__, m.__cached__) for m in list(sys.modules.values()) if getattr(m, "__cached__", None)]
    print(json.dumps([file for file, cached in loaded if file.endswith(".py") and not os.path.exists(cached)]))
"""

# Megabytes above the base image: in all layers, and in those that no other image has. The second is what an image costs
# beside the others. The first cannot be small: pyarrow and numpy as they are published take 214, scipy, pandas and
# scikit-learn 182 more (docs/decisions/0022-shared-layers.md).
LIMITS = {
    "generate": (260, 50),
    "preprocess": (230, 10),
    "train": (550, 120),
    "validate": (560, 120),
    "predict": (460, 10),
    "airflow": (300, 300),
    "mlflow": (700, 270),  # with matplotlib, which it alone has
    "socket-proxy": (5, 5),
    # as `make step` makes one; what it needs beyond that is stated here, by its name
    **dict.fromkeys(added(), (230, 10)),
}
# the standard library's bytecode, which Debian's Python brings along and the official image does not: in the lowest
# layer, or in the image's own where it has no other
LIBRARY = 20


@functools.cache
def all_files(step):
    return json.loads(run(step, *PLACES, python=LIST, user=(0, 0)).out)


def files(step, *tops):
    assert set(tops) <= set(PLACES)
    return [path for path in all_files(step) if path.startswith(tuple(f"{top}/" for top in tops))]


@pytest.fixture(scope="module")
def built():
    """The layers of every image of the house."""
    if absent := [name for name in LIMITS if missing(name)]:
        pytest.skip(f"not built (make build): {', '.join(absent)}")
    return {name: layers(f"microstep-{name}") for name in LIMITS}


@pytest.mark.parametrize("image", LIMITS)
def test_an_image_is_no_larger_than_stated(built, image):
    whole, alone = LIMITS[image]
    assert size(built[image]) <= whole + LIBRARY
    assert size(layer for layer, users in stored(built).values() if users == {image}) <= alone + LIBRARY


def test_what_images_have_alike_is_stored_once(built):
    shared = {
        re.search(r"/mnt/(\w+)\.txt", layer.made_by)[1]: users
        for layer, users in stored(built).values()
        if "/mnt/install /mnt/" in layer.made_by
    }
    assert shared == {
        "arrow": {*STEPS, "mlflow"},
        "models": {"train", "validate", "predict", "mlflow"},
        "plots": {"validate", "predict", "mlflow"},
    }


def test_the_image_has_a_numeric_user_who_is_not_root(step):
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", inspect(step, "{{.Config.User}}"))


def test_the_image_holds_the_contract_and_the_step_and_no_other_code(step):
    inside = {path.removeprefix("/app/").split("/")[0] for path in files(step, "/app")}
    assert inside == {"contract", step, "requirements.txt"} | LIBRARIES.get(step, {"analysis"})


def test_the_image_holds_no_tests_of_ours_and_no_hidden_files(step):
    inside = files(step, "/app")
    assert f"/app/{step}/__main__.py" in inside
    assert [path for path in inside if re.search(r"/tests?/|/test_|/conftest|/\.", path)] == []


def test_the_image_holds_no_caches_and_nothing_in_its_scratch_places(step):
    left = files(step, *PLACES[1:])
    assert [path for path in left if not re.search(r"/\.(bashrc|profile|bash_logout)$", path)] == []


def test_the_image_holds_no_secret_in_its_variables(step):
    variables = json.loads(inspect(step, "{{json .Config.Env}}"))
    assert "PYTHONPATH=/app" in variables
    assert [
        variable for variable in variables if re.search(r"(?i)password|secret|token|credential|://[^/]*@", variable)
    ] == []


def test_the_code_in_the_image_is_compiled_already(step):
    assert any(re.search(rf"/app/{step}/__pycache__/__main__\..*\.pyc$", path) for path in files(step, "/app"))


def test_nothing_that_the_step_imports_is_compiled_in_a_run(step, before, config):
    """Its packages as well: each run would pay for it again."""
    ended = run(step, step, "--day", DAY, data=before, config=config, python=COMPILED)
    assert ended.code == 0, ended.err
    assert json.loads(ended.out.splitlines()[-1]) == []


def test_what_a_step_writes_belongs_to_the_owner_of_the_data_root(step, before, config):
    assert run(step, "--day", DAY, data=before, config=config).code == 0
    written = [path for dataset in WRITES[step] for path in (before / dataset, *(before / dataset).rglob("*"))]
    assert len(written) > len(WRITES[step])
    assert {(path.stat().st_uid, path.stat().st_gid) for path in written} == {OWNER}


def test_a_step_needs_to_write_nothing_but_its_output(step, before, config):
    """The root file system is read-only in every run here; now the inputs are, too."""
    mounts = [f"{before}:/data", *(f"{before / name}:/data/{name}:ro" for name in READS[step])]
    if step == "predict":  # it must not touch the pointer either, and models/ holds nothing of its own
        mounts.append(f"{before / 'ledger.jsonl'}:/data/ledger.jsonl:ro")
    ended = run(step, "--day", DAY, mounts=mounts, config=config)
    assert ended.code == 0, ended.err
