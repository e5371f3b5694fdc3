"""Datasets as a writer and a reader see them: contract.datasets.publish and contract.datasets.dataset together."""

import os
import shutil
import subprocess
import sys
import textwrap
import time

import msgspec
import pyarrow as pa
import pytest

from contract.datasets import dataset as module
from contract.datasets import publish, staging
from contract.datasets.dataset import Dataset, current
from contract.datasets.manifest import Input, read_manifest
from contract.datasets.observed import Observed
from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.datasets.staging import sweep
from contract.errors import DataError, MissingInput

ROWS = pa.table({"id": [1, 2, 3], "word": ["a", None, "c"]})


def recipe(**changes):
    made_from = {"step": "train", "day": "2026-01-01", "code": "c0de", "settings": {"a": 1}}
    return Recipe(**made_from | changes)


def write(path, rows=ROWS, made_from=None, **options):
    with DatasetWriter(path, **options) as writer:
        writer.write(rows)
        return writer.publish(made_from or recipe(), counts={"rows_out": rows.num_rows}, run={"created_at": "now"})


def names(path):
    return sorted(file.name for file in path.iterdir())


def test_what_was_written_is_read_again(tmp_path):
    write(tmp_path / "d")
    dataset = Dataset.open(tmp_path / "d")
    assert pa.Table.from_batches(dataset.batches()).equals(ROWS)
    assert pa.Table.from_batches(dataset.batches(["word"], batch_rows=2)).column_names == ["word"]
    assert dataset.rows() == 3
    assert [(field.name, field.type) for field in dataset.manifest.schema] == [("id", "int64"), ("word", "string")]


def test_texts_that_lie_as_a_dictionary_come_as_one_when_asked_and_no_batch_is_cut_for_it(tmp_path):
    rows = pa.table({"id": [f"c{number}" for number in range(2000)], "word": ["a", None, "c", "a"] * 500})
    with DatasetWriter(tmp_path / "d") as writer:
        for start in (0, 1000):
            writer.write(rows.slice(start, 1000))
        writer.publish(recipe(), counts={}, run={})
    dataset = Dataset.open(tmp_path / "d")
    batches = list(dataset.batches(batch_rows=600, dictionaries=True))
    assert [batch.num_rows for batch in batches] == [600, 400, 600, 400]
    assert [str(field.type) for field in batches[0].schema] == [
        "string",
        "dictionary<values=string, indices=int32, ordered=0>",
    ]
    assert [row for batch in batches for row in batch.to_pylist()] == rows.to_pylist()


def test_what_is_read_twice_is_checked_once(tmp_path, monkeypatch):
    write(tmp_path / "d")
    checked = []
    monkeypatch.setattr(module, "check", lambda path, file: checked.append(file.path))
    dataset = Dataset.open(tmp_path / "d")
    assert len(list(dataset.batches())) == len(list(dataset.batches(["id"]))) == 1
    assert len(checked) == 1
    assert len(list(Dataset.open(tmp_path / "d").batches())) == 1
    assert len(checked) == 2


def test_scratch_is_there_while_a_dataset_is_written_and_gone_when_it_is_published(tmp_path):
    with DatasetWriter(tmp_path / "d") as writer:
        scratch = writer.scratch("keys")
        (scratch / "1").write_bytes(b"x")
        writer.write(ROWS)
        writer.publish(recipe(), counts={}, run={})
        assert scratch.is_dir()
    assert [name[:10] for name in names(tmp_path / "d")] == ["manifest.j", "part-00000"]


def test_the_same_rows_give_the_same_files_and_identity(tmp_path):
    first, second = write(tmp_path / "a"), write(tmp_path / "b")
    assert first.files == second.files
    assert first.identity == second.identity


def test_when_and_where_it_was_made_is_not_part_of_the_identity(tmp_path):
    first = write(tmp_path / "a")
    with DatasetWriter(tmp_path / "b") as writer:
        writer.write(ROWS)
        second = writer.publish(recipe(), counts={"rows_out": 3}, run={"created_at": "later", "image": "sha256:1"})
    assert first.identity == second.identity


