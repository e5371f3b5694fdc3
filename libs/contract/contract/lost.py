"""Whether the ledger is older than the data beside it, for a data root without a pointer to tell."""

from __future__ import annotations

from contract.datasets.manifest import read_manifest
from contract.errors import DataError, MissingInput
from contract.layout import Layout
from contract.models.champion import Champion


def unknown_promotion(layout: Layout, in_use: list[Champion]) -> Champion | None:
    """A model here that its report calls promoted, and that is not among those `in_use` by the ledger.

    None when there is none, or its file is gone.
    """
    for path in sorted((layout.reports / "train").glob("*/manifest.json"), reverse=True):
        day = path.parent.name
        try:
            report, trained = read_manifest(path.parent), read_manifest(layout.model(day))
        except (MissingInput, DataError):
            continue
        judged = {made_from.sha256 for made_from in report.inputs if made_from.path == f"models/{day}"}
        if report.notes.get("decision") != "promoted" or trained.identity not in judged:
            continue
        model = Champion.of(layout.name(layout.model(day)), trained)
        if model.is_here(layout.root) and not any(known.same_as(model) for known in in_use):
            return model
    return None


def ledger_is_older(layout: Layout, model: Champion, witness: str, champion: Champion | None) -> DataError:
    """The error when a `witness` says that a model was put in use and no line does; `champion`: the ledger's."""
    or_else = f", or --to {champion.sha256[:12]}, the ledger's champion ({champion.label})" if champion else ""
    return DataError(
        f"{layout.ledger.name}: no line of it put {model.label} in use, while {witness}, and its {model.file} lies "
        f"here: the ledger was lost, cut or is an older one; bring it back from a backup, or say which model is in "
        f"use: validate adopt --to {model.sha256[:12]}{or_else}"
    )
