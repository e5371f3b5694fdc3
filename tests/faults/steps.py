"""The five steps on a small data root, each in a process that can be broken at any of its writes."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
STEPS = ("generate", "preprocess", "train", "validate", "predict")
DAYS = ("2026-01-05", "2026-01-06")
DAY = DAYS[-1]
_WRITES = ("contract.datasets.table_writer", "encodings.utf_8_sig", "locale", "numpy.ma", "pyarrow.parquet")
_MODELS = (
    *("sklearn.linear_model", "sklearn.compose", "sklearn.ensemble", "sklearn.frozen", "sklearn.impute", "pandas"),
    *("pyarrow.pandas_compat", "pyarrow.vendored.version", "narwhals._pandas_like.namespace", "narwhals.stable.v2"),
    *("email.parser", "scipy.stats"),
)
_PAGES = ("jinja2", "faults.warm")
HEAVY = {
    "generate": (*_WRITES, "pyarrow.csv", "generate.ingest", "generate.inbox", "generate.file_rows"),
    "preprocess": (*_WRITES, "preprocess.check", "preprocess.labels.fit", "pyarrow.csv", "pyarrow.dataset"),
    "train": (*_WRITES, *_MODELS, "sklearn.model_selection", "train.training"),
    "validate": (
        *(*_WRITES, *_MODELS, *_PAGES, "sklearn.discriminant_analysis", "sklearn.neighbors"),
        *("validate.judgement", "validate.live.metrics", "validate.champion.rollback"),
        *("validate.champion.adoption", "validate.champion.approval"),
    ),
    "predict": (*_WRITES, *_MODELS, *_PAGES, "predict.scoring", "predict.report", "predict.trace.links"),
}
"""What a step imports only when it gets to work: each of its runs would, anew."""


def config(seed: int, margin: float) -> str:
    """The shipped pipeline.toml with little to do, one candidate, and data that the seed decides."""
    text = (ROOT / "pipeline.toml").read_text()
    head, _, rest = text.partition('[[training.candidates]]\nname = "trees"')
    text = head + rest[rest.index("[gate]") :]
    for shipped, small in {
        "rows = 2000": "rows = 300",
        "seed = 7 ": f"seed = {seed} ",
        "window_days = 7": "window_days = 2",
        "folds = 3": "folds = 2",
        "max_iter = 1000": "max_iter = 20",
        # what a model of so few rows is worth is not what is asked here
        "minimums = { roc_auc = 0.70 }": 'minimums = {}\nbaseline = "off"',
        "margin = 0.01 ": f"margin = {margin} ",
        "min_test_rows = 100": "min_test_rows = 10",
        "max_calibration_error = 0.10": "max_calibration_error = 1.0",
        'slices = ["contract", "payment"]': "slices = []",
    }.items():
        assert text.count(shipped) == 1, shipped
        text = text.replace(shipped, small)
    return text


@dataclass
class Outcome:
    """How a run of a step ended."""

    code: int
    calls: int
    """That changed something below the data root."""
    call: str
    """The call that was broken."""
    output: str
    memory: int
    """The most that it held, in MB."""


class Runner:
    """Runs one step as often as asked; one process imports it, each run is a child of that one.

    `library`: what breaks a call, compiled; None where none is to be broken. `more`: what the step imports besides.
    """

    def __init__(self, step: str, library: Path | None, more: Sequence[str] = ()) -> None:
        parts = ("libs/contract", "libs/analysis", f"services/{step}", "tests")
        path = os.pathsep.join(str(ROOT / part) for part in parts)
        self.step = step
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW", "MICROSTEP"))}
        self._server = subprocess.Popen(
            [
                ROOT / ".venvs" / step / "bin" / "python",
                Path(__file__).with_name("server.py"),
                step,
                library or "",
                *HEAVY[step],
                *more,
            ],
            env={
                **kept,
                **({} if library is None else {"LD_PRELOAD": str(library)}),
                "PYTHONPATH": path,
                "OMP_NUM_THREADS": "1",
                "OPENBLAS_NUM_THREADS": "1",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def run(
        self,
        root: Path,
        configuration: Path,
        at: int = 0,
        kind: str = "kill",
        day: str = DAY,
        words: Sequence[str] = (),
        plant: str = "",
        variables: Mapping[str, str] | None = None,
    ) -> Outcome:
        """Run the step; `at`: the number of the call that is broken, 0 for none.

        `plant`: `module:function` that changes the step's own code before it runs; `variables`: more of the environment.
        """
        options = [] if words else ["--day", day]
        words = [*words, *options, "--data-root", str(root), "--config", str(configuration)]
        print(
            json.dumps(
                {
                    "words": words,
                    "root": f"{root}/",
                    "at": at,
                    "kind": kind,
                    "plant": plant,
                    "variables": dict(variables or {}),
                }
            ),
            file=self._server.stdin,
            flush=True,
        )
        return Outcome(**json.loads(self._server.stdout.readline()))

    def close(self) -> None:
        self._server.stdin.close()
        self._server.wait(60)


def copied(root: Path, target: Path) -> Path:
    """A copy of a data root; files are never written in place, so they may be shared."""
    if target.exists():
        shutil.rmtree(target)
    shutil.copytree(root, target, copy_function=os.link)
    # but for the one that grows, and the ones that are locks
    for name in ("ledger.jsonl",):
        if (target / name).exists():
            (target / name).unlink()
            shutil.copy2(root / name, target / name)
    return target
