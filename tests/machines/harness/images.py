"""Images of the main engine for an engine that has not started yet, without a copy: layers are mounted where it looks.

What the storage driver overlay2 keeps of a layer is never written again, so one folder may serve several engines. A
copy through `docker save` and `docker load` unpacks and hashes every byte: minutes for what takes a second so.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from harness.machine import Machine, environment

MAIN = "docker"
"""The engine of whoever runs the tests: where the images are built."""
_MOUNTS = "microstep-mounts"


def built(images: Sequence[str]) -> list[str]:
    """Those of some images that the main engine does not have."""
    return [image for image in images if _main("image", "inspect", image).returncode]


def lacks() -> str | None:
    """Why the main engine's images cannot be shared."""
    info = _main("info", "--format={{.DockerRootDir}} {{.Driver}}").stdout.split()
    if len(info) != 2 or info[1] != "overlay2":
        return f"the engine keeps images by {info[-1:] or 'nothing'}, and only overlay2's layers can be shared"
    return None if (Path(info[0]) / "image" / "overlay2").is_dir() else f"{info[0]} is not on this machine"


def prepare(images: Sequence[str], root: Path) -> None:
    """Have all but the layers' content in `root`, a new folder where an engine will have its data; see `mount`."""
    source = Path(_main("info", "--format={{.DockerRootDir}}").stdout.strip())
    known, ours = source / "image" / "overlay2", root / "image" / "overlay2"
    for folder in (ours / "imagedb" / "content" / "sha256", ours / "layerdb" / "sha256", root / "overlay2" / "l"):
        folder.mkdir(parents=True)
    for folder in (root, root / "image", ours, root / "overlay2", root / "overlay2" / "l"):
        folder.chmod(0o710)
    names: dict[str, dict[str, str]] = {}
    for image in images:
        identity = _main("image", "inspect", "--format={{.Id}}", image).stdout.strip()
        tag = image if ":" in image else f"{image}:latest"
        names.setdefault(tag.rpartition(":")[0], {})[tag] = identity
        content = known / "imagedb" / "content" / "sha256" / identity.removeprefix("sha256:")
        shutil.copy2(content, ours / "imagedb" / "content" / "sha256")
        chain = ""
        for layer in json.loads(content.read_bytes())["rootfs"]["diff_ids"]:
            chain = f"sha256:{hashlib.sha256(f'{chain} {layer}'.encode()).hexdigest()}" if chain else layer
            _layer(chain.removeprefix("sha256:"), known, ours, source / "overlay2", root / "overlay2")
    (ours / "repositories.json").write_text(json.dumps({"Repositories": names}))


def _layer(chain: str, known: Path, ours: Path, layers: Path, target: Path) -> None:
    if (ours / "layerdb" / "sha256" / chain).exists():
        return
    shutil.copytree(known / "layerdb" / "sha256" / chain, ours / "layerdb" / "sha256" / chain)
    cache = (known / "layerdb" / "sha256" / chain / "cache-id").read_text()
    folder = target / cache
    folder.mkdir(mode=0o710)
    (folder / "diff").mkdir()
    for name in ("link", "lower", "committed"):
        if (layers / cache / name).exists():
            shutil.copy2(layers / cache / name, folder)
    (folder / "work").mkdir(mode=0o700)
    (target / "l" / (folder / "link").read_text()).symlink_to(f"../{cache}/diff")
    with (target.parent / _MOUNTS).open("a") as file:
        file.write(f"{layers / cache / 'diff'} {folder / 'diff'}\n")


def mount(machine: Machine, root: Path) -> None:
    """Mount the layers, read-only, on the machine whose engine has its data in `root`: they go with it."""
    if (root / _MOUNTS).exists():
        # the engine mounts these two on themselves, without what is mounted in them, unless that has been done
        for folder in (str(root), str(root / "overlay2")):
            machine.run("mount", "--bind", folder, folder, check=True)
        each = 'while read -r from to; do mount --bind "$from" "$to" && mount -o remount,bind,ro "$to"; done'
        machine.run("sh", "-ec", each, given=(root / _MOUNTS).read_text(), check=True)


def _main(*words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([MAIN, *words], capture_output=True, text=True, check=False, env=environment())
