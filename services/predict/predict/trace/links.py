"""Where a day's predictions come from, link by link, each checked against the hash that the one above it names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from contract.datasets.dataset import Dataset
from contract.datasets.files import sha256_of
from contract.datasets.manifest import Input, Manifest
from contract.errors import DataError, MissingInput, NotPermitted
from contract.layout import Layout
from contract.models.champion import Champion
from contract.models.ledger import IN_USE, read
from contract.models.model_file import signature, signing_key

State = Literal["ok", "changed", "missing", "noted"]


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that went into the predictions."""

    depth: int
    subject: str = msgspec.field(name="what")  # the JSON for machines had this word before
    """The path, or `signature`."""
    state: State
    """`noted`: said by a manifest, with nothing to hold it against."""
    detail: str


def trace(layout: Layout, day: str, code: str, *, sign: bool) -> list[Link]:
    """All links, from the predictions down to what arrived. `code` is this image's, `sign` is `training.sign`.

    Raises MissingInput when there are no predictions of the day, DataError when their manifest is damaged.
    """
    predictions = Dataset.open(layout.predictions(day))
    champion = msgspec.convert(predictions.manifest.notes["champion"], Champion)
    same = "this image's code" if predictions.manifest.code == code else "another code than this image's"
    links = [*_dataset(layout, predictions, 0, f"{same}; {predictions.rows():,} rows")]
    processed = next((source for source in predictions.manifest.inputs if source.path != champion.file), None)
    if processed is not None:
        links += _down(layout, processed, 1)
    links += _model(layout, champion, sign=sign)
    return links


def broken(links: list[Link]) -> list[Link]:
    """Those that are not what they were."""
    return [link for link in links if link.state in ("changed", "missing")]


def _model(layout: Layout, champion: Champion, *, sign: bool) -> Iterator[Link]:
    version = f"version {champion.version}" if champion.version else "not registered"
    yield _file(
        layout.root / champion.file, champion.file, champion.sha256, 1, f"{version}, scikit-learn {champion.sklearn}"
    )
    yield from _signature(champion, sign=sign)
    yield from _ledger(layout, champion)
    directory = layout.model(champion.day)
    try:
        model = Dataset.open(directory)
    except (MissingInput, DataError) as error:
        yield Link(depth=2, subject=layout.name(directory), state="missing", detail=str(error))
        return
    if model.manifest.identity != champion.manifest:
        detail = f"trained again since: is {_short(model.manifest.identity)}, was {_short(champion.manifest)}"
        yield Link(depth=2, subject=layout.name(directory), state="changed", detail=detail)
        return
    run = model.manifest.run.get("mlflow_run")
    yield from _dataset(layout, model, 2, f"MLflow run {run}" if run else "no MLflow run")
    for source in model.manifest.inputs:
        yield from _down(layout, source, 3)


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
            yield link("missing", "a signature is demanded, the model has none")
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
    if not path.is_dir():
        yield _file(path, source.path, source.sha256, depth, "")
        return
    try:
        dataset = Dataset.open(path)
    except (MissingInput, DataError) as error:
        yield Link(depth=depth, subject=source.path, state="missing", detail=str(error))
        return
    if dataset.manifest.identity != source.sha256:
        detail = f"written again since: is {_short(dataset.manifest.identity)}, was {_short(source.sha256)}"
        yield Link(depth=depth, subject=source.path, state="changed", detail=detail)
        return
    yield from _dataset(layout, dataset, depth, "")
    for origin in dataset.manifest.inputs:
        yield from _down(layout, origin, depth + 1)


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


def _file(path: Path, name: str, sha256: str, depth: int, more: str) -> Link:
    try:
        actual = sha256_of(path)
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
