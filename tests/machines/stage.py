"""A checkout's data and pipelines in a directory that machines share, and steps that run on one of them."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from conformance.images import HOUSE_RULES
from harness.world import World

ROOT = Path(__file__).parents[2]
STEPS = ("generate", "preprocess", "train", "validate", "predict")
PREFIX = os.environ.get("MICROSTEP_PROJECT", "microstep")
IMAGES = tuple(f"{PREFIX}-{name}" for name in (*STEPS, "airflow"))
OWNER = 1000


@dataclass(frozen=True)
class Stage:
    """`home` is the checkout's place on every machine."""

    world: World

    @property
    def home(self) -> Path:
        return self.world.shared

    def seen(self, path: Path, machine: str = "a") -> Path:
        """For a look from outside."""
        return self.world.seen(machine, path)

    def pipeline(self, name: str, text: str) -> Path:
        """Make a pipeline; its data root."""
        for folder in (self.home / "pipelines", self.home / "data" / name):
            self.seen(folder).mkdir(parents=True, exist_ok=True)
        self.seen(self.home / "pipelines" / f"{name}.toml").write_text(text)
        os.chown(self.seen(self.home / "data" / name), OWNER, OWNER)
        return self.home / "data" / name

    def words(
        self, step: str, day: str, *more: str, pipeline: str, machine: str, data: Path | None = None
    ) -> list[str]:
        """The command that runs a step by hand, as Airflow would run it."""
        image = self.image(step, machine)
        return [
            *("docker", "run", *HOUSE_RULES, f"--user={OWNER}:{OWNER}", f"--env=MICROSTEP_IMAGE={image}"),
            f"--volume={data or self.home / 'data' / pipeline}:/data",
            f"--volume={self.home}/pipelines/{pipeline}.toml:/config/pipeline.toml:ro",
            *(f"{PREFIX}-{step}", "--day", day, *more),
        ]

    def step(self, step: str, day: str, *more: str, pipeline: str, machine: str, data: Path | None = None):
        """Run a step on a machine, to its end."""
        words = self.words(step, day, *more, pipeline=pipeline, machine=machine, data=data)
        return self.world.machines[machine].run(*words)

    def begin(self, step: str, day: str, *more: str, pipeline: str, machine: str) -> subprocess.Popen[bytes]:
        """Run it beside the test."""
        words = self.words(step, day, *more, pipeline=pipeline, machine=machine)
        return self.world.machines[machine].start(*words, log=self.world.state / f"{machine}-{step}.log")

    def image(self, step: str, machine: str) -> str:
        """The id of a step's image."""
        shown = self.world.engines[machine].docker("image", "inspect", f"{PREFIX}-{step}", check=True)
        return str(json.loads(shown.stdout)[0]["Id"])
