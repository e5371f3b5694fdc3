"""A small data root, made once by running the images one after the other, with a copy of it after each step."""

from __future__ import annotations

import importlib.util
import itertools
import json
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType

import pytest
from checkout.steps import FIVE, added, library_of
from images import STEPS, give_to_owner, missing, run

DAYS = ("2026-01-05", "2026-01-06")
DAY = DAYS[-1]
ROOT = Path(__file__).parents[2]

# where each step's datasets of DAY lie; what a manifest commits
WRITES = {
    "generate": (f"raw/{DAY}/data", f"raw/{DAY}/target"),
    "preprocess": (f"processed/{DAY}",),
    "train": (f"models/{DAY}",),
    "validate": (f"reports/train/{DAY}",),
    "predict": (f"predictions/{DAY}",),
}
READS = {
    "generate": (),
    "preprocess": ("raw",),
    "train": ("processed",),
    "validate": ("processed", f"models/{DAY}"),
    "predict": ("processed", "models"),
}
EACH_DAY = ("generate", "preprocess")
LIBRARIES = {"preprocess": set()} | {step: {library_of(step)} - {"contract"} for step in added()}
"""What an image holds of ours besides step and contract: `analysis`, of which generate draws its page of a table."""


def _load(name: str, path: str) -> ModuleType:
    """A module of another part, which must import nothing but the standard library."""
    spec = importlib.util.spec_from_file_location(name, ROOT / path)
    assert spec
    assert spec.loader
    module = sys.modules[name] = importlib.util.module_from_spec(spec)  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


BEFORE = dict(itertools.pairwise(reversed(FIVE)))
"""Whose data root a step is given: that of the step before it; an added one's of the last that writes what it reads."""


def _place(step: str) -> None:
    """Give an added step its place, by the table that Airflow goes by."""
    layout = _load("layout", "libs/contract/contract/layout.py").Layout(Path())
    table = _load("steps_of_airflow", "airflow/microstep_airflow/steps.py")
    flow = table.STEPS[step]

    def paths(names: Sequence[str]) -> Iterator[str]:
        return (table.path_of(name, step, DAY, layout).as_posix() for name in names)

    WRITES[step] = tuple(paths(flow.writes))
    # the folder of all days, where there is one
    READS[step] = tuple(path.partition(f"/{DAY}")[0] for path in paths(flow.reads))
    wanted = {*flow.reads, *flow.may_read}
    BEFORE[step] = [other for other in STEPS if other != step and wanted & {*table.STEPS[other].writes}][-1]


for step in added():
    _place(step)


def small_config() -> str:
    """The shipped pipeline.toml, with fewer rows and less to train."""
    text = (ROOT / "pipeline.toml").read_text()
    for shipped, small in {
        "rows = 2000": "rows = 400",
        "window_days = 7": "window_days = 2",
        "max_iter = 100,": "max_iter = 10,",
        "minimums = { roc_auc = 0.70 }": "minimums = {}",
        "min_test_rows = 100": "min_test_rows = 10",
    }.items():
        text = replaced(text, shipped, small)
    return text


def replaced(text: str, old: str, new: str) -> str:
    """`text` with its one `old` replaced."""
    assert text.count(old) == 1, f"the shipped pipeline.toml must say {old!r} once"
    return text.replace(old, new)


@dataclass
class Chain:
    """The data root as it was after each step; `home` keeps the copies."""

    home: Path
    _done: dict[str, Path | BaseException] = field(default_factory=dict)

    @property
    def config(self) -> Path:
        """The configuration that the chain ran with."""
        path = self.home / "pipeline.toml"
        if not path.exists():
            path.write_text(small_config())
        return path

    def before(self, step: str, scratch: Path) -> Path:
        """A copy of the data root as the step finds it."""
        if step not in BEFORE:
            (scratch / "data").mkdir()
            return give_to_owner(scratch / "data")
        return self.after(BEFORE[step], scratch)

    def after(self, step: str, scratch: Path) -> Path:
        """A copy of the data root as the step leaves it."""
        shutil.copytree(self._kept(step), scratch / "data")
        return give_to_owner(scratch / "data")

    def _kept(self, step: str) -> Path:
        """The copy that is kept; what went wrong while it was made goes wrong for everyone who asks."""
        if step not in self._done:
            try:
                self._done[step] = self._make(step)
            except (AssertionError, pytest.skip.Exception) as error:
                self._done[step] = error
        done = self._done[step]
        if isinstance(done, BaseException):
            raise done
        return done

    def _make(self, step: str) -> Path:
        if missing(step):
            pytest.skip(f"the image microstep-{step} is not built (make build), and this needs what it writes")
        home = self.home / step
        if step not in BEFORE:
            home.mkdir()
        else:
            shutil.copytree(self._kept(BEFORE[step]), home)
        give_to_owner(home)
        for day in DAYS if step in EACH_DAY else (DAY,):
            ended = run(step, "--day", day, data=home, config=self.config)
            assert ended.code == 0, f"{step} --day {day} ended with {ended.code}:\n{ended.err}"
        return home


def manifest(root: Path, dataset: str) -> dict[str, object]:
    """A dataset's manifest without `run`, the part that tells when and where it was made."""
    content = json.loads((root / dataset / "manifest.json").read_text())
    del content["run"]
    return content


def contents(root: Path, step: str) -> dict[str, bytes]:
    """Every file below the step's datasets with its bytes; manifests as they are."""
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for dataset in WRITES[step]
        for path in sorted((root / dataset).rglob("*"))
        if path.is_file()
    }


def hidden(root: Path) -> list[str]:
    """What a writer has not finished or not cleaned up, anywhere below the data root; the folder of locks stays."""
    return sorted(path.relative_to(root).as_posix() for path in root.rglob(".*") if path.name != ".locks")