@pytest.mark.parametrize(
    "change",
    [{"day": "2026-01-02"}, {"code": "0ther"}, {"settings": {"a": 2}}, {"inputs": (Input("raw/x", "0" * 64),)}],
)
def test_a_dataset_is_current_for_its_own_recipe_alone(tmp_path, change):
    write(tmp_path / "d")
    assert current(tmp_path / "d", recipe()) is not None
    assert current(tmp_path / "d", recipe(**change)) is None


def test_what_a_step_saw_besides_its_inputs_is_noted_and_changes_neither_fingerprint_nor_identity(tmp_path):
    observed = Observed(absent=("raw/2026-01-01/target",), listed={"inbox/2026-01-01": ("a.csv",)})
    first, second = write(tmp_path / "a"), write(tmp_path / "b", made_from=recipe(observed=observed))
    assert (first.identity, first.fingerprint) == (second.identity, second.fingerprint)
    assert msgspec.convert(read_manifest(tmp_path / "b").run["observed"], Observed) == observed
    assert "observed" not in read_manifest(tmp_path / "a").run


def test_many_rows_go_into_several_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(publish, "_PART_ROWS", 4)
    with DatasetWriter(tmp_path / "d") as writer:
        for _ in range(3):
            writer.write(ROWS)
        manifest = writer.publish(recipe(), counts={}, run={})
    assert [file.rows for file in manifest.named("rows")] == [3, 3, 3]
    assert [file.path[:10] for file in manifest.named("rows")] == ["part-00000", "part-00001", "part-00002"]
    assert pa.Table.from_batches(Dataset.open(tmp_path / "d").batches()).num_rows == 9


def test_tables_and_other_files_lie_side_by_side_by_role(tmp_path):
    with DatasetWriter(tmp_path / "d", form="csv") as writer:
        writer.write(ROWS)
        writer.write(ROWS, role="rejected")
        writer.file("card", "card.json").write_text("{}")
        writer.publish(recipe(), counts={}, run={})
    dataset = Dataset.open(tmp_path / "d")
    assert dataset.file("card").read_text() == "{}"
    assert dataset.file("rows").read_text() == '"id","word"\n1,"a"\n2,\n3,"c"\n'
    assert dataset.rows("rejected") == 3
    with pytest.raises(DataError, match="must have one file with the role 'model', got 0"):
        dataset.file("model")


def test_what_is_sealed_has_its_identity_before_anything_can_be_seen(tmp_path):
    with DatasetWriter(tmp_path / "d") as writer:
        writer.write(ROWS)
        sealed = writer.seal(recipe(), counts={"rows_out": 3})
        assert [name for name in names(tmp_path / "d") if not name.startswith(".")] == []
        committed = writer.commit(sealed, run={"created_at": "now"})
    assert committed.identity == sealed.identity == write(tmp_path / "e").identity
    assert current(tmp_path / "d", recipe()) == committed


def test_a_failure_before_publishing_leaves_no_trace(tmp_path):
    with pytest.raises(ZeroDivisionError), DatasetWriter(tmp_path / "d") as writer:
        writer.write(ROWS)
        raise ZeroDivisionError
    assert not (tmp_path / "d").exists()


def test_leaving_a_writer_without_publishing_leaves_no_trace(tmp_path):
    with DatasetWriter(tmp_path / "d"):
        pass
    assert not (tmp_path / "d").exists()


def test_a_failure_while_rewriting_leaves_the_old_dataset(tmp_path):
    write(tmp_path / "d")
    before = {path.name: path.read_bytes() for path in (tmp_path / "d").iterdir()}
    with pytest.raises(ZeroDivisionError), DatasetWriter(tmp_path / "d") as writer:
        writer.write(ROWS)
        raise ZeroDivisionError
    assert {path.name: path.read_bytes() for path in (tmp_path / "d").iterdir()} == before


KILLED = """
    import os, signal, sys
    from pathlib import Path
    import pyarrow as pa
    from contract.datasets import publish, staging
    from contract.datasets.recipe import Recipe

    def kill(*args):
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(publish, sys.argv[2], kill)
    with publish.DatasetWriter(Path(sys.argv[1])) as writer:
        writer.write(pa.table({"id": [7]}))
        writer.publish(Recipe("train", "2026-01-01", "c0de", {"a": 2}), counts={}, run={})
"""


