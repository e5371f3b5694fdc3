"""From predictions down to what arrived: whatever was touched is named, and nothing else."""

import hashlib
import json
import re
import shutil

import pytest
from conftest import put_in_use

from contract.datasets.dataset import Dataset
from contract.datasets.manifest import Input
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.errors import MissingInput
from contract.models.champion import Champion
from predict.trace.links import broken, moved_on, trace
from predict.trace.tree import tree

TRAINING = ("2026-11-15", "2026-11-16")


def dataset(path, root, inputs=(), **files):
    with DatasetWriter(path) as writer:
        for name, content in files.items():
            writer.file(name, f"{name}.bin").write_bytes(content)
        writer.publish(Recipe("step", path.name, "c0de", {}, inputs), {}, {"revision": "abc", "image": "sha256:feed"})
    return Dataset.open(path).as_input(root)


@pytest.fixture
def chain(day, model):
    """Inbox → raw → processed → model → predictions, each with what it was made from."""
    layout, root = day.layout, day.root
    for date in (*TRAINING, day.name):
        file = layout.inbox(date) / "a.csv"
        file.parent.mkdir(parents=True)
        file.write_text(f"id\n{date}\n")
        arrived = Input(f"inbox/{date}/a.csv", hashlib.sha256(file.read_bytes()).hexdigest())
        raw = dataset(layout.raw_data(date), root, (arrived,), data=date.encode())
        if date != day.name:
            dataset(layout.processed(date), root, (raw,), part=date.encode())
    with DatasetWriter(layout.processed(day.name)) as writer:
        writer.write(day.rows(20))
        counts = {"rows_in": 20, "rejected": 0, "rejected_by_rule": {}}
        writer.publish(Recipe("preprocess", day.name, "c0de", {}, (raw,)), counts, {})
    days = tuple(Dataset.open(layout.processed(date)).as_input(root) for date in TRAINING)
    crowned = day.crown(model)
    with DatasetWriter(layout.model(day.trained), keep_superseded=True) as writer:
        (root / crowned.file).rename(writer.file("model", "model.joblib"))
        manifest = writer.publish(
            Recipe("train", day.trained, "c0de", {}, days), {}, {"mlflow_run": "r1"}, {"sklearn": crowned.sklearn}
        )
    champion = Champion.of(f"models/{day.trained}", manifest)
    layout.ledger.unlink()
    put_in_use(layout, champion)
    day.predict()
    return day


def links(day, **options):
    return trace(day.layout, day.name, "c0de", **{"sign": False, **options})


def test_every_link_holds_down_to_the_files_that_arrived(chain):
    whole = links(chain)
    assert broken(whole) == []
    names = [link.subject for link in whole]
    assert names[0] == f"predictions/{chain.name}"
    for date in (*TRAINING, chain.name):
        assert f"processed/{date}" in names
        assert f"raw/{date}/data" in names
        assert f"inbox/{date}/a.csv" in names
    text = tree(whole)
    assert "MLflow run r1" in text
    assert re.search(r"promoted 20\S+ by validate", text)
    assert "revision abc, image feed" in text


def files(root, prefix):
    """Those whose path below the root begins so, without manifests."""
    paths = {path.relative_to(root).as_posix(): path for path in root.rglob("*") if path.is_file()}
    return [path for name, path in paths.items() if name.startswith(prefix) and path.name != "manifest.json"]


TOUCHED = (
    "predictions",
    "processed/2026-11-22",
    "processed/2026-11-15",
    "raw/2026-11-16",
    "models/2026-11-16/model",
)


@pytest.mark.parametrize("prefix", TOUCHED)
def test_a_flipped_byte_is_named_and_nothing_else(chain, prefix):
    (path,) = files(chain.root, prefix)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    name = path.relative_to(chain.root).as_posix()
    # the model's file is named twice: by the champion and by its manifest
    assert {(link.subject, link.state) for link in broken(links(chain))} == {(name, "changed")}


@pytest.mark.parametrize("prefix", TOUCHED)
def test_a_file_that_is_gone_is_named_and_nothing_else(chain, prefix):
    (path,) = files(chain.root, prefix)
    path.unlink()
    name = path.relative_to(chain.root).as_posix()
    assert {(link.subject, link.state) for link in broken(links(chain))} == {(name, "missing")}


