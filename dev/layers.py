"""The layers that an image adds to its base, with their sizes."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

BASE = "python:3.13-slim-trixie"
MEGABYTE = 1_000_000
"""As the engine counts."""

# the instructions that make a layer, be it empty; the others change settings alone
_LAY = ("RUN ", "COPY ", "ADD ", "WORKDIR ")

Stack = tuple[str, ...]
"""Digests from the base upwards: an engine stores a layer once for all images that have the same ones below it."""


@dataclass(frozen=True)
class Layer:
    """What one instruction of a Dockerfile stores."""

    digest: str
    size: int
    """In bytes, unpacked."""
    made_by: str


def layers(image: str, base: str = BASE) -> list[Layer]:
    """What `image` adds to `base`, the lowest first.

    Raises LookupError when an image is not here or is not built on the `base` that is here.
    """
    digests, below = _digests(image), _digests(base)
    if digests[: len(below)] != below:
        raise LookupError(f"{image}: is not built on the {base} that is here; build it again")
    return match(digests[len(below) :], _history(image)[len(_history(base)) :])


def match(digests: Sequence[str], history: Iterable[tuple[int, str]]) -> list[Layer]:
    """The layers of an image's history, which tells (size, instruction) of each, and of what makes no layer."""
    laid = [(size, instruction) for size, instruction in history if instruction.startswith(_LAY)]
    return [Layer(digest, *step) for digest, step in zip(digests, laid, strict=True)]


def stored(images: Mapping[str, Sequence[Layer]]) -> dict[Stack, tuple[Layer, set[str]]]:
    """What an engine stores for images on one base: each layer where it lies, and the images that have it."""
    by_stack: dict[Stack, tuple[Layer, set[str]]] = {}
    for image, own in images.items():
        for height, layer in enumerate(own, start=1):
            stack = tuple(lower.digest for lower in own[:height])
            by_stack.setdefault(stack, (layer, set()))[1].add(image)
    return by_stack


def size(chosen: Iterable[Layer]) -> float:
    """In megabytes."""
    return sum(layer.size for layer in chosen) / MEGABYTE


def _digests(image: str) -> list[str]:
    return list(json.loads(_docker("image", "inspect", "--format", "{{json .RootFS.Layers}}", image)))


def _history(image: str) -> list[tuple[int, str]]:
    """(size, instruction) of each step that made the image, the first one first."""
    lines = _docker("history", "--no-trunc", "--human=false", "--format", "{{json .}}", image).splitlines()
    steps = [json.loads(line) for line in reversed(lines)]
    return [(int(step["Size"]), step["CreatedBy"]) for step in steps]


def _docker(*words: str) -> str:
    done = subprocess.run(["docker", *words], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise LookupError(f"docker {' '.join(words)}: {done.stderr.strip()}")
    return done.stdout
