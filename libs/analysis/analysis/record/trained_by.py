"""The settings by which a model reads its rows and decides. Others forbid no answer, but cause a warning."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Mapping

import msgspec

from contract.config import Config
from contract.models.trained_for import TrainedFor

log = logging.getLogger("model")

_PLAIN, _HALF = "no mark and no unit of their own", "no [decision], so from a probability of 0.5 on"


def numbers(config: Config, columns: Iterable[str]) -> dict[str, str]:
    """How numbers are read: the marks of `[source]`, and the unit of each of the columns that has one."""
    marks = {f"source.{name}": getattr(config.source, name, None) for name in ("decimal", "thousands")}
    units = {f"columns.{name}.unit": config.columns[name].unit for name in columns}
    plain = {"source.decimal": "."}
    return {name: mark for name, mark in (marks | units).items() if mark is not None and plain.get(name) != mark}


def reading(config: Config, features: Iterable[str]) -> dict[str, str]:
    """The clock and forms by which the features' dates are read, and the texts that stand for a missing value."""
    dates = [name for name in features if config.columns[name].type == "datetime"]
    clock = {"schedule.timezone": config.schedule.timezone} if dates else {}
    missing = {"table.missing_values": ", ".join(map(repr, sorted(set(config.table.missing_values))))}
    return clock | {f"columns.{name}.format": config.columns[name].format or "iso" for name in dates} | missing


def decision(config: Config) -> dict[str, float]:
    """What decides which probability is a yes, other than 0.5: it is in the model file."""
    if config.decision.costs is not None:
        return {f"decision.costs.{name}": cost for name, cost in msgspec.structs.asdict(config.decision.costs).items()}
    return {} if config.decision.threshold is None else {"decision.threshold": config.decision.threshold}


def tell_otherwise(label: str, about: TrainedFor, config: Config) -> None:
    """Warn where the model `label` was trained by other settings of these than `pipeline.toml` has now.

    What an earlier version did not write down is passed over, and so are columns that the model does not know.
    """
    if about.numbers is not None and about.numbers != (now := numbers(config, (*about.features, about.target))):
        log.warning(
            "%s: was trained on numbers that were read with %s, pipeline.toml has %s; if they were read wrong then, "
            "train and validate again",
            label,
            _shown(about.numbers) or _PLAIN,
            _shown(now) or _PLAIN,
        )
    if about.reading is not None:
        then, today = about.reading, reading(config, about.features)
        if apart := [name for name in today if then.get(name) != today[name]]:
            log.warning(
                "%s: was trained on values that were read with %s, pipeline.toml has %s; train and validate again to "
                "use that",
                label,
                _shown({name: then[name] for name in apart if name in then}),
                _shown({name: today[name] for name in apart}),
            )
    if about.decision is not None and about.decision != (asked := decision(config)):
        log.warning(
            "%s: decides by %s, as its training was asked to, pipeline.toml has %s; train and validate again to decide "
            "by that",
            label,
            _shown(about.decision) or _HALF,
            _shown(asked) or _HALF,
        )


def _shown(settings: Mapping[str, str | float]) -> str:
    return ", ".join(f"{name} = {value!r}" for name, value in settings.items())
