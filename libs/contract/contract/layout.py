"""Where everything lies below the data root. No other module spells a path."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

STEPS = ("generate", "preprocess", "train", "validate", "predict")
"""In the order in which rows go through them: also the names of their packages, images, tasks and locks.

What `make step` adds is not among them: who must know it looks into services/.
"""

MANIFEST = "manifest.json"


@dataclass(frozen=True)
class Layout:
    """The paths of one data root; a day is its text, so that Airflow's templates pass through."""

    root: Path

    def inbox(self, day: str) -> Path:
        """What a user or another system drops for a day."""
        return self.root / "inbox" / day

    @property
    def labels(self) -> Path:
        """The inbox of files with labels of many days."""
        return self.root / "inbox" / "labels"

    @property
    def spread(self) -> Path:
        """What generate has done with each of these files."""
        return self.labels / ".spread.json"

    def raw_data(self, day: str) -> Path:
        """The dataset of a day's features as they arrived."""
        return self.root / "raw" / day / "data"

    def raw_target(self, day: str) -> Path:
        """The dataset of a day's labels, which may arrive later."""
        return self.root / "raw" / day / "target"

    def processed(self, day: str) -> Path:
        """The dataset of a day's checked rows, its rejected rows and its profile."""
        return self.root / "processed" / day

    def model(self, day: str) -> Path:
        """The dataset of the model that was trained on the window of a day."""
        return self.root / "models" / day

    @property
    def champion(self) -> Path:
        """The pointer to the model in use."""
        return self.root / "models" / "champion.json"

    def predictions(self, day: str) -> Path:
        """The dataset of a day's predictions."""
        return self.root / "predictions" / day

    def derived(self, step: str, day: str) -> Path:
        """The dataset that a step besides the five makes of a day."""
        return self.root / "derived" / step / day

    def report(self, kind: Literal["train", "predict", "live"], day: str) -> Path:
        """The report on a day's training, its predictions, or how good these were once its target was known."""
        return self.root / "reports" / kind / day

    @property
    def reports(self) -> Path:
        """All reports, and the page that lists them."""
        return self.root / "reports"

    @property
    def ledger(self) -> Path:
        """The append-only record of promotions, refusals and rollbacks."""
        return self.root / "ledger.jsonl"

    def lock(self, step: str) -> Path:
        """The file whose bytes are the locks of a step, one for each day."""
        return self.root / ".locks" / step

    def kept(self, step: str, day: str) -> Path:
        """What a run of a step and day has done, but could not publish: for its next try alone."""
        return self.root / ".kept" / step / day

    def name(self, path: Path) -> str:
        """A path below the root as messages and manifests write it."""
        return path.relative_to(self.root).as_posix()
