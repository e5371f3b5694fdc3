"""Tell, without starting its container, that a step would find its day up to date.

No step's own rule is written here: a manifest says what its step decided by (`contract.datasets.observed`), and a step
decides the same when all of that is the same.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import msgspec

from contract.config.parse import config_of, read
from contract.datasets.files import check, sha256_of
from contract.datasets.manifest import Input, Manifest, read_manifest
from contract.datasets.observed import Observed
from contract.due.arrived import labels_have_come
from contract.errors import StepError
from contract.layout import MANIFEST, Layout
from contract.models.champion import Champion
from contract.models.ledger import champion_line
from contract.models.registry import NoAnswer, registered_champion
from microstep_airflow.operators.mounts import is_current, was_replaced
from microstep_airflow.pipelines import places
from microstep_airflow.steps import STEPS, path_of


class Changed(Exception):
    """The step must be asked; says why."""


@dataclass(frozen=True)
class Machine:
    """What the step's container would be given, and where that is seen from here."""

    root: Path
    config: Path
    home: str
    """The checkout on the engine's host, in which these two are."""
    image: str
    """The id of the step's image."""
    registry: str
    """MLflow's address."""
    pipeline: str = ""
    """The pipeline's name; empty for that of a lone pipeline.toml."""


def up_to_date(step: str, day: str, machine: Machine) -> list[str]:
    """The datasets of a step and day, all of which the step would find up to date. Raises Changed when it might not."""
    layout = Layout(machine.root)
    try:
        for path, source in places(machine.root, machine.config, machine.home, machine.pipeline):
            if not is_current(path, source):
                raise Changed(_doubt(path, source))
        content = read(machine.config)
        now = _Now(
            layout,
            machine.image,
            hashlib.sha256(content).hexdigest(),
            machine.registry,
            config_of(str(machine.config), content).pipeline.name,
        )
        if "inbox" in STEPS[step].reads and labels_have_come(layout):
            raise Changed("inbox/labels: has labels that are not yet assigned to days")
        datasets = _datasets(step, day, layout)
        for dataset in datasets:
            now.must_find(dataset)
    except (StepError, NoAnswer, OSError, msgspec.ValidationError) as error:
        raise Changed(str(error)) from None
    return [layout.name(dataset) for dataset in datasets]


def _doubt(path: Path, source: str) -> str:
    """Why Airflow's own copy decides nothing."""
    if was_replaced(path, source):
        return f"{path}: is not what {source} is now, which was replaced; type: docker compose restart"
    return f"{path}: cannot be compared with what {source} is now: a link, or a file system of its own"


def _datasets(step: str, day: str, layout: Layout) -> list[Path]:
    """What a step writes for a day. Raises Changed for a step that writes more than that."""
    datasets: list[Path] = []
    for name in STEPS[step].writes:
        path = path_of(name, step, day, layout)
        if day not in path.relative_to(layout.root).parts:
            raise Changed(f"{layout.name(path)}: is of no day, so only {step} itself can tell")
        datasets.append(path)
    return datasets


@dataclass(frozen=True)
class _Now:
    """What a step would decide by if it ran now."""

    layout: Layout
    image: str
    config: str
    """sha256 of pipeline.toml."""
    registry: str
    model: str
    """The name of the registered model."""

    def must_find(self, dataset: Path) -> None:
        """Raise Changed, or what else is in the way, unless the step would find a dataset up to date and settled."""
        manifest = read_manifest(dataset)
        for file in manifest.files:
            check(dataset, file)
        self._same(manifest)
        for entry in dataset.iterdir():
            # of a writer: one that is at work, or one that was killed and must be swept
            if entry.name.startswith("."):
                raise Changed(f"{self.layout.name(entry)}: must be swept, or somebody is at work there")

    def _same(self, manifest: Manifest) -> None:
        run = manifest.run
        if "observed" not in run:
            raise Changed(f"{manifest.step} decides by more than can be seen from here")
        observed = msgspec.convert(run["observed"], Observed)
        if run.get("image") != self.image:
            raise Changed(f"the image microstep-{manifest.step} is another one now")
        if run.get("config") != self.config:
            raise Changed("pipeline.toml is another one now")
        self._as_observed(manifest.inputs, observed)

    def _as_observed(self, inputs: list[Input], observed: Observed) -> None:
        for source in inputs:
            if self._identity(source.path) != source.sha256:
                raise Changed(f"{source.path}: is another one now")
        for name in observed.absent:
            if (self.layout.root / name / MANIFEST).exists():
                raise Changed(f"{name}: has arrived")
        for name, names in observed.listed.items():
            if tuple(sorted(entry.name for entry in (self.layout.root / name).iterdir())) != names:
                raise Changed(f"{name}: has other files now")
        if observed.champion is not None:
            self._same_champion(observed.champion)

    def _same_champion(self, champion: Champion) -> None:
        line = champion_line(self.layout)
        if line is None or line.model != champion:
            raise Changed(f"the champion is {line.model.label if line else 'lost'} now")
        # predict would not take it, but it would say so
        if not (registered := registered_champion(self.registry, self.model)).same_as(champion):
            raise Changed(f"the registry's champion is {registered.label} now")

    def _identity(self, name: str) -> str:
        path = self.layout.root / name
        return read_manifest(path).identity if path.is_dir() else sha256_of(path)
