"""Whether the pipelines' files can be read, asked before anything starts that would only break over it."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from pathlib import Path

from checkout.ending import CONFIGURATION, MISSING
from checkout.settings import PIPELINE, ROOT, environment
from pipelines.places import BOTH, FOLDER, LONE, NAME, data_of, file_of, has_settings, variables

USUAL_MODEL = "microstep"
"""What pipeline.name is where a file does not say it."""
CHECK = ("-m", "contract.config")


def what_is_wrong(file: Path = ROOT / "pipeline.toml", root: Path = ROOT) -> str:
    """The message that a step would end with; empty when there is none.

    By an environment of a part, which the demo makes. Where there is none yet, only whether it is TOML is known.
    """
    for python in sorted((root / ".venvs").glob("*/bin/python")):
        variables = os.environ | {"PYTHONPATH": str(root / "libs" / "contract")}
        done = subprocess.run([python, *CHECK, file], env=variables, capture_output=True, text=True, check=False)
        if done.returncode in (0, CONFIGURATION, MISSING):
            return done.stderr.strip() if done.returncode else ""
    return _no_toml(file)


def what_is_wrong_in_a_container() -> str:
    """The same by the image of a step, for a machine that has nothing but an engine."""
    command = ["docker", "compose", "run", "--rm", "--no-deps", "-T", "--entrypoint", "python", "generate"]
    command += [*CHECK, "/config/pipeline.toml"]
    done = subprocess.run(
        command, cwd=ROOT, env={**environment(), PIPELINE: ""}, capture_output=True, text=True, check=False
    )
    # compose has a word of its own before it
    said = done.stderr.strip().rpartition("/config/pipeline.toml: ")[2]
    return f"{ROOT / 'pipeline.toml'}: {said}" if done.returncode in (CONFIGURATION, MISSING) else ""


def what_is_wrong_in(names: Sequence[str], root: Path = ROOT) -> dict[str, str]:
    """What is wrong with files in pipelines/, by their path below the checkout, and with a pipeline.toml beside them.

    As Airflow will tell it; what needs an environment of a part is only known where there is one.
    """
    found = {LONE: BOTH} if has_settings(root) else {}
    models: dict[str, list[str]] = {}
    for name in names:
        file = file_of(name, root)
        label = file.relative_to(root).as_posix()
        if not NAME.fullmatch(name):
            found[label] = f"the file's name must be {NAME.pattern} before .toml, got {name!r}; rename it"
        elif file.is_symlink() or data_of(name, root).is_symlink():
            found[label] = f"it and data/{name} must be no links, which lead elsewhere in containers"
        elif not data_of(name, root).is_dir():
            found[label] = f"data/{name} must be there for what its steps write; type: make new NAME={name}"
        elif wrong := what_is_wrong(file, root):
            found[label] = wrong.removeprefix(f"{file}: ")
        else:
            models.setdefault(model_of(file), []).append(label)
    for model, same in models.items():
        if len(same) > 1:
            found |= {label: f"pipeline.name must be no other's, got {model!r} in {', '.join(same)}" for label in same}
    return found


def model_of(file: Path) -> str:
    """pipeline.name, by which MLflow knows what is registered."""
    import tomllib

    return str(tomllib.loads(file.read_text(encoding="utf-8-sig")).get("pipeline", {}).get("name", USUAL_MODEL))


def what_is_wrong_in_containers(names: Sequence[str]) -> list[str]:
    """The same of files in pipelines/ as `what_is_wrong_in_a_container` of a lone one: a line for each wrong one."""
    command = ["docker", "compose", "run", "--rm", "--no-deps", "-T", f"--volume={ROOT / FOLDER}:/config/{FOLDER}:ro,z"]
    command += ["--entrypoint", "python", "generate", *CHECK, *(f"/config/{FOLDER}/{name}.toml" for name in names)]
    done = subprocess.run(command, cwd=ROOT, env=variables(""), capture_output=True, text=True, check=False)
    lines = [
        line.removeprefix("/config/") for line in done.stderr.splitlines() if line.startswith(f"/config/{FOLDER}/")
    ]
    return lines if done.returncode in (CONFIGURATION, MISSING) else []


def _no_toml(file: Path) -> str:
    try:
        import tomllib
    except ImportError:  # Python 3.10, which doctor refuses
        return ""
    try:
        tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return f"{file}: not there; git checkout pipeline.toml brings the shipped one back"
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        return f"{file}: must be TOML in UTF-8, is not: {error}"
    return ""
