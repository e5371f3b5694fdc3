"""dev/lock, and that images can share the layers that it locks."""

import importlib.util
import re
from importlib.machinery import SourceFileLoader
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
loader = SourceFileLoader("lock", str(ROOT / "dev/lock"))
lock = importlib.util.module_from_spec(importlib.util.spec_from_loader("lock", loader))
loader.exec_module(lock)

DOCKERFILES = {
    path.parent.relative_to(ROOT).as_posix(): path.read_text()
    for pattern in ("*/Dockerfile", "services/*/Dockerfile", "infra/*/Dockerfile")
    for path in ROOT.glob(pattern)
}
LAYERS = {part: re.findall(r"/mnt/install /mnt/(\w+)\.txt$", text, re.MULTILINE) for part, text in DOCKERFILES.items()}
each_part_with_layers = pytest.mark.parametrize("part", [part for part, layers in LAYERS.items() if layers])


def pins(path):
    """The lock's requirements, each with its marker and its hashes."""
    text = re.sub(r"^ *#.*\n", "", path.read_text(), flags=re.MULTILINE)
    return set(text.replace("\\\n", "").splitlines())


def test_there_are_images_with_layers_and_images_without():
    assert {part for part, layers in LAYERS.items() if layers} >= {"services/train", "services/predict", "infra/mlflow"}
    assert LAYERS["airflow"] == []


@each_part_with_layers
def test_the_lock_of_a_part_holds_what_its_layers_hold_to_the_version_and_the_hash(part):
    for layer in LAYERS[part]:
        assert pins(ROOT / "infra/images" / f"{layer}.txt") - pins(ROOT / part / "requirements.txt") == set()


@each_part_with_layers
def test_layers_lie_in_one_order_for_only_equal_ones_below_make_equal_ones_above(part):
    assert LAYERS[part] == ["arrow", "models", "plots"][: len(LAYERS[part])]


def test_images_begin_with_the_same_lines_up_to_their_last_layer():
    beginnings = {
        re.search(r"^FROM \$\{PYTHON\} AS installer\n(.*\n)+?FROM \$\{PYTHON\}\n", text, re.MULTILINE)[0]
        for part, text in DOCKERFILES.items()
        if "/mnt/install" in text
    }
    assert len(beginnings) == 1
    runs = {re.search(r"^RUN .*/mnt/install", DOCKERFILES[part], re.MULTILINE)[0] for part in LAYERS if LAYERS[part]}
    assert len(runs) == 1


@each_part_with_layers
def test_the_versions_of_the_layers_hold_for_every_part_that_has_one(part):
    assert lock.bound(Path(part, "requirements.in"))


def test_the_widest_layer_comes_first_and_is_bound_by_none():
    first, *others = lock.sources()
    assert first == Path("infra/images/plots.in")
    assert not lock.bound(first)
    assert {Path("infra/images/arrow.in"), Path("infra/images/models.in")} <= set(others)


@pytest.mark.parametrize("part", ["airflow", "infra/socket-proxy", "dev"])
def test_parts_without_layers_choose_their_versions_alone(part):
    assert not lock.bound(Path(part, "requirements.in"))
    assert LAYERS.get(part, []) == []


def test_every_line_of_every_lock_has_a_hash():
    for source in lock.sources():
        text = (ROOT / source.with_suffix(".txt")).read_text()
        wanted = re.split(r"^(?=\S)", re.sub(r"^ *#.*\n", "", text, flags=re.MULTILINE), flags=re.MULTILINE)[1:]
        assert wanted, source
        assert [
            requirement
            for requirement in wanted
            if not re.match(r"[\w.-]+(\[[\w,-]+\])?==\S+ .*--hash=sha256:[0-9a-f]{64}", requirement, re.DOTALL)
        ] == [], source