def stands(chain, subject, state, words):
    """Nothing is broken, and one link alone is said to be another one by now."""
    whole = links(chain)
    assert broken(whole) == []
    (moved,) = moved_on(whole)
    assert (moved.subject, moved.state) == (subject, state)
    assert words in moved.detail
    assert f"predictions/{chain.name}" in [link.subject for link in whole if link.state == "ok"]


def test_a_day_of_the_window_that_was_processed_again_since_is_said_to_be(chain):
    dataset(chain.layout.processed("2026-11-15"), chain.root, (), part=b"other")
    stands(chain, "processed/2026-11-15", "replaced", "written again since: is ")


def test_labels_that_came_later_are_no_failure(chain):
    labels = dataset(chain.layout.raw_target(chain.name), chain.root, data=b"labels")
    raw = Dataset.open(chain.layout.raw_data(chain.name)).as_input(chain.root)
    dataset(chain.layout.processed(chain.name), chain.root, (raw, labels), part=b"labelled")
    stands(chain, f"processed/{chain.name}", "replaced", "written again since, with labels: is ")


@pytest.mark.parametrize("pruned", ["processed/2026-11-15", "raw/2026-11-16/data", "models/2026-11-16"])
def test_what_was_pruned_is_said_to_be_gone(chain, pruned):
    shutil.rmtree(chain.root / pruned)
    whole = links(chain)
    assert broken(whole) == []
    gone = {link.subject for link in moved_on(whole)}
    assert pruned in gone
    assert gone <= {pruned, *(link.subject for link in whole if link.subject.startswith("models/"))}
    assert "not kept any more, as after prune: was " in tree(whole)


def test_a_file_that_arrived_may_be_another_one_by_now_or_be_taken_away(chain):
    file = chain.layout.inbox("2026-11-15") / "a.csv"
    file.write_text("id,y\n1,no\n")
    stands(chain, "inbox/2026-11-15/a.csv", "replaced", "another file by now: is ")
    file.unlink()
    stands(chain, "inbox/2026-11-15/a.csv", "gone", "not there: was ")


def test_a_model_that_was_trained_again_since_is_said_to_be_while_its_file_still_holds(chain):
    with DatasetWriter(chain.layout.model(chain.trained), keep_superseded=True) as writer:
        writer.file("model", "model.joblib").write_bytes(b"another")
        writer.publish(Recipe("train", chain.trained, "c0de", {}), {}, {}, {})
    stands(chain, f"models/{chain.trained}", "replaced", "trained again since: is ")


def test_predictions_that_do_not_say_by_which_model_are_still_followed_to_their_rows(chain):
    path = chain.layout.predictions(chain.name) / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["notes"]["champion"] = {"name": "of another version"}
    path.write_text(json.dumps(manifest))
    whole = links(chain)
    assert [(link.subject, link.state) for link in broken(whole)] == [("model", "missing")]
    assert f"inbox/{chain.name}/a.csv" in [link.subject for link in whole]


def test_a_manifest_that_is_damaged_is_no_course_of_things(chain):
    (chain.layout.processed("2026-11-15") / "manifest.json").write_text("{")
    assert [(link.subject, link.state) for link in broken(links(chain))] == [("processed/2026-11-15", "changed")]


def test_a_model_that_no_line_of_the_ledger_put_in_use_is_named(chain):
    chain.layout.ledger.write_text("")
    assert [(link.subject, link.state) for link in broken(links(chain))] == [("ledger.jsonl", "missing")]


def test_a_ledger_whose_last_line_was_torn_by_a_crash_is_still_read(chain):
    with chain.layout.ledger.open("a") as file:
        file.write('{"when":"2026')
    assert broken(links(chain)) == []


def test_a_ledger_that_was_touched_is_named(chain):
    chain.layout.ledger.write_text(chain.layout.ledger.read_text().replace("better", "worse!"))
    assert [(link.subject, link.state) for link in broken(links(chain))] == [("ledger.jsonl", "changed")]


def test_an_unsigned_model_is_named_where_a_signature_is_demanded(chain):
    assert [link.subject for link in broken(links(chain, sign=True))] == ["signature"]


def test_another_code_than_this_images_is_named(chain):
    assert "another code than this image's" in tree(trace(chain.layout, chain.name, "other", sign=False))


def test_without_predictions_there_is_nothing_to_trace(day):
    with pytest.raises(MissingInput, match="no predictions of this day; run predict --day 20"):
        links(day)
