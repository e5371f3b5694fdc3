"""Whether the ledger is an older one than the data beside it, where no pointer is left to tell."""

from __future__ import annotations

from contract.champion import Champion
from contract.errors import DataError, MissingInput
from contract.files import sha256_of
from contract.layout import Layout
from contract.manifest import read_manifest


def unknown_promotion(layout: Layout, in_use: list[Champion]) -> Champion | None:
    """A model of this data root that its report calls promoted, and that is none of those `in_use` by the ledger.

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
        if _is_here(layout, model) and not any(known.same_as(model) for known in in_use):
            return model
    return None


def _is_here(layout: Layout, model: Champion) -> bool:
    """Whether the file of a model lies below the data root, with its content."""
    path = layout.root / model.file
    return path.is_file() and sha256_of(path) == model.sha256


def ledger_is_older(layout: Layout, model: Champion, witness: str, champion: Champion | None) -> DataError:
    """The refusal: `witness` says that a model was put in use, and no line did; `champion` is the ledger's own."""
    or_else = f", or --to {champion.sha256[:12]}, the ledger's champion ({champion.label})" if champion else ""
    return DataError(
        f"{layout.ledger.name}: no line of it put {model.label} in use, while {witness}, and its {model.file} lies "
        f"here: the ledger was lost, cut or is an older one; bring it back from a backup, or say which model is in "
        f"use: validate adopt --to {model.sha256[:12]}{or_else}"
    )
