"""Where a day's predictions come from, link by link, each checked against the hash that the one above it names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec

from contract.champion import Champion
from contract.dataset import Dataset
from contract.errors import DataError, MissingInput, NotPermitted
from contract.files import sha256_of
from contract.layout import Layout
from contract.ledger import IN_USE, read
from contract.manifest import File, Input, Manifest
from contract.model_file import signature, signing_key
from contract.visible import visible

State = Literal["ok", "changed", "missing", "noted"]


class Link(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that went into the predictions."""

    depth: int
    what: str
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
    processed = next((each for each in predictions.manifest.inputs if each.path != champion.file), None)
    if processed is not None:
        links += _down(layout, processed, 1)
    links += _model(layout, champion, sign=sign)
    return links


def broken(links: list[Link]) -> list[Link]:
    """Those that are not what they were."""
    return [link for link in links if link.state in ("changed", "missing")]


def tree(links: list[Link]) -> str:
    """For people."""
    shown = [(link, visible(link.what)) for link in links]
    width = max(len(what) + 2 * link.depth for link, what in shown)
    return "\n".join(
        f"{link.state:<8}{'  ' * link.depth}{what.ljust(width - 2 * link.depth)}  {visible(link.detail)}".rstrip()
        for link, what in shown
    )


def _model(layout: Layout, champion: Champion, *, sign: bool) -> Iterator[Link]:
    version = f"version {champion.version}" if champion.version else "not registered"
    yield _file(
        layout.root / champion.file, champion.file, champion.sha256, 1, f"{version}, scikit-learn {champion.sklearn}"
    )
    yield from _signature(champion, sign=sign)
    yield from _ledger(layout, champion)
    place = layout.model(champion.day)
    try:
        model = Dataset.open(place)
    except (MissingInput, DataError) as error:
        yield Link(depth=2, what=layout.name(place), state="missing", detail=str(error))
        return
    if model.manifest.identity != champion.manifest:
        detail = f"trained again since: is {_short(model.manifest.identity)}, was {_short(champion.manifest)}"
        yield Link(depth=2, what=layout.name(place), state="changed", detail=detail)
        return
    run = model.manifest.run.get("mlflow_run")
    yield from _dataset(layout, model, 2, f"MLflow run {run}" if run else "no MLflow run")
    for each in model.manifest.inputs:
        yield from _down(layout, each, 3)


def _signature(champion: Champion, *, sign: bool) -> Iterator[Link]:
    what = "signature"
    try:
        key = signing_key(demanded=False)
    except NotPermitted as error:
        yield Link(depth=2, what=what, state="noted", detail=str(error))
        return
    if champion.signature is None:
        if sign or key is not None:
            yield Link(depth=2, what=what, state="missing", detail="a signature is demanded, the model has none")
    elif key is None:
        yield Link(depth=2, what=what, state="noted", detail="signed; without the key it cannot be checked")
    else:
        right = champion.signature == signature(champion.sha256, key)
        yield Link(depth=2, what=what, state="ok" if right else "changed", detail="" if right else "of another key")


def _ledger(layout: Layout, champion: Champion) -> Iterator[Link]:
    """The last line that put this model in use."""
    try:
        lines = read(layout.ledger)
    except (OSError, DataError) as error:
        yield Link(depth=2, what=layout.ledger.name, state="changed", detail=str(error))
        return
    for line in reversed(lines):
        if line.decision in IN_USE and line.model.same_as(champion):
            detail = f"{line.decision.replace('_', ' ')} {line.when} by {line.by}"
            yield Link(depth=2, what=layout.ledger.name, state="noted", detail=detail)
            return
    yield Link(depth=2, what=layout.ledger.name, state="missing", detail="no line put this model in use")


def _down(layout: Layout, each: Input, depth: int) -> Iterator[Link]:
    """An input and what it was made from, as far as there are manifests."""
    place = layout.root / each.path
    if not place.is_dir():
        yield _file(place, each.path, each.sha256, depth, "")
        return
    try:
        dataset = Dataset.open(place)
    except (MissingInput, DataError) as error:
        yield Link(depth=depth, what=each.path, state="missing", detail=str(error))
        return
    if dataset.manifest.identity != each.sha256:
        detail = f"written again since: is {_short(dataset.manifest.identity)}, was {_short(each.sha256)}"
        yield Link(depth=depth, what=each.path, state="changed", detail=detail)
        return
    yield from _dataset(layout, dataset, depth, "")
    for below in dataset.manifest.inputs:
        yield from _down(layout, below, depth + 1)


def _dataset(layout: Layout, dataset: Dataset, depth: int, more: str) -> Iterator[Link]:
    """A dataset whose manifest is the promised one, then the files that are not what it says."""
    manifest = dataset.manifest
    detail = "; ".join(text for text in (_short(manifest.identity), _made_by(manifest), more) if text)
    yield Link(depth=depth, what=layout.name(dataset.path), state="ok", detail=detail)
    for file in manifest.files:
        found = _part(dataset.path, file, layout, depth + 1)
        if found.state != "ok":
            yield found


def _part(place: Path, file: File, layout: Layout, depth: int) -> Link:
    return _file(place / file.path, f"{layout.name(place)}/{file.path}", file.sha256, depth, "")


def _file(path: Path, name: str, sha256: str, depth: int, more: str) -> Link:
    try:
        found = sha256_of(path)
    except OSError as error:
        return Link(depth=depth, what=name, state="missing", detail=str(error.strerror))
    if found != sha256:
        return Link(depth=depth, what=name, state="changed", detail=f"is {_short(found)}, was {_short(sha256)}")
    return Link(depth=depth, what=name, state="ok", detail="; ".join(text for text in (_short(sha256), more) if text))


def _made_by(manifest: Manifest) -> str:
    run: dict[str, Any] = manifest.run
    told = [f"code {_short(manifest.code)}"]
    told += [
        f"{name} {_short(str(run[name]).removeprefix('sha256:'))}" for name in ("revision", "image") if run.get(name)
    ]
    return ", ".join(told)


def _short(identity: str) -> str:
    return identity[:12]
