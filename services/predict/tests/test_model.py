import types

import joblib
import msgspec
import pytest

from contract.errors import DataError, MissingInput, NotPermitted
from contract.models.model_file import Unsigned, open_model, signature
from predict.model import features_of


class Evil:
    """Leaves a file behind when it is opened."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return open, (self.path, "w")


def test_the_champions_file_is_opened(day, model):
    champion = day.crown(model)
    assert list(open_model(day.root, champion, signed=False).classes_) == ["no", "yes"]


def test_a_file_with_another_hash_is_never_opened(day, tmp_path):
    champion = day.crown("good")
    joblib.dump(Evil(str(tmp_path / "opened")), day.root / champion.file)
    with pytest.raises(NotPermitted, match=rf"{champion.file}: must have sha256 {champion.sha256}, got .* not opened"):
        open_model(day.root, champion, signed=False)
    assert not (tmp_path / "opened").exists()


def test_a_model_of_another_scikit_learn_is_never_opened(day, tmp_path):
    champion = day.crown(Evil(str(tmp_path / "opened")), sklearn="1.3.0")
    (tmp_path / "opened").unlink(missing_ok=True)
    with pytest.raises(
        NotPermitted, match=r"was written by 1.3.0; train again with these images \(train --force --day 2026-11-16"
    ):
        open_model(day.root, champion, signed=False)
    assert not (tmp_path / "opened").exists()


@pytest.mark.parametrize("file", ["../outside.joblib", "/etc/passwd", "models/../../outside.joblib"])
def test_a_file_outside_the_data_root_is_never_opened(day, model, file):
    champion = msgspec.structs.replace(day.crown(model), file=file)
    with pytest.raises(NotPermitted, match="must lie below the data root"):
        open_model(day.root, champion, signed=False)


def test_a_link_out_of_the_data_root_is_never_followed(day, model, tmp_path):
    champion = day.crown(model)
    path = day.root / champion.file
    path.rename(tmp_path / "outside.joblib")
    path.symlink_to(tmp_path / "outside.joblib")
    with pytest.raises(NotPermitted, match="must lie below the data root"):
        open_model(day.root, champion, signed=False)


def test_a_file_that_is_away_is_missing(day, model):
    champion = day.crown(model)
    (day.root / champion.file).unlink()
    with pytest.raises(MissingInput, match=rf"{champion.file}: the model of 2026-11-16 is not there"):
        open_model(day.root, champion, signed=False)


def test_a_model_that_needs_another_package_says_so(day, monkeypatch):
    import sys

    package = types.ModuleType("far_away")
    exec("class Thing: pass", package.__dict__)
    package.Thing.__module__ = "far_away"
    monkeypatch.setitem(sys.modules, "far_away", package)
    champion = day.crown(package.Thing())
    monkeypatch.delitem(sys.modules, "far_away")
    with pytest.raises(DataError, match="needs what this image lacks: No module named 'far_away'"):
        open_model(day.root, champion, signed=False)


def test_a_model_names_its_columns_in_its_order(model):
    assert features_of(model, ["id", "plan", "age", "split"], "m.joblib") == ["age", "plan"]


def test_columns_that_the_rows_have_not_are_named(model):
    with pytest.raises(DataError, match=r"m.joblib: .*, age is not there; got id, plan; give the column back"):
        features_of(model, ["id", "plan"], "m.joblib")


def test_a_model_that_does_not_know_its_columns_is_refused():
    with pytest.raises(DataError, match="must know its columns"):
        features_of(object(), ["age"], "m.joblib")


KEY, OTHER = "k" * 32, "o" * 40


def signed_by(champion, key):
    return msgspec.structs.replace(champion, signature=signature(champion.sha256, key.encode()))


def test_a_file_with_the_right_signature_is_opened(day, model, monkeypatch):
    monkeypatch.setenv("MICROSTEP_MODEL_KEY", KEY)
    champion = signed_by(day.crown(model), KEY)
    for demanded in (True, False):
        assert list(open_model(day.root, champion, signed=demanded).classes_) == ["no", "yes"]


def test_the_key_may_come_from_a_file(day, model, monkeypatch, tmp_path):
    (tmp_path / "key").write_text(f"{KEY}\n")
    monkeypatch.setenv("MICROSTEP_MODEL_KEY_FILE", str(tmp_path / "key"))
    open_model(day.root, signed_by(day.crown(model), KEY), signed=True)
    with pytest.raises(NotPermitted, match="its signature is of another key; it is not opened"):
        open_model(day.root, signed_by(day.crown(model), OTHER), signed=True)


@pytest.mark.parametrize("demanded", [True, False])
def test_where_there_is_a_key_an_unsigned_file_is_never_opened(day, tmp_path, monkeypatch, demanded):
    monkeypatch.setenv("MICROSTEP_MODEL_KEY", KEY)
    champion = day.crown(Evil(str(tmp_path / "opened")))
    (tmp_path / "opened").unlink(missing_ok=True)
    with pytest.raises(
        Unsigned, match="must be signed, is not; train again with the key: train --force --day 2026-11-16"
    ):
        open_model(day.root, champion, signed=demanded)
    with pytest.raises(NotPermitted, match="of another key"):
        open_model(day.root, signed_by(champion, OTHER), signed=demanded)
    assert not (tmp_path / "opened").exists()


def test_a_demand_without_a_key_or_with_a_short_one_is_refused(day, model, monkeypatch, tmp_path):
    monkeypatch.setenv("MICROSTEP_MODEL_KEY_FILE", str(tmp_path / "none"))
    champion = signed_by(day.crown(model), KEY)
    with pytest.raises(NotPermitted, match="training.sign is true, and there is no key"):
        open_model(day.root, champion, signed=True)
    monkeypatch.setenv("MICROSTEP_MODEL_KEY", "short")
    with pytest.raises(NotPermitted, match="MICROSTEP_MODEL_KEY: must have at least 32 characters, got 5"):
        open_model(day.root, champion, signed=True)
