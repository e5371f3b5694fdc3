"""Where a day's predictions come from, link by link, each checked against the hash that the one above it names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from analysis.record.predicted_for import predicted_by
from contract.datasets.dataset import Dataset
from contract.datasets.files import sha256_of
from contract.datasets.manifest import Input, Manifest
from contract.errors import DataError, MissingInput, NotPermitted
from contract.layout import Layout
from contract.models.champion import Champion
from contract.models.ledger import IN_USE, read
from contract.models.model_file import signature, signing_key

State = Literal["ok", "noted", "replaced", "gone", "changed", "missing"]
"""What a link is by now.

`noted`: said by a manifest, with nothing to hold it against. `replaced`: made again since, of other things. `gone`: no
longer kept. `changed`, `missing`: what should be here is damaged, or not here; the record does not hold.
"""

_DATASETS = ("processed/", "raw/", "models/", "reports/")
"""Below these directories of the data root inputs are datasets; elsewhere they are files that arrived."""


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that went into the predictions."""

    depth: int
    subject: str = msgspec.field(name="what")  # the JSON for machines had this word before
    """The path, or `signature`."""
    state: State
    detail: str


def trace(layout: Layout, day: str, code: str, *, sign: bool) -> list[Link]:
    """All links, from the predictions down to what arrived. `code` is this image's, `sign` is `training.sign`.

    At something that was made again since, or is no longer kept, a branch ends with the reason. Raises
    MissingInput when there are no predictions of the day, DataError when their manifest is damaged.
    """
    try:
        predictions = Dataset.open(layout.predictions(day))
    except MissingInput:
        raise MissingInput(f"predictions/{day}: no predictions of this day; run predict --day {day} first") from None
    same = "this image's code" if predictions.manifest.code == code else "another code than this image's"
    links = [*_dataset(layout, predictions, 0, f"{same}; {predictions.rows():,} rows")]
    for source in predictions.manifest.inputs:
        if source.path.startswith("processed/"):
            links += _down(layout, source, 1)
    try:
        champion = predicted_by(predictions)
    except DataError as error:
        return [*links, Link(depth=1, subject="model", state="missing", detail=str(error))]
    return [*links, *_model(layout, champion, sign=sign)]


def broken(links: list[Link]) -> list[Link]:
    """The links that are damaged, or not where they should be."""
    return [link for link in links if link.state in ("changed", "missing")]


def moved_on(links: list[Link]) -> list[Link]:
    """The links that have changed, as is normal, since the day was predicted."""
    return [link for link in links if link.state in ("replaced", "gone")]


def _model(layout: Layout, champion: Champion, *, sign: bool) -> Iterator[Link]:
    training = _training(layout, champion)
    version = f"version {champion.version}" if champion.version else "not registered"
    file = layout.root / champion.file
    detail = f"{version}, scikit-learn {champion.sklearn}"
    # a training that stands promises its file; with another one in its place, or none, it may have gone as well
    yield _file(file, champion.file, champion.sha256, 1, detail, kept=isinstance(training, Dataset))
    yield from _signature(champion, sign=sign)
    yield from _ledger(layout, champion)
    if isinstance(training, Link):
        yield training
        return
    run = training.manifest.run.get("mlflow_run")
    yield from _dataset(layout, training, 2, f"MLflow run {run}" if run else "no MLflow run")
    for source in training.manifest.inputs:
        yield from _down(layout, source, 3)


def _training(layout: Layout, champion: Champion) -> Dataset | Link:
    """The training that the champion came from; a link that says what is in its place."""
    directory = layout.model(champion.day)
    found = _open(layout, Input(layout.name(directory), champion.manifest), 2)
    if isinstance(found, Dataset) and found.manifest.identity != champion.manifest:
        detail = f"trained again since: is {_short(found.manifest.identity)}, was {_short(champion.manifest)}"
        return Link(depth=2, subject=layout.name(directory), state="replaced", detail=detail)
    return found


def _signature(champion: Champion, *, sign: bool) -> Iterator[Link]:
    def link(state: State, detail: str = "") -> Link:
        return Link(depth=2, subject="signature", state=state, detail=detail)

    try:
        key = signing_key(demanded=False)
    except NotPermitted as error:
        yield link("noted", str(error))
        return
    if champion.signature is None:
        if sign or key is not None:
            yield link("missing", "a signature is required, the model has none")
    elif key is None:
        yield link("noted", "signed; without the key it cannot be checked")
    elif champion.signature == signature(champion.sha256, key):
        yield link("ok")
    else:
        yield link("changed", "of another key")


