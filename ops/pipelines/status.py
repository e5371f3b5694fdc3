"""Everything at a glance: the stack, and a line for each pipeline with what is wrong and what to type.

It only looks, and what cannot be told is `unknown` for itself alone. Ends with 0 when it could tell, with 69 when it
could not; with --check with 1 where something is wrong, or unknown. docs/decisions/0062-one-screen.md
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from typing import NoReturn

from checkout.compose import settings
from checkout.ending import UNAVAILABLE, end_tidily_when_asked_to, refuse
from checkout.settings import CLUSTER, ROOT, USER, environment, project

from pipelines.parts import Stack, ask_engine, engine
from pipelines.places import chosen

PROGRAM = ("python", "-m", "microstep_airflow.status")
MACHINES = ["docker", "compose", "exec", "-T", "airflow-scheduler", "python", "-m", "microstep_airflow.machines"]
MAILS = "/opt/airflow/mails"
ENVIRONMENTS = ("airflow", "contract", "generate")
"""Of those in .venvs/, the ones that can read a data root where there is no engine."""
OURS = (0, 1)
"""How the program ends when it could tell."""


def main() -> int:
    """Ask the service `status`; a container of its image where the stack is down; an environment where no engine is."""
    end_tidily_when_asked_to()
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pipeline", help="only this one, with the days that lack something (default: all)")
    parser.add_argument("--json", action="store_true", help="as JSON, whose shape docs/operations.md tells")
    parser.add_argument("--check", action="store_true", help="end with 1 where something is wrong, or unknown")
    parser.add_argument("--workers", action="store_true", help="also ask the workers of several machines (5 s)")
    args = parser.parse_args()
    name = chosen(args.pipeline) if args.pipeline else None
    words = ["--host", *(["--json"] if args.json else []), *(["--check"] if args.check else [])]
    words += [f"--pipeline={name}"] if name is not None else []
    if not args.json:
        words += [f"--width={shutil.get_terminal_size((100, 24)).columns}"]
        words += ["--colour"] if sys.stdout.isatty() and not os.environ.get("NO_COLOR") else []
    stack = ask_engine()
    code = _show(stack, words)
    if code is None:
        _refuse(stack)
    if args.workers and settings()[CLUSTER]:
        print("\nmachines", flush=True)
        return code or subprocess.run(MACHINES, cwd=ROOT, env=environment(), check=False).returncode
    return code


def _show(stack: Stack, words: list[str]) -> int | None:
    """Print what the first way says that leads somewhere; how it ended, or None where none does."""
    for command in _ways(stack, words):
        try:
            done = subprocess.run(
                command, input=json.dumps(stack.told()), capture_output=True, text=True, check=False, cwd=ROOT,
                env=_variables(),
            )  # fmt: skip
        except OSError:
            continue
        if done.returncode in OURS and done.stdout:
            print(done.stdout, end="", flush=True)
            return done.returncode
        print(f"{command[0]} {command[1]}: {(done.stderr.strip() or 'no word').splitlines()[-1]}", file=sys.stderr)
    return None


def _refuse(stack: Stack) -> NoReturn:
    """End this program where nothing can read the data root, with what is known of the stack."""
    what = stack.why or ("the stack is up" if stack.up else "the stack is down")
    parts = "".join(f"\n  {part['name']:<22}{part['text']}" for part in stack.parts if stack.up)
    way_out = "type: make up; where there is no engine: dev/env generate"
    refuse(
        UNAVAILABLE,
        f"{what}, and neither an image of it nor an environment in .venvs/ can read data/; {way_out}{parts}",
    )


def _ways(stack: Stack, words: list[str]) -> Iterator[list[str]]:
    """Commands that can look at the data root, the one that knows most first."""
    if stack.status:
        yield ["docker", "exec", "--interactive", stack.status, *PROGRAM, *words]
    image = f"{project()}-airflow"
    if not stack.why and engine("image", "inspect", "--format={{.Id}}", image).returncode == 0:
        yield _container(image, [*words, "--disk"])
    for environment_ in ENVIRONMENTS:
        python = ROOT / ".venvs" / environment_ / "bin" / "python"
        if python.exists():
            yield [str(python), *PROGRAM[1:], *words, "--disk"]


def _container(image: str, words: list[str]) -> list[str]:
    """One that may read what the service may, and reaches nobody; it makes no volume and no network."""
    own = settings()
    home = own["MICROSTEP_HOST_ROOT"] or str(ROOT)
    # of what is not there the engine would make a folder, root's
    mounts = [f"{home}/{name}:{place}:ro,z" for name, place in (
        ("data", "/data"), ("pipeline.toml", "/config/pipeline.toml"), ("pipelines", "/config/pipelines"),
        ("machines", "/config/machines"),
    ) if (ROOT / name).exists()]  # fmt: skip
    outbox = f"{project()}_airflow-mails"
    if engine("volume", "inspect", "--format={{.Name}}", outbox).returncode == 0:
        mounts.append(f"{outbox}:{MAILS}:ro")
    return [
        *("docker", "run", "--rm", "--interactive", "--pull=never", "--network=none", "--read-only", "--cap-drop=ALL"),
        *("--security-opt=no-new-privileges:true", "--memory=256m", f"--user={own[USER] or '65531:65531'}"),
        *(f"--volume={mount}" for mount in mounts),
        *(f"--env=MICROSTEP_PROJECT={project()}", f"--env=MICROSTEP_MAILS={MAILS}"),
        *(image, *PROGRAM, *words),
    ]


def _variables() -> dict[str, str]:
    """For an environment of this machine, which sees the checkout itself; a container has its own."""
    path = os.pathsep.join(str(ROOT / part) for part in ("libs/contract", "airflow"))
    places = {"MICROSTEP_CONFIG": "pipeline.toml", "MICROSTEP_DATA_ROOT": "data", "MICROSTEP_MAILS": ".no-mails"}
    return {
        **os.environ,
        "PYTHONPATH": path,
        "MICROSTEP_PROJECT": project(),
        **{name: str(ROOT / file) for name, file in places.items()},
    }


if __name__ == "__main__":
    sys.exit(main())
