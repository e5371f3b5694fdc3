"""Links in what a backup copies: it copies what lies behind them.

So each must lead to something that is there, not back to itself, and to no backup.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from shlex import quote

from checkout.ending import CONFIGURATION, refuse
from checkout.settings import ROOT

from archives.archive import ARCHIVE, FILES, LIST


def must_be_copyable(target: Path) -> None:
    """End this program with the name of each link that a backup in `target` cannot follow; nothing is written yet."""
    if troubles := [trouble for name in FILES for trouble in _troubles(name, target, ())]:
        refuse(CONFIGURATION, "\n".join([*troubles, "no backup was made"]))


def _troubles(name: str, target: Path, above: tuple[Path, ...]) -> Iterator[str]:
    """Of a path and all below it; `name` from the checkout, `above` the folders on the way, without links."""
    path, trouble = ROOT / name, ""
    if path.is_symlink() and not path.exists():
        trouble = f"leads to {path.readlink()}, where nothing is; bring that back (is its disk mounted?), or"
    elif path.is_dir():
        real = above[-1] / path.name if above and not path.is_symlink() else path.resolve()
        if real in above:
            trouble = f"leads back to {real}, a folder on the way to it;"
        elif target.is_relative_to(real):
            trouble = f"leads to {real}, in which this backup is to lie; name another folder with TO=, or"
        elif (path / LIST).is_file() and (path / ARCHIVE).is_file():
            trouble = "is a backup, and each new one would copy it;"
        else:
            for entry in sorted(path.iterdir()):
                yield from _troubles(f"{name}/{entry.name}", target, (*above, real))
    if trouble:
        yield f"{name}: {trouble} {_way_out(name)}"


def _way_out(name: str) -> str:
    """How a path is no longer copied: the last link on the way to it goes; without one, it moves."""
    tops = [ROOT / top for top in FILES]
    for step in (Path(name), *Path(name).parents):
        path = ROOT / step
        # not the link that data/ itself may be, by whatever way it is met again
        if path.is_symlink() and path.parent.resolve() / path.name not in tops:
            return f"take the link away: rm {quote(str(step))}"
    if Path(name).parts == (name,):
        return f"take the link away: rm {quote(name)}"
    return f"move it out: mkdir -p backups && mv {quote(name)} backups/"
