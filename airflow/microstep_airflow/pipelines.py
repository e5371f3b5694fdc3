"""Where the things of a pipeline are, by its name: the only place of Airflow's side that knows.

A pipeline is a file `pipelines/<name>.toml`. While there is none, `pipeline.toml` is the only one, and has no name.
docs/decisions/0056-several-pipelines-in-one-stack.md
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from contract.config import Config
from contract.config.parse import load, read, text_of
from contract.errors import ConfigError, StepError

NAME = "[a-z][a-z0-9_]{0,30}"
FOLDER = "pipelines"
"""Of the files, below the checkout."""


BOTH = (
    "must have no settings while pipelines/ has files, since both would write into data/; type: make migrate, which"
    " makes a pipeline of it (is it only the shipped one? then empty it)"
)


@dataclass(frozen=True)
class Catalog:
    """What a machine has of pipelines."""

    good: Mapping[str, Config]
    """Those that have DAGs, by name; a lone `pipeline.toml` has the empty one."""
    broken: Mapping[str, str]
    """File below the checkout, and what is wrong with it."""


def dag_id(pipeline: str, dag: str) -> str:
    """The id of a pipeline's DAG; also what is between stack and day in the name of a step's container."""
    return f"{pipeline}.{dag}" if pipeline else dag


def of_dag(dag_id: str) -> tuple[str, str]:
    """The pipeline of a DAG, and its DAG: generate, train or predict."""
    pipeline, _, dag = dag_id.rpartition(".")
    return pipeline, dag


def within(folder: str, pipeline: str) -> str:
    """The pipeline's own folder in one that all share."""
    return f"{folder}/{pipeline}" if pipeline else folder


def file_of(pipeline: str) -> str:
    """Its file, below the checkout."""
    return f"{FOLDER}/{pipeline}.toml" if pipeline else "pipeline.toml"


def places(data_root: Path, config: Path, home: str, pipeline: str) -> tuple[tuple[Path, str], tuple[Path, str]]:
    """What is mounted where a pipeline's data root and file are seen, and each one's path on the engine's host.

    A named pipeline's lie in folders that are mounted, so a file that is replaced is seen.
    """
    if not pipeline:
        return (data_root, f"{home}/data"), (config, f"{home}/{file_of('')}")
    return (data_root.parent, f"{home}/data"), (config.parent, f"{home}/{FOLDER}")


def names(folder: Path) -> list[str]:
    """What the files in a folder are called, without the hidden ones that editors write, good names or not."""
    return sorted(path.stem for path in folder.glob("*.toml") if not path.name.startswith("."))


def read_catalog(config: Path, data_root: Path) -> Catalog:
    """Read every pipeline.

    :param config: `pipeline.toml`; `pipelines/` is beside it
    :param data_root: of a lone pipeline; those of others are in it

    Raises StepError for what is wrong with a lone pipeline.toml.
    """
    files = names(config.parent / FOLDER)
    if not files:
        return Catalog({"": load(config)}, {})
    good: dict[str, Config] = {}
    broken = _both(config)
    for name in files:
        try:
            good[name] = read_one(name, config, data_root)
        except (StepError, OSError) as error:
            broken[file_of(name)] = str(error).removeprefix(f"{config.parent / file_of(name)}: ")
    by_model: dict[str, list[str]] = {}
    for name, pipeline in good.items():
        by_model.setdefault(pipeline.pipeline.name, []).append(name)
    for model, same in by_model.items():
        for name in same if len(same) > 1 else ():
            others = ", ".join(file_of(other) for other in same if other != name)
            broken[file_of(name)] = (
                f"pipeline.name must be one that no other file has, got {model!r} as in {others}: both would write into"
                " one registered model of MLflow's"
            )
            del good[name]
    return Catalog(good, broken)


def read_one(name: str, config: Path, data_root: Path) -> Config:
    """The configuration of a named pipeline. Raises StepError, OSError or, for its name or place, ConfigError."""
    if not re.fullmatch(NAME, name):
        raise ConfigError(f"the file's name must be {NAME} before .toml, got {name!r}; rename it")
    file = config.parent / FOLDER / f"{name}.toml"
    if file.is_symlink() or (data_root / name).is_symlink():
        raise ConfigError(f"it and data/{name} must be no links, which lead elsewhere in containers")
    pipeline = load(file)
    if not (data_root / name).is_dir():
        raise ConfigError(f"data/{name} must be there for what its steps write; type: make new NAME={name}")
    return pipeline


def _both(config: Path) -> dict[str, str]:
    """What is wrong where `pipeline.toml` has settings beside files in `pipelines/`."""
    try:
        lines = text_of(config.name, read(config)).splitlines()
    except StepError:
        return {}  # none, or none that anybody would take for a pipeline's
    has_settings = any(line.strip() and not line.lstrip().startswith("#") for line in lines)
    return {"pipeline.toml": BOTH} if has_settings else {}
