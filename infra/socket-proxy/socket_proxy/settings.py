"""The proxy's settings, read once from its own environment and never from a call: what a step may have."""

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

PIPELINES = Path("/pipelines")
"""Where this container has the checkout's folder of that name."""
_UNITS = {"": 1, "b": 1, "k": 1024, "m": 1024**2, "g": 1024**3}


@dataclass(frozen=True)
class Settings:
    """The checkout that is mounted into steps, and the most that one step may take."""

    root: str
    """The checkout's absolute path on the engine's host; containers made here carry it as a label."""
    memory: int
    """In bytes."""
    cpus: float
    """In processors."""
    project: str = "microstep"
    """Compose's name of the stack, with which those of its images, containers, networks and volumes begin."""
    pipelines: Path = PIPELINES
    """The pipelines' files."""
    rootless: bool = False
    """The engine maps root of its containers to an ordinary user, who then is whom steps run as."""

    def must_have(self, pipeline: str) -> None:
        """Raise ValueError unless there is a pipeline of this name; the empty one is that of a lone pipeline.toml.

        What has no name mounts all of data/, so it must not be started where others have their own folders in there.
        """
        try:
            entries = [entry for entry in os.scandir(self.pipelines) if entry.name.endswith(".toml")]
        except FileNotFoundError:
            entries = []
        except OSError as error:
            raise ValueError(f"name: cannot be judged, pipelines/ cannot be read: {error.strerror}") from None
        files = {entry.name.removesuffix(".toml") for entry in entries if not entry.name.startswith(".")}
        # a link could lead to what is no pipeline's
        if pipeline and not any(
            entry.name == f"{pipeline}.toml" and entry.is_file(follow_symlinks=False) for entry in entries
        ):
            raise ValueError(
                f"name: must be that of a pipeline, but pipelines/{pipeline}.toml is not there, or no file"
            )
        if not pipeline and files:
            raise ValueError(f"name: must begin with a pipeline, {min(files)} say, for pipelines/ has files")

    @classmethod
    def read(cls, environment: Mapping[str, str], uid_map: str = "") -> "Settings":
        """Reads the variables that Airflow reads as well; ValueError names the one that is missing or wrong.

        `uid_map` is the kernel's, of this container: the first line of a rootless engine's has one id alone.
        """
        root = environment.get("MICROSTEP_HOST_ROOT", "")
        # the engine would see another directory than the one that is compared here
        if str(PurePosixPath(root)) != root or not root.startswith("/") or ".." in PurePosixPath(root).parts:
            raise ValueError(f"MICROSTEP_HOST_ROOT: must be the checkout's absolute path without '..', got {root!r}")
        text = environment.get("MICROSTEP_STEP_MEMORY", "2g")
        memory = re.fullmatch(r"([0-9]{1,15})([bkmg]?)", text.lower())
        if memory is None:
            raise ValueError(f"MICROSTEP_STEP_MEMORY: must be a whole number with b, k, m or g, got {text!r}")
        text = environment.get("MICROSTEP_STEP_CPUS", "1")
        if not re.fullmatch(r"[0-9]{1,4}(\.[0-9]{1,9})?", text):
            raise ValueError(f"MICROSTEP_STEP_CPUS: must be a number of processors, got {text!r}")
        project = environment.get("MICROSTEP_PROJECT", "microstep")
        if not re.fullmatch(r"[a-z0-9][a-z0-9_-]{0,99}", project):
            raise ValueError(f"MICROSTEP_PROJECT: must be a name of compose's, got {project!r}")
        rootless = uid_map.split()[2:3] == ["1"]
        return cls(root, int(memory[1]) * _UNITS[memory[2]], float(text), project, rootless=rootless)