@pytest.mark.parametrize("instant", ["sha256_of", "sync_directory", "encode", "replace_file"])
def test_a_writer_killed_at_any_stage_leaves_the_old_dataset_and_the_next_one_sweeps(tmp_path, instant):
    write(tmp_path / "d")
    program = [sys.executable, "-c", textwrap.dedent(KILLED), str(tmp_path / "d"), instant]
    assert subprocess.run(program, check=False, env=os.environ).returncode == -9
    assert current(tmp_path / "d", recipe()) is not None
    write(tmp_path / "d", made_from=recipe(settings={"a": 2}))
    assert current(tmp_path / "d", recipe(settings={"a": 2})) is not None
    assert not [name for name in names(tmp_path / "d") if name.startswith(".")]


def test_a_reader_of_the_old_manifest_finds_its_parts_for_a_day(tmp_path):
    write(tmp_path / "d")
    reader = Dataset.open(tmp_path / "d")
    write(tmp_path / "d", pa.table({"id": [9]}), recipe(settings={"a": 2}))
    assert pa.Table.from_batches(reader.batches()).equals(ROWS)
    old = time.time() - staging._GRACE_SECONDS - 1
    os.utime(reader.path / reader.manifest.files[0].path, (old, old))
    assert [path.name for path in sweep(tmp_path / "d")] == [reader.manifest.files[0].path]
    assert Dataset.open(tmp_path / "d").rows() == 1


def test_a_file_that_no_writer_made_stays_however_old(tmp_path):
    write(tmp_path / "d")
    for name in ("notes.txt", "part-00000.parquet", "my-copy-of-part-0123.csv", ".hidden"):
        (tmp_path / "d" / name).write_text("mine")
        os.utime(tmp_path / "d" / name, (0, 0))
    assert sweep(tmp_path / "d") == []
    write(tmp_path / "d", made_from=recipe(settings={"a": 2}))
    assert (tmp_path / "d" / "notes.txt").read_text() == "mine"


def test_files_that_others_point_to_are_kept_when_asked(tmp_path):
    first = write(tmp_path / "d")
    old = time.time() - staging._GRACE_SECONDS - 1
    os.utime(tmp_path / "d" / first.files[0].path, (old, old))
    write(tmp_path / "d", pa.table({"id": [9]}), recipe(settings={"a": 2}), keep_superseded=True)
    assert first.files[0].path in names(tmp_path / "d")


def test_the_staging_of_a_living_writer_is_not_swept(tmp_path):
    with DatasetWriter(tmp_path / "d") as writer:
        writer.write(ROWS)
        assert sweep(tmp_path / "d") == []
        writer.publish(recipe(), counts={}, run={})
    assert Dataset.open(tmp_path / "d").rows() == 3


def damage_flip(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (damage_flip, "must have sha256"),
        (lambda path: path.write_bytes(path.read_bytes()[:-1]), "bytes by its manifest, got"),
        (lambda path: path.unlink(), "the manifest names it, but it is not there"),
    ],
)
def test_a_damaged_part_is_named_and_not_current(tmp_path, damage, message):
    manifest = write(tmp_path / "d")
    damage(tmp_path / "d" / manifest.files[0].path)
    with pytest.raises(DataError, match=message):
        list(Dataset.open(tmp_path / "d").batches())
    assert current(tmp_path / "d", recipe()) is None


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format": 2}', b"\xff"])
def test_a_damaged_manifest_is_named_and_written_anew(tmp_path, content):
    write(tmp_path / "d")
    (tmp_path / "d" / "manifest.json").write_bytes(content)
    with pytest.raises(DataError, match="manifest.json: not a manifest"):
        Dataset.open(tmp_path / "d")
    assert current(tmp_path / "d", recipe()) is None
    write(tmp_path / "d")
    assert current(tmp_path / "d", recipe()) is not None


def test_a_dataset_that_is_not_there_is_a_missing_input(tmp_path):
    with pytest.raises(MissingInput, match="manifest.json: not there"):
        Dataset.open(tmp_path / "d")


def test_an_input_is_named_from_the_root_by_its_identity(tmp_path):
    manifest = write(tmp_path / "raw" / "d")
    moved = shutil.copytree(tmp_path / "raw", tmp_path / "other" / "raw")
    assert Dataset.open(moved / "d").as_input(tmp_path / "other") == Input("raw/d", manifest.identity)
