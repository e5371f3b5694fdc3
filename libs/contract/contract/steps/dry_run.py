"""What a run would do, reported instead of done: each dataset that its step would write, and why."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from contract.datasets.manifest import PLANNED, Field, File, Manifest, read_manifest
from contract.datasets.recipe import Recipe
from contract.errors import DataError, MissingInput

if TYPE_CHECKING:
    from contract.steps.run import Run

_MOST = 60
"""Characters of a value that are shown."""
_FEW = 2
"""So many inputs are named one by one."""


@dataclass(frozen=True)
class _Intent:
    """One thing that a run would do, or leaves as it is."""

    what: str
    """A dataset's path below the data root, or what else would be done."""
    why: tuple[str, ...]
    """Empty for a dataset that is up to date."""
    manifest: Manifest | None = None
    """Of a dataset that would be written, as far as it is known before the work is done."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """What the command `plan` prints of a day."""

    step: str
    day: str
    code: int
    """The exit code that the run would end with, as far as it can be told before the work is done."""
    error: str
    intents: list[_Intent]


@dataclass
class DryRun:
    """What a run has reported so far."""

    intents: list[_Intent] = field(default_factory=list)

    def leaves(self, name: str) -> None:
        """Note a dataset that is up to date."""
        self.intents.append(_Intent(name, ()))

    def would(self, step: str, what: str, why: str) -> None:
        """Report what else would be done."""
        self._tell(step, _Intent(what, (why,)))

    def would_write(
        self,
        run: Run,
        path: Path,
        recipe: Recipe,
        *,
        columns: Sequence[str] = (),
        counts: dict[str, Any] | None = None,
        notes: dict[str, Any] | None = None,
        why: str = "",
    ) -> None:
        """Report that a dataset would be written; later decisions treat it as written.

        `columns`, `counts`, `notes`: what later decisions need from its manifest, as far as it is known by now.
        """
        reasons = ((why,) if why else ()) + tuple(_reasons(path, recipe, run))
        rows = (counts or {}).get("rows_out")
        planned = Manifest(
            step=recipe.step,
            day=recipe.day,
            fingerprint=recipe.fingerprint,
            code=recipe.code,
            settings=_plain(recipe.settings),
            inputs=list(recipe.inputs),
            schema=[Field(name, "") for name in columns],
            # where nobody knows yet how many rows there will be: some
            files=[File(path="planned", role="rows", bytes=0, sha256="", rows=1 if rows is None else rows)],
            counts=counts or {},
            notes=notes or {},
            run={},
        )
        PLANNED[path] = planned
        self._tell(run.step, _Intent(run.layout.name(path), reasons, planned))

    def _tell(self, step: str, intent: _Intent) -> None:
        self.intents.append(intent)
        verb = "would write " if intent.manifest is not None else "would "
        logging.getLogger(step).info("%s%s: %s", verb, intent.what, "; ".join(intent.why))


@contextmanager
def dry() -> Iterator[DryRun]:
    """A dry run; when it ends, nothing counts as written any more."""
    try:
        yield DryRun()
    finally:
        PLANNED.clear()


def _reasons(path: Path, recipe: Recipe, run: Run) -> Iterator[str]:
    """Why the dataset at a path is not the one that `recipe` makes."""
    try:
        before = read_manifest(path)
    except MissingInput:
        yield "it is not there"
        return
    except DataError as error:
        yield str(error)
        return
    if run.force:
        yield "--force"
    elif before.fingerprint == recipe.fingerprint:
        yield "it is damaged"
    yield from _of_settings("", before.settings, _plain(recipe.settings))
    yield from _of_inputs({given.path: given.sha256 for given in before.inputs}, recipe, run)
    if before.code != recipe.code:
        yield f"it was made by other code of {recipe.step}"


def _plain(value: Any) -> Any:
    """As a manifest that was written and read has it."""
    return msgspec.json.decode(msgspec.json.encode(value))


def _of_settings(name: str, then: Any, now: Any) -> Iterator[str]:
    if then == now:
        return
    then_by_name, now_by_name = _by_name(then), _by_name(now)
    if then_by_name is None or now_by_name is None:
        yield f"{name}: was {_shown(then)}, is {_shown(now)}"
        return
    for key in dict.fromkeys([*then_by_name, *now_by_name]):
        # a table that came, or went, as a whole is no list of its keys
        yield from _of_settings(f"{name}.{key}".lstrip("."), then_by_name.get(key), now_by_name.get(key))
    if then_by_name == now_by_name:
        yield f"{name}: in another order"


def _by_name(value: Any) -> dict[str, Any] | None:
    """A table by its keys, a list of tables with names by these; None for anything else."""
    if isinstance(value, list) and value and all(isinstance(item, dict) and "name" in item for item in value):
        return {item["name"]: {key: of for key, of in item.items() if key != "name"} for item in value}
    return value if isinstance(value, dict) else None


def _shown(value: Any) -> str:
    if value is None:
        return "not there"
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    text = repr(text) if isinstance(value, str) else text
    return text if len(text) <= _MOST else f"{text[:_MOST]}…"


def _of_inputs(then: dict[str, str], recipe: Recipe, run: Run) -> Iterator[str]:
    now = {given.path: given.sha256 for given in recipe.inputs}
    changed = [path for path in now if path in then and now[path] != then[path]]
    yield from _named([path for path in changed if run.root / path in PLANNED], "is made again first")
    yield from _named([path for path in changed if run.root / path not in PLANNED], "is another one now")
    yield from _named([path for path in now if path not in then], "is new")
    yield from _named([path for path in then if path not in now], "is no longer part of it")


def _named(paths: list[str], what: str) -> Iterator[str]:
    if len(paths) <= _FEW:
        yield from (f"{path} {what}" for path in paths)
    else:
        yield f"{paths[0]} to {paths[-1]}: each of these {len(paths)} {what}"
