"""Put a model in use because a person says so, without the gate: the one way in besides a promotion and a rollback."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec

from analysis.pages import index
from contract.config import Config
from contract.datasets.dataset import Dataset
from contract.datasets.files import sha256_of
from contract.datasets.manifest import Input
from contract.errors import DataError, MissingInput
from contract.layout import Layout
from contract.models.champion import Champion, read_champion
from contract.models.ledger import Line, last_in_use, read
from validate.champion.ledger import golden_of
from validate.champion.lock import champion_lock
from validate.champion.lookup import look_up
from validate.champion.store import ChampionStore
from validate.evaluation.models import load_to_serve

log = logging.getLogger("validate")


def adopt(root: Path, config: Config, store: ChampionStore, *, to: str, by: str, why: str) -> None:
    """Put the model with the version, training day or sha256 `to` in use, and on record who said so.

    Works when the ledger was lost, too: it is the way out then. Raises UsageError when `to` names no model or several,
    and what opening the model's file raises; nothing is changed then.
    """
    layout = Layout(root)
    with champion_lock(layout):
        lines = read(layout.ledger)
        model = look_up(to, _known(layout, store, lines, to), "a model that is known here")
        load_to_serve(root, model, config)
        before = last_in_use(lines)
        if before is not None and before.model.same_as(model):
            store.put(before)
            log.info("%s is in use already; alias and pointer agree", before.model.label)
            return
        metrics = next((line.metrics for line in reversed(lines) if line.model.same_as(model)), {})
        store.change(
            Line(
                by=by,
                decision="adopted",
                why=why,
                day=model.day,
                before=before.model if before else None,
                model=model,
                metrics=metrics,
                golden=golden_of(lines, model) or _golden(layout, model),
            )
        )
    index.write(layout)
    log.info("in use now: %s, as %s says, not by the gate. The next predict run scores with it", model.label, by)


def _known(layout: Layout, store: ChampionStore, lines: list[Line], to: str) -> Iterator[Champion]:
    """Those that the ledger, data/ and the registry know; the first of several names for one model is taken."""
    yield from (line.model for line in reversed(lines))
    for path in sorted(layout.champion.parent.glob("*/manifest.json")):
        try:
            yield Champion.of(layout.name(path.parent), Dataset.open(path.parent).manifest)
        except (DataError, MissingInput, KeyError, ValueError) as error:
            log.warning("%s: passed over: %s", layout.name(path.parent), error)
    with suppress(MissingInput, DataError, OSError):  # it may be another data root's, or edited
        pointed = read_champion(layout.champion)
        if sha256_of(layout.root / pointed.file) == pointed.sha256:
            yield pointed
    if to.isdecimal() and (registered := store.version(to)) is not None:
        yield registered


def _golden(layout: Layout, model: Champion) -> Input | None:
    """The golden rows in the report of a model that was promoted by a ledger that was lost."""
    directory = layout.report("train", model.day)
    try:
        report = Dataset.open(directory)
        verdict = msgspec.json.decode(report.file("verdict").read_bytes())
    except (DataError, MissingInput, msgspec.MsgspecError):
        return None
    judged = verdict["challenger"]["model"]
    golden = report.manifest.named("golden")
    if not golden or (judged["sha256"], judged["manifest"]) != (model.sha256, model.manifest):
        return None
    return Input(f"{layout.name(directory)}/{golden[0].path}", golden[0].sha256)
