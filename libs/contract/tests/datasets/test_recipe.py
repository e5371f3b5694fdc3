import shutil
from pathlib import Path

import pytest

import contract
from contract.datasets.recipe import code_version


@pytest.fixture
def package(tmp_path):
    (tmp_path / "train").mkdir()
    (tmp_path / "train" / "__main__.py").write_text("1")
    (tmp_path / "train" / "fit.py").write_text("2")
    (tmp_path / "requirements.txt").write_text("numpy==1")
    return tmp_path / "train"


def test_the_same_sources_in_another_place_have_the_same_version(package, tmp_path):
    other = shutil.copytree(tmp_path, tmp_path.parent / f"{tmp_path.name}-copy") / "train"
    (other / "__pycache__").mkdir()
    (other / "__pycache__" / "fit.pyc").write_bytes(b"\0")
    assert code_version(other) == code_version(package)


@pytest.mark.parametrize(
    "edit",
    [
        lambda package: (package / "fit.py").write_text("3"),
        lambda package: (package / "fit.py").rename(package / "fitting.py"),
        lambda package: (package / "more.py").write_text(""),
        lambda package: (package.parent / "requirements.txt").write_text("numpy==2"),
    ],
)
def test_another_source_or_lock_is_another_version(package, edit):
    before = code_version(package)
    edit(package)
    assert code_version(package) != before


def test_the_contract_is_part_of_every_steps_version(package, monkeypatch, tmp_path):
    before = code_version(package)
    copy = shutil.copytree(Path(contract.__file__).parent, tmp_path / "contract")
    (copy / "days.py").write_text("")
    monkeypatch.setattr(contract, "__file__", str(copy / "__init__.py"))
    assert code_version(package) != before
