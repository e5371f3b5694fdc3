"""Run a peer's side of a benchmark in an environment of its own, made from the lock in its folder."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def output(*command: str | Path) -> str:
    """What a command prints, both streams; RuntimeError with the last line that tells of an error when it fails."""
    done = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        lines = done.stdout.strip().splitlines()
        error = ([line for line in lines if "rror" in line] or lines or [""])[-1]
        raise RuntimeError(
            f"{Path(command[0]).name} {Path(command[1]).name} ended with {done.returncode}: {error.strip()}"
        )
    return done.stdout


def prepare(name: str) -> None:
    """Make `.venvs/bench/peers/<name>`, and the image `bench-<name>` if the folder has a Dockerfile."""
    folder = Path("bench", "peers", name)
    output(ROOT / "dev" / "env", folder)
    if (ROOT / folder / "Dockerfile").exists():
        output("docker", "build", "--quiet", "--build-context", "images=infra/images", "--tag", f"bench-{name}", folder)


def run(name: str, scratch: Path, label: str) -> tuple[float, str]:
    """Run its `run.py`: the seconds of the tasks alone, and what it ran on.

    `label` (NAME=VALUE) is put on each of its containers; below `scratch` it keeps its state from run to run.
    """
    python = ROOT / ".venvs" / "bench" / "peers" / name / "bin" / "python"
    result = json.loads(output(python, Path("bench", "peers", name, "run.py"), scratch, label).splitlines()[-1])
    return result["seconds"], result["ran"]


def remove_image(name: str) -> None:
    """Remove the image; its layers stay in the engine's build cache, so that the next time takes seconds."""
    if image := output("docker", "images", "--quiet", f"bench-{name}").strip():
        output("docker", "rmi", image)
