"""The shape of a step's command line: options, logging, signals, exit code."""

from __future__ import annotations

import argparse
import hashlib
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

from contract.alone import alone
from contract.days import parse_day
from contract.errors import ExitCode, MissingInput, StepError, UsageError, code_for
from contract.run import Run
from contract.threads import set_threads
from contract.toml import config_of, read

_ENVIRONMENT = {
    "day": "MICROSTEP_DAY",
    "data_root": "MICROSTEP_DATA_ROOT",
    "config": "MICROSTEP_CONFIG",
    "force": "MICROSTEP_FORCE",
    "log_format": "MICROSTEP_LOG_FORMAT",
}
_LOG_FORMATS = ("text", "json")


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


def main(step: Step, argv: Sequence[str] | None = None) -> int:
    """Parse, run, and return the exit code."""
    stop = _Stop()
    signal.signal(signal.SIGTERM, stop)
    set_threads()
    given = sys.argv[1:] if argv is None else argv
    parser = _parser(step, _commands(step, given))
    args = parser.parse_args(given)
    if args.log_format not in _LOG_FORMATS:  # argparse does not hold a default against the choices
        parser.error(f"{_ENVIRONMENT['log_format']}: must be one of {', '.join(_LOG_FORMATS)}, got {args.log_format!r}")
    _log_to_stderr(args.log_format)
    log = logging.getLogger(step.name)
    code = _run(step, args, log)
    if stop.code and code != ExitCode.DONE:
        log.error("stopped by SIGTERM: what is said above came of it")
        return stop.code
    return code


def _run(step: Step, args: argparse.Namespace, log: logging.Logger) -> int:
    try:
        if args.command is not None:
            args.command.work(args)
        else:
            run = open_run(step, args)
            with alone(run.layout, run.step, run.date):
                step.work(run)
    except StepError as error:
        log.error("%s", error)
        return error.code
    except OSError as error:
        log.error("%s", _explain(error), exc_info=code_for(error) == ExitCode.BUG)
        return code_for(error)
    except KeyboardInterrupt:
        log.error("interrupted")
        return 128 + signal.SIGINT
    except Exception as error:
        log.exception("a bug in %s, please report it", step.name)
        # the traceback ends in the middle of the last record; one line that says it all comes after it
        log.error("%s: %s", type(error).__name__, error)
        return code_for(error)
    return ExitCode.DONE


def open_run(step: Step, args: argparse.Namespace) -> Run:
    """The run that the options ask for. Raises what is wrong with them, or with the configuration."""
    if args.day is None:
        raise UsageError(f"--day: must be given (or {_ENVIRONMENT['day']}), as YYYY-MM-DD")
    path = Path(args.config)
    content = read(path)
    return Run(
        step=step.name,
        package=step.package,
        date=parse_day(args.day),
        root=open_root(args),
        config=config_of(path.name, content),
        force=args.force,
        libraries=step.libraries,
        config_file=path,
        # of the very bytes that were read: the file may be another one by now
        config_sha256=hashlib.sha256(content).hexdigest(),
    )


def open_root(args: argparse.Namespace) -> Path:
    """The data root that the options name. Raises MissingInput when it is not there."""
    root = Path(args.data_root)
    if not root.is_dir():
        raise MissingInput(f"--data-root: {root} is not a directory; mount it, for example -v $PWD/data:/data")
    return root


def _commands(step: Step, given: Sequence[str]) -> Sequence[Command]:
    """None when options alone are given: argparse would take an unknown option's value for a wrong command."""
    words = {"-h", "--help", *(command.name for command in step.commands)}
    return () if given and given[0].startswith("-") and words.isdisjoint(given) else step.commands


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
    parser.set_defaults(command=None)
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
        return other or {"default": os.environ.get(_ENVIRONMENT[name], value)}

    parser.add_argument("--day", metavar="YYYY-MM-DD", **default("day"), help="the day to work on")
    parser.add_argument("--data-root", metavar="DIR", **default("data_root", "/data"), help="what all steps share")
    parser.add_argument(
        "--config", metavar="FILE", **default("config", "/config/pipeline.toml"), help="the pipeline's configuration"
    )
    parser.add_argument(
        "--force",
        action="store_true",
        **(other or {"default": _truth(os.environ.get(_ENVIRONMENT["force"], ""))}),
        help=f"do the work again even if it is up to date [{_ENVIRONMENT['force']}=1]",
    )
    parser.add_argument("--log-format", choices=_LOG_FORMATS, **default("log_format", "text"), help="log lines as")


class _Parser(argparse.ArgumentParser):
    """Argument errors end with our code for wrong usage; argparse's own is 2."""

    def error(self, message: str) -> NoReturn:
        self.print_usage(sys.stderr)
        self.exit(ExitCode.USAGE, f"{self.prog}: {message}\n")


def _truth(text: str) -> bool:
    return text.lower() in ("1", "true", "yes")


def _examples(step: Step) -> str:
    image = f"microstep-{step.name}"
    variables = "\n".join(f"  --{name.replace('_', '-'):<12}{variable}" for name, variable in _ENVIRONMENT.items())
    return f"""examples:
  docker run --rm --user $(id -u):$(id -g) -v $PWD/data:/data -v $PWD/pipeline.toml:/config/pipeline.toml:ro \\
    {image} --day 2026-11-22
  docker compose run --rm {step.name} --day 2026-11-22 --force

every option has an environment variable:
{variables}

exit codes: 0 done or up to date, 64 usage, 65 data, 66 input missing, 69 service unavailable, 70 bug,
  73 cannot write, 74 input/output, 75 try again, 77 not permitted, 78 configuration, 80 gate refused"""


def _log_to_stderr(form: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    if form == "json":
        from pythonjsonlogger.json import JsonFormatter

        handler.setFormatter(JsonFormatter("{asctime}{levelname}{name}{message}", style="{"))
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    # force: a library that was imported earlier may have set up logging of its own
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def _explain(error: OSError) -> str:
    """An operating-system error with, for missing rights, whose directory it is and what to do."""
    if code_for(error) != ExitCode.NOT_PERMITTED or error.filename is None:
        return str(error)
    place = Path(os.fsdecode(error.filename))
    # below a directory that may not be entered, Path.exists would raise what is being explained
    while not os.path.exists(place):  # noqa: PTH110
        place = place.parent
    owner = place.stat()
    return (
        f"{error.filename}: {error.strerror}: {place} belongs to {owner.st_uid}:{owner.st_gid}, this process is "
        f"{os.getuid()}:{os.getgid()}; run it with --user {owner.st_uid}:{owner.st_gid}"
    )


class _Stop:
    """Ends the program by an exception, so that every `with` on the way out cleans up.

    Remembers it, too: a library may make another exception of it (a compiled module that is just being imported, say).
    """

    code = 0

    def __call__(self, number: int, _: object) -> NoReturn:
        self.code = 128 + number
        raise SystemExit(self.code)
