import pytest

from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.errors import DataError, MissingInput
from contract.models.champion import Champion, read_champion, write_champion

CHAMPION = Champion(
    day="2026-01-05", file="models/2026-01-05/model-0.joblib", sha256="0" * 64, manifest="1" * 64, sklearn="1.9.1", version="3"
)  # fmt: skip


def test_the_pointer_is_read_as_it_was_written(tmp_path):
    write_champion(tmp_path / "models" / "champion.json", CHAMPION)
    assert read_champion(tmp_path / "models" / "champion.json") == CHAMPION
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["champion.json"]


def test_the_registrys_tags_alone_are_enough(tmp_path):
    assert Champion.from_tags(CHAMPION.tags() | {"other": "tag"}, "3") == CHAMPION


def test_a_version_without_our_tags_is_refused():
    with pytest.raises(DataError, match="registry: version 7 must carry the tags manifest, sha256"):
        Champion.from_tags({"day": "2026-01-05", "file": "f", "sklearn": "1"}, "7")


def test_no_champion_yet_is_a_missing_input(tmp_path):
    with pytest.raises(MissingInput, match="no champion yet; run train and validate"):
        read_champion(tmp_path / "champion.json")


def test_a_damaged_pointer_is_named(tmp_path):
    (tmp_path / "champion.json").write_text('{"day": 3}')
    with pytest.raises(DataError, match="champion.json: not a champion pointer"):
        read_champion(tmp_path / "champion.json")


def test_a_models_manifest_tells_all_that_the_pointer_needs(tmp_path):
    with DatasetWriter(tmp_path / "models" / "2026-01-05") as writer:
        writer.file("model", "model.joblib").write_bytes(b"weights")
        sealed = writer.seal(Recipe("train", "2026-01-05", "c0de", {}), counts={}, notes={"sklearn": "1.9.1"})
        manifest = writer.commit(sealed, run={"version": "3"})
    champion = Champion.of("models/2026-01-05", manifest)
    assert (tmp_path / champion.file).read_bytes() == b"weights"
    assert (champion.manifest, champion.version, champion.sklearn) == (sealed.identity, "3", "1.9.1")
