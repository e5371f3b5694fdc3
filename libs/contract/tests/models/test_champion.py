import msgspec
import pytest

from contract.datasets.publish import DatasetWriter
from contract.datasets.recipe import Recipe
from contract.errors import DataError, MissingInput
from contract.models.champion import Champion, read_champion, write_champion
from contract.models.trained_for import Split, TrainedFor

CHAMPION = Champion(
    day="2026-01-05", file="models/2026-01-05/model-0.joblib", sha256="0" * 64, manifest="1" * 64, sklearn="1.9.1", version="3"
)  # fmt: skip

SPLIT = Split(key="row_key", group=None, columns={"x": "number"}, test_fraction=0.2)
ABOUT = TrainedFor(
    target="y", task="regression", features={"x": "number"}, split=SPLIT, first="2026-01-01", last="2026-01-04",
    held_out=("2026-01-05",),
)  # fmt: skip


@pytest.fixture(params=[None, ABOUT], ids=["before records", "with a record"])
def champion(request):
    return msgspec.structs.replace(CHAMPION, trained_for=request.param)


def test_the_pointer_is_read_as_it_was_written(tmp_path, champion):
    write_champion(tmp_path / "models" / "champion.json", champion)
    assert read_champion(tmp_path / "models" / "champion.json") == champion
    assert [path.name for path in (tmp_path / "models").iterdir()] == ["champion.json"]


def test_the_registrys_tags_alone_are_enough(champion):
    assert Champion.from_tags(champion.tags() | {"other": "tag"}, "3") == champion


def test_a_record_that_no_tag_can_hold_is_left_to_the_ledger():
    about = msgspec.structs.replace(ABOUT, features={f"column_{number}": "number" for number in range(500)})
    long = msgspec.structs.replace(CHAMPION, trained_for=about)
    assert long.tags() == CHAMPION.tags()


def test_a_damaged_record_among_the_tags_is_named():
    with pytest.raises(DataError, match="version 3: the tag trained_for is damaged"):
        Champion.from_tags(CHAMPION.tags() | {"trained_for": "{"}, "3")


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
    notes = {"sklearn": "1.9.1", "trained_for": msgspec.to_builtins(ABOUT)}
    with DatasetWriter(tmp_path / "models" / "2026-01-05") as writer:
        writer.file("model", "model.joblib").write_bytes(b"weights")
        sealed = writer.seal(Recipe("train", "2026-01-05", "c0de", {}), counts={}, notes=notes)
        manifest = writer.commit(sealed, run={"version": "3"})
    champion = Champion.of("models/2026-01-05", manifest)
    assert (tmp_path / champion.file).read_bytes() == b"weights"
    assert (champion.manifest, champion.version, champion.sklearn) == (sealed.identity, "3", "1.9.1")
    assert champion.trained_for == ABOUT


def test_a_day_is_known_when_its_rows_were_fitted():
    days = ("2025-12-31", "2026-01-01", "2026-01-04", "2026-01-05")
    assert [ABOUT.fitted_on(day) for day in days] == [False, True, True, False]