def _ledger(layout: Layout, champion: Champion) -> Iterator[Link]:
    """The last line that put this model in use."""
    try:
        lines = read(layout.ledger)
    except (OSError, DataError) as error:
        yield Link(depth=2, subject=layout.ledger.name, state="changed", detail=str(error))
        return
    for line in reversed(lines):
        if line.decision in IN_USE and line.model.same_as(champion):
            detail = f"{line.decision.replace('_', ' ')} {line.when} by {line.by}"
            yield Link(depth=2, subject=layout.ledger.name, state="noted", detail=detail)
            return
    yield Link(depth=2, subject=layout.ledger.name, state="missing", detail="no line put this model in use")


def _down(layout: Layout, source: Input, depth: int) -> Iterator[Link]:
    """An input and what it was made from, as far as there are manifests."""
    path = layout.root / source.path
    if not source.path.startswith(_DATASETS):
        yield _arrived(path, source, depth)
        return
    dataset = _open(layout, source, depth)
    if isinstance(dataset, Link):
        yield dataset
        return
    if dataset.manifest.identity != source.sha256:
        labels = any(origin.path.endswith("/target") for origin in dataset.manifest.inputs)
        since = "written again since, with labels" if labels else "written again since"
        detail = f"{since}: is {_short(dataset.manifest.identity)}, was {_short(source.sha256)}"
        yield Link(depth=depth, subject=source.path, state="replaced", detail=detail)
        return
    yield from _dataset(layout, dataset, depth, "")
    for origin in dataset.manifest.inputs:
        yield from _down(layout, origin, depth + 1)


def _open(layout: Layout, source: Input, depth: int) -> Dataset | Link:
    """The dataset that is there now; a link that says why there is none."""
    try:
        return Dataset.open(layout.root / source.path)
    except MissingInput:
        detail = f"not kept any more, as after prune: was {_short(source.sha256)}"
        return Link(depth=depth, subject=source.path, state="gone", detail=detail)
    except DataError as error:
        return Link(depth=depth, subject=source.path, state="changed", detail=str(error))


def _arrived(path: Path, source: Input, depth: int) -> Link:
    """A file that arrived. It is not ours: who sends it may send it again, or take it away once it was read."""
    link = _file(path, source.path, source.sha256, depth, "", kept=False)
    if link.state != "changed":
        return link
    return Link(depth=depth, subject=link.subject, state="replaced", detail=f"another file by now: {link.detail}")


def _dataset(layout: Layout, dataset: Dataset, depth: int, more: str) -> Iterator[Link]:
    """A dataset whose manifest is the promised one, then the files that are not what it says."""
    manifest = dataset.manifest
    detail = "; ".join(text for text in (_short(manifest.identity), _made_by(manifest), more) if text)
    yield Link(depth=depth, subject=layout.name(dataset.path), state="ok", detail=detail)
    for file in manifest.files:
        name = f"{layout.name(dataset.path)}/{file.path}"
        link = _file(dataset.path / file.path, name, file.sha256, depth + 1, "")
        if link.state != "ok":
            yield link


def _file(path: Path, name: str, sha256: str, depth: int, more: str, *, kept: bool = True) -> Link:
    """A file; `kept`: something that stands promises that it is there."""
    try:
        actual = sha256_of(path)
    except FileNotFoundError:
        state: State = "missing" if kept else "gone"
        return Link(depth=depth, subject=name, state=state, detail=f"not there: was {_short(sha256)}")
    except OSError as error:
        return Link(depth=depth, subject=name, state="missing", detail=str(error.strerror))
    if actual != sha256:
        return Link(depth=depth, subject=name, state="changed", detail=f"is {_short(actual)}, was {_short(sha256)}")
    detail = "; ".join(text for text in (_short(sha256), more) if text)
    return Link(depth=depth, subject=name, state="ok", detail=detail)


def _made_by(manifest: Manifest) -> str:
    run: dict[str, Any] = manifest.run
    versions = {name: str(run[name]).removeprefix("sha256:") for name in ("revision", "image") if run.get(name)}
    return ", ".join(f"{name} {_short(version)}" for name, version in {"code": manifest.code, **versions}.items())


def _short(identity: str) -> str:
    return identity[:12]
