"""A step that is killed or stopped in the middle leaves the old dataset or none, never a half."""

import hashlib
import json
import shutil

import pytest
from chain import DAY, WRITES, contents, hidden, replaced
from images import give_to_owner, run

# starts the step, waits until a path is there (or some seconds), sends it a signal, tells how it ended
SIGNAL = """
import glob, json, subprocess, sys, time
step, signal, pattern, patience, *args = sys.argv[1:]
process = subprocess.Popen([sys.executable, "-m", step, *args])
start = time.monotonic()
while process.poll() is None and not glob.glob(pattern) and time.monotonic() - start < float(patience):
    time.sleep(0.0002)
alive, sent = process.poll() is None, time.monotonic()
process.send_signal(int(signal))
code = process.wait()
print(json.dumps({"alive": alive, "code": code, "seconds": time.monotonic() - sent}))
"""
KILL, TERM = "9", "15"


TRIES = 5


def signalled(step, signal, pattern, root, config, *args, patience=60, missed=lambda ended, root: not ended["alive"]):
    """The end of a step that a signal hit, and its data root.

    A step may be done before the signal comes, when the machine is busy: then once more, on a fresh copy of the root.
    """
    words = [step, signal, f"/data/{pattern}", str(patience), "--day", DAY, *args]
    for number in range(TRIES):
        copy = give_to_owner(shutil.copytree(root, root.with_name(f"try-{number}")))
        ended = run(step, *words, data=copy, config=config, python=SIGNAL)
        assert ended.code == 0, ended.err
        report = json.loads(ended.out.splitlines()[-1])
        if not missed(report, copy):
            return report, copy
    pytest.fail(f"{step} was done before the signal in {TRIES} tries: {report}")


def whole(root, dataset):
    """Whether the dataset's manifest is there and every file that it names is as it says."""
    path = root / dataset / "manifest.json"
    if not path.exists():
        return False
    for file in json.loads(path.read_text())["files"]:
        assert hashlib.sha256((root / dataset / file["path"]).read_bytes()).hexdigest() == file["sha256"]
    return True


def unfinished(root):
    """Staging directories; a manifest that was not renamed any more is a file, and is swept with old parts."""
    return [name for name in hidden(root) if "/.staging-" in name]


@pytest.mark.parametrize("moment", [".staging-*/*", "*-????????????.*"], ids=["writing", "before the manifest"])
def test_killed_in_its_first_run_it_leaves_no_dataset_and_the_next_run_cleans_up(step, before, config, moment):
    dataset = WRITES[step][-1]
    ended, before = signalled(
        step, KILL, f"{dataset}/{moment}", before, config,
        missed=lambda ended, root: not ended["alive"] or whole(root, dataset),
    )  # fmt: skip
    assert ended["code"] == -9
    again = run(step, "--day", DAY, data=before, config=config)
    assert again.code == 0, again.err
    assert all(whole(before, dataset) for dataset in WRITES[step])
    assert unfinished(before) == []


def test_killed_while_it_writes_again_it_leaves_the_old_dataset(step, after, config):
    old = contents(after, step)
    ended, after = signalled(step, KILL, f"{WRITES[step][-1]}/.staging-*/*", after, config, "--force")
    assert ended["code"] == -9
    left = contents(after, step)
    assert {name: left[name] for name in old if name.startswith(WRITES[step][-1])} == {
        name: old[name] for name in old if name.startswith(WRITES[step][-1])
    }
    assert all(whole(after, dataset) for dataset in WRITES[step])
    assert run(step, "--day", DAY, data=after, config=config).code == 0
    assert unfinished(after) == []


def test_stopped_it_ends_within_five_seconds_and_leaves_nothing(step, before, config, tmp_path):
    # long enough to be in the middle of a fit: train writes only when that is done
    text = replaced(config.read_text(), "max_iter = 10,", "max_iter = 1000000,") if step == "train" else ""
    slow = tmp_path / "slow.toml"
    slow.write_text(text or config.read_text())
    dataset = WRITES[step][-1]
    ended, before = signalled(
        step, TERM, f"{dataset}/.staging-*/*", before, slow, patience=6, missed=lambda ended, root: ended["code"] == 0
    )
    assert ended["code"] == 143
    assert ended["seconds"] < 5
    assert not whole(before, dataset)
    assert hidden(before) == []
