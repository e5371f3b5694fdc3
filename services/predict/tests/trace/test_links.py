"""From predictions down to what arrived: whatever was touched is named, and nothing else."""

import hashlib
import re

import pytest
from conftest import put_in_use

from contract.champion import Champion
from contract.dataset import Dataset
from contract.errors import MissingInput
from contract.manifest import Input
from contract.publish import DatasetWriter
from contract.recipe import Recipe
from predict.trace.links import Link, broken, trace, tree


def dataset(path, root, inputs=(), **files):
    with DatasetWriter(path) as writer:
        for name, content in files.items():
            writer.file(name, f"{name}.bin").write_bytes(content)
        writer.publish(Recipe("step", path.name, "c0de", {}, inputs), {}, {"revision": "abc", "image": "sha256:feed"})
    return Dataset.open(path).as_input(root)


def test_a_name_that_commands_a_terminal_is_shown_and_not_obeyed():
    told = tree([Link(depth=1, what="inbox/a\x1b[2J.csv", state="ok", detail="by \u202eme")])
    assert told == "ok        inbox/a\\u001b[2J.csv  by \\u202eme"


@pytest.fixture
def chain(day, model):
    """Inbox → raw → processed → model → predictions, each with what it was made from."""
    layout, root = day.layout, day.root
    for each in ("2026-11-15", "2026-11-16", day.name):
        layout.inbox(each).mkdir(parents=True)
        (layout.inbox(each) / "a.csv").write_text(f"id\n{each}\n")
        arrived = Input(f"inbox/{each}/a.csv", hashlib.sha256((layout.inbox(each) / "a.csv").read_bytes()).hexdigest())
        raw = dataset(layout.raw_data(each), root, (arrived,), data=each.encode())
        if each != day.name:
            dataset(layout.processed(each), root, (raw,), part=each.encode())
    with DatasetWriter(layout.processed(day.name)) as writer:
        writer.write(day.rows(20))
        counts = {"rows_in": 20, "rejected": 0, "rejected_by_rule": {}}
        writer.publish(Recipe("preprocess", day.name, "c0de", {}, (raw,)), counts, {})
    days = tuple(Dataset.open(layout.processed(each)).as_input(root) for each in ("2026-11-15", "2026-11-16"))
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
    found = links(chain)
    assert broken(found) == []
    names = [link.what for link in found]
    assert names[0] == f"predictions/{chain.name}"
    for each in ("2026-11-15", "2026-11-16", chain.name):
        assert f"processed/{each}" in names
        assert f"raw/{each}/data" in names
        assert f"inbox/{each}/a.csv" in names
    told = tree(found)
    assert "MLflow run r1" in told
    assert re.search(r"promoted 20\S+ by validate", told)
    assert "revision abc, image feed" in told


def files(root):
    return [path for path in root.rglob("*") if path.is_file()]


TOUCHED = (
    "predictions",
    "processed/2026-11-22",
    "processed/2026-11-15",
    "raw/2026-11-16",
    "inbox/2026-11-15",
    "models/2026-11-16/model",
)


@pytest.mark.parametrize("place", TOUCHED)
def test_a_flipped_byte_is_named_and_nothing_else(chain, place):
    (path,) = [
        each
        for each in files(chain.root)
        if each.relative_to(chain.root).as_posix().startswith(place) and each.name != "manifest.json"
    ]
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    name = path.relative_to(chain.root).as_posix()
    # the model's file is named twice: by the champion and by its manifest
    assert {(link.what, link.state) for link in broken(links(chain))} == {(name, "changed")}


@pytest.mark.parametrize("place", TOUCHED)
def test_a_file_that_is_gone_is_named_and_nothing_else(chain, place):
    for each in files(chain.root):
        if each.relative_to(chain.root).as_posix().startswith(place) and each.name != "manifest.json":
            each.unlink()
            name = each.relative_to(chain.root).as_posix()
    assert {(link.what, link.state) for link in broken(links(chain))} == {(name, "missing")}


def test_a_day_that_was_processed_again_since_is_changed(chain):
    dataset(chain.layout.processed("2026-11-15"), chain.root, (), part=b"other")
    assert [(link.what, link.state) for link in broken(links(chain))] == [("processed/2026-11-15", "changed")]


def test_a_model_that_was_trained_again_since_is_changed_while_its_file_still_holds(chain):
    with DatasetWriter(chain.layout.model(chain.trained), keep_superseded=True) as writer:
        writer.file("model", "model.joblib").write_bytes(b"another")
        writer.publish(Recipe("train", chain.trained, "c0de", {}), {}, {}, {})
    found = broken(links(chain))
    assert [(link.what, link.state) for link in found] == [(f"models/{chain.trained}", "changed")]
    assert "trained again since" in found[0].detail


def test_a_model_that_no_line_of_the_ledger_put_in_use_is_told(chain):
    chain.layout.ledger.write_text("")
    assert [(link.what, link.state) for link in broken(links(chain))] == [("ledger.jsonl", "missing")]


def test_a_ledger_whose_last_line_was_torn_by_a_crash_still_tells(chain):
    with chain.layout.ledger.open("a") as file:
        file.write('{"when":"2026')
    assert broken(links(chain)) == []


def test_a_ledger_that_was_touched_is_told(chain):
    chain.layout.ledger.write_text(chain.layout.ledger.read_text().replace("better", "worse!"))
    assert [(link.what, link.state) for link in broken(links(chain))] == [("ledger.jsonl", "changed")]


def test_an_unsigned_model_is_told_where_a_signature_is_demanded(chain):
    assert [link.what for link in broken(links(chain, sign=True))] == ["signature"]


def test_another_code_than_this_images_is_told(chain):
    assert "another code than this image's" in tree(trace(chain.layout, chain.name, "other", sign=False))


def test_without_predictions_there_is_nothing_to_trace(day):
    with pytest.raises(MissingInput):
        links(day)
