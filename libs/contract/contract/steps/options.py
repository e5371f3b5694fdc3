"""What a step says about itself, and its command line: options, other commands, help."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from contract.errors import ExitCode
from contract.steps.run import Run

ENVIRONMENT = {
    "day": "MICROSTEP_DAY",
    "data_root": "MICROSTEP_DATA_ROOT",
    "config": "MICROSTEP_CONFIG",
    "force": "MICROSTEP_FORCE",
    "dry_run": "MICROSTEP_DRY_RUN",
    "log_format": "MICROSTEP_LOG_FORMAT",
}
_DATA_ROOT, _CONFIG = "/data", "/config/pipeline.toml"
_MOUNTS = "--user $(id -u):$(id -g) -v $PWD/data:/data -v $PWD/pipeline.toml:/config/pipeline.toml:ro"
_LAUNCHER = "MICROSTEP_LAUNCHER"
"""What was typed to start a step, where that was no container."""
_LOG_FORMATS = ("text", "json")
_TRUTH = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}


@dataclass(frozen=True)
class Command:
    """Something a step does besides its day's work (`generate infer`)."""

    name: str
    summary: str
    add_options: Callable[[argparse.ArgumentParser], None]
    work: Callable[[argparse.Namespace], None]
    step_options: bool = True
    """Takes the step's options, too."""


@dataclass(frozen=True)
class Step:
    """What the command line needs to know about a step."""

    name: str
    package: Path
    """The directory of the step's sources."""
    summary: str
    """Two lines, `Reads …` and `Writes …`."""
    work: Callable[[Run], None]
    commands: Sequence[Command] = ()
    libraries: tuple[Path, ...] = ()
    """The directories of other sources of ours that the step uses."""


def parse(step: Step, given: Sequence[str]) -> argparse.Namespace:
    """The options as given, or by their variables. Ends the program when they are wrong, or ask for help."""
    parser = _parser(step, _commands(step.commands, given))
    if not given and ENVIRONMENT["day"] not in os.environ:
        # who has forgotten the day in a script must not take it for done
        parser.exit(ExitCode.USAGE, _most_wanted(step))
    args = parser.parse_args(given)
    if args.log_format not in _LOG_FORMATS:  # argparse does not hold a default against the choices
        parser.error(f"{ENVIRONMENT['log_format']}: must be one of {', '.join(_LOG_FORMATS)}, got {args.log_format!r}")
    for name in ("force", "dry_run"):
        if not isinstance(said := getattr(args, name), bool):  # as the variable has it
            if said.lower() not in _TRUTH:
                parser.error(f"{ENVIRONMENT[name]}: must be one of {', '.join(_TRUTH)}, got {said!r}")
            setattr(args, name, _TRUTH[said.lower()])
    if args.dry_run and args.command is not None:
        # it would be done all the same
        parser.error(f"--dry-run (or {ENVIRONMENT['dry_run']}): goes with a day's work, not with {args.command.name!r}")
    return args


def _commands(commands: Sequence[Command], given: Sequence[str]) -> Sequence[Command]:
    """None when options alone are given: argparse would take an unknown option's value for a wrong command."""
    words = {"-h", "--help", *(command.name for command in commands)}
    return () if given and given[0].startswith("-") and words.isdisjoint(given) else commands


def _parser(step: Step, commands: Sequence[Command]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog=step.name,
        description=step.summary,
        epilog=_examples(step),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    revision = os.environ.get("MICROSTEP_REVISION", "unknown")
    parser.add_argument("--version", action="version", version=f"microstep-{step.name} {revision}")
    _add_options(parser)
    parser.add_argument(
        "--dry-run",
        action="store_true",
        default=os.environ.get(ENVIRONMENT["dry_run"]) or False,
        help=f"say what would be done and why, but do nothing (default: no) [{ENVIRONMENT['dry_run']}=1]",
    )
    parser.set_defaults(command=None, step=step)
    if commands:
        others = parser.add_subparsers(title="other commands", metavar="COMMAND")
        for command in commands:
            sub = others.add_parser(command.name, help=command.summary, description=command.summary)
            if command.step_options:
                # as good after the command's name; without a default, which would hide what stands before it
                _add_options(sub, default=argparse.SUPPRESS)
            command.add_options(sub)
            sub.set_defaults(command=command)
    return parser


def _add_options(parser: argparse.ArgumentParser, **other: Any) -> None:
    def default(name: str, value: str | None = None) -> dict[str, Any]:
        return other or {"default": os.environ.get(ENVIRONMENT[name], value)}

    parser.add_argument("--day", metavar="YYYY-MM-DD", **default("day"), help="the day to work on (no default)")
    parser.add_argument(
        "--data-root",
        metavar="DIR",
        **default("data_root", _DATA_ROOT),
        help=f"the directory that all steps share (default: {_DATA_ROOT})",
    )
    parser.add_argument(
        "--config",
        metavar="FILE",
        **default("config", _CONFIG),
        help=f"the pipeline's configuration (default: {_CONFIG})",
    )
    parser.add_argument(
        "--force",
        action="store_true",
        **(other or {"default": os.environ.get(ENVIRONMENT["force"]) or False}),
        help=f"do the work again even if it is up to date (default: no) [{ENVIRONMENT['force']}=1]",
    )
    parser.add_argument(
        "--log-format", choices=_LOG_FORMATS, **default("log_format", "text"), help="log format (default: text)"
    )


class _Parser(argparse.ArgumentParser):
    """Argument errors end with our code for wrong usage; argparse's own is 2."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(ExitCode.USAGE, f"{self.prog}: {message}\n")


def _most_wanted(step: Step) -> str:
    """What to print when a step is started without arguments."""
    docker = f"docker run --rm {_MOUNTS} \\\n    microstep-{step.name}"
    start = os.environ.get(_LAUNCHER) or docker
    own = [command.name for command in step.commands if command.name != "plan"]
    second = f"{own[0]} --help" if own else "--day 2026-11-22 --dry-run"
    return f"""{step.summary}

most wanted:
  {start} --day 2026-11-22
  {start} {second}

--dry-run says what would be done, --help lists all options, commands and exit codes.
{step.name}: --day: must be given (or {ENVIRONMENT["day"]}), as YYYY-MM-DD
"""


def _examples(step: Step) -> str:
    image = f"microstep-{step.name}"
    variables = "\n".join(f"  --{name.replace('_', '-'):<12}{variable}" for name, variable in ENVIRONMENT.items())
    codes = "\n".join(f"  {code:<4}{code.meaning}" for code in ExitCode)
    return f"""examples:
  docker run --rm {_MOUNTS} \\
    {image} --day 2026-11-22
  docker compose run --rm {step.name} --day 2026-11-22 --force

every option has an environment variable:
{variables}

exit codes:
{codes}"""
