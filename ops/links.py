"""Links in what a backup copies: it copies what lies behind them, so each must lead to something, once, and to no backup."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from archive import ARCHIVE, FILES, LIST
from ending import CONFIGURATION, refuse
from settings import ROOT


def must_be_copyable(target: Path) -> None:
    """End this program, before anything is written, with the name of each link that a backup in `target` cannot follow."""
    troubles = [trouble for name in FILES for trouble in _troubles(name, (ROOT / name).resolve(), target, ())]
    if troubles:
        refuse(CONFIGURATION, "\n".join([*troubles, "no backup was made"]))


def _troubles(name: str, real: Path, target: Path, above: tuple[Path, ...]) -> Iterator[str]:
    """Of a path and all below it; `name` as it is told, `real` without links, `above` the folders on the way to it."""
    path = ROOT / name
    away = f"or take the link away: rm {quote(name)}"
    if path.is_symlink() and not path.exists():
        yield f"{name}: leads to {os.readlink(path)}, where nothing is; bring that back (is its disk mounted?), {away}"
    elif path.is_dir():
        if real in above:
            yield f"{name}: leads back to {real}, a folder on the way to it; lead it elsewhere, {away}"
        elif target.is_relative_to(real):
            yield f"{name}: leads to {real}, in which this backup is to lie; name a folder elsewhere with TO=, {away}"
        elif (path / LIST).is_file() and (path / ARCHIVE).is_file():
            yield f"{name}: is a backup, and each new one would copy it; {_out_of_the_way(name)}"
        else:
            with os.scandir(path) as entries:
                for entry in sorted(entries, key=lambda entry: entry.name):
                    below = (path / entry.name).resolve() if entry.is_symlink() else real / entry.name
                    yield from _troubles(f"{name}/{entry.name}", below, target, (*above, real))


def _out_of_the_way(name: str) -> str:
    """What to type so that a path is no longer in what is copied: the innermost link on the way to it goes, or it moves."""
    for path in (name, *map(str, Path(name).parents)):
        if (ROOT / path).is_symlink() and path not in FILES:
            return f"take the link away that leads there: rm {quote(path)}"
    return f"move it out: mv {quote(name)} backups/"
