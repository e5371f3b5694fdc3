#!/usr/bin/env python3
"""How large the images are: above their base, in layers of their own, and all together; what is in them.

With --rebuild also how long a change in the code keeps waiting.

    make build
    python3 bench/images.py
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "dev"))

from layers import BASE, MEGABYTE, Layer, layers, size, stored  # noqa: E402 - the path comes first

STEPS = ("generate", "preprocess", "train", "validate", "predict")
IMAGES = (*STEPS, "mlflow", "airflow", "socket-proxy", "pages")
OTHER_BASES = {"pages": "debian:trixie-slim"}
"""Of images without Python."""
LARGEST = 6
# bytes of each package with its bytecode; a file that two packages bring counts for the first
LOOK = """
import importlib.metadata as metadata, importlib.util as util, json, os
seen, sizes = set(), {}
for package in metadata.distributions():
    paths = {os.path.realpath(file.locate()) for file in package.files or ()}
    paths |= {util.cache_from_source(path) for path in paths if path.endswith(".py")}
    new = {path for path in paths - seen if os.path.isfile(path)}
    seen |= new
    sizes[package.metadata["Name"].lower()] = sum(map(os.path.getsize, new))
print(json.dumps(sizes))
"""


def packages(name: str, image: str) -> str:
    """The largest packages of an image, in words."""
    if name in OTHER_BASES:
        return f"no Python; above {OTHER_BASES[name]}"
    command = ["docker", "run", "--rm", "--network=none", "--entrypoint=python", image, "-c", LOOK]
    sizes = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    largest = sorted(sizes, key=sizes.__getitem__, reverse=True)[:LARGEST]
    return ", ".join(f"{name} {sizes[name] / MEGABYTE:.0f}" for name in largest if sizes[name] >= MEGABYTE)


def instruction(layer: Layer) -> str:
    """As it stands in the Dockerfile, nearly."""
    return layer.made_by.replace("/bin/sh -c ", "").removesuffix(" # buildkit")


def tables(prefix: str) -> None:
    """Print the sizes."""
    layers_of = {name: layers(prefix + name, OTHER_BASES.get(name, BASE)) for name in IMAGES}
    disk = stored(layers_of)
    print(f"| image | MB above {BASE} | MB in no other image | largest packages, MB |\n|---|---|---|---|")
    for name, own in layers_of.items():
        alone = size(layer for layer, users in disk.values() if users == {name})
        print(f"| {name} | {size(own):.0f} | {alone:.0f} | {packages(name, prefix + name)} |", flush=True)
    print("\n| shared layer | MB | images |\n|---|---|---|")
    for layer, users in disk.values():
        if len(users) > 1 and layer.size >= MEGABYTE:
            print(f"| `{instruction(layer)}` | {size([layer]):.0f} | {', '.join(sorted(users, key=IMAGES.index))} |")
    together, apart = size(layer for layer, _ in disk.values()), sum(size(own) for own in layers_of.values())
    print(f"\nAll together {together:.0f} MB above the base; {apart:.0f} MB if nothing were shared.")


def rebuilt(name: str, folder: Path) -> float:
    """Seconds that building a step's or Airflow's image from a copy of the sources takes; the image does not stay."""
    context = folder / "services" / name if name in STEPS else folder / name
    contexts = [
        f"--build-context={path.name}={folder / path}"
        for path in map(Path, ("infra/images", "libs/contract", "libs/analysis"))
    ]
    started = time.monotonic()
    # a name of its own: what is taken away by its id is gone under every name
    tag = f"rebuilt:{uuid.uuid4()}"
    subprocess.run(
        ["docker", "build", "--quiet", *contexts, "--tag", tag, str(context)], capture_output=True, check=True
    )
    seconds = time.monotonic() - started
    subprocess.run(["docker", "image", "rm", tag], capture_output=True, check=True)
    return seconds


def changed(path: Path) -> None:
    """Add a line that was never there before."""
    path.write_text(f"{path.read_text(encoding='utf-8')}# {uuid.uuid4()}\n", encoding="utf-8")


def rebuilds() -> None:
    """Print how long it takes to build again after a change, with everything else built."""
    users = (*STEPS, "airflow")
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for part in ("infra", "libs", "services", "airflow"):
            shutil.copytree(ROOT / part, folder / part)
        for name in users:
            rebuilt(name, folder)
        print("\n| what changed | what is built again | seconds |\n|---|---|---|")
        for name in STEPS:
            changed(folder / "services" / name / name / "__main__.py")
            print(f"| a line of {name} | {name} | {rebuilt(name, folder):.1f} |", flush=True)
        changed(folder / "libs/contract/contract/days.py")
        print(f"| a line of the contract | {', '.join(users)} | {sum(rebuilt(name, folder) for name in users):.1f} |")


def main() -> int:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--prefix", default="microstep-", help="what the images' names begin with (%(default)s)")
    parser.add_argument("--rebuild", action="store_true", help="build after a change as well")
    args = parser.parse_args()
    tables(args.prefix)
    if args.rebuild:
        rebuilds()
    return 0


if __name__ == "__main__":
    sys.exit(main())
