"""What an image holds, and what it may do."""

import functools
import json
import re

from chain import DAY, READS, WRITES
from images import OWNER, inspect, run

PLACES = ("/app", "/root", "/home", "/tmp", "/var/lib/apt/lists")
LIST = """
import json, os, sys
files = [os.path.join(folder, name) for top in sys.argv[1:] for folder, _, names in os.walk(top) for name in names]
print(json.dumps(files))
"""


@functools.cache
def all_files(step):
    return json.loads(run(step, *PLACES, python=LIST, user=(0, 0)).out)


def files(step, *tops):
    assert set(tops) <= set(PLACES)
    return [path for path in all_files(step) if path.startswith(tuple(f"{top}/" for top in tops))]


def test_the_image_has_a_numeric_user_who_is_not_root(step):
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", inspect(step, "{{.Config.User}}"))


def test_the_image_holds_the_contract_and_the_step_and_no_other_code(step):
    inside = {path.removeprefix("/app/").split("/")[0] for path in files(step, "/app")}
    libraries = {"train": {"analysis"}, "validate": {"analysis", "matplotlib"}, "predict": {"analysis", "matplotlib"}}
    # matplotlib: its list of the image's fonts
    assert inside == {"contract", step, "requirements.txt"} | libraries.get(step, set())


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
    assert [each for each in variables if re.search(r"(?i)password|secret|token|credential|://[^/]*@", each)] == []


def test_the_code_in_the_image_is_compiled_already(step):
    assert any(re.search(rf"/app/{step}/__pycache__/__main__\..*\.pyc$", path) for path in files(step, "/app"))


def test_what_a_step_writes_belongs_to_the_owner_of_the_data_root(step, before, config):
    assert run(step, "--day", DAY, data=before, config=config).code == 0
    written = [path for dataset in WRITES[step] for path in (before / dataset, *(before / dataset).rglob("*"))]
    assert len(written) > len(WRITES[step])
    assert {(path.stat().st_uid, path.stat().st_gid) for path in written} == {OWNER}


def test_a_step_needs_to_write_nothing_but_its_output(step, before, config):
    """The root file system is read-only in every run here; now the inputs are, too."""
    mounts = [f"{before}:/data", *(f"{before / each}:/data/{each}:ro" for each in READS[step])]
    if step == "predict":  # it must not touch the pointer either, and models/ holds nothing of its own
        mounts.append(f"{before / 'ledger.jsonl'}:/data/ledger.jsonl:ro")
    ended = run(step, "--day", DAY, mounts=mounts, config=config)
    assert ended.code == 0, ended.err
