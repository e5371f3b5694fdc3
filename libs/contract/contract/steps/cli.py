"""How a step runs: logging, signals, exit code."""

from __future__ import annotations

import argparse
import hashlib
import logging
import signal
import sys
import warnings
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn, TextIO

from contract.config.parse import config_of, read
from contract.days import parse_day
from contract.errors import ExitCode, MissingInput, StepError, UsageError, code_for
from contract.lock import exclusive_run, refuse_if_occupied
from contract.os_errors import explain
from contract.steps.options import ENVIRONMENT, Step, parse
from contract.steps.run import Run
from contract.steps.threads import set_threads
from contract.visible import visible

CONFIG = "pipeline.toml"


def main(step: Step, argv: Sequence[str] | None = None) -> int:
    """Parse, run, and return the exit code."""
    stop = _Stop()
    signal.signal(signal.SIGTERM, stop)
    set_threads()
    args = parse(step, sys.argv[1:] if argv is None else argv)
    _log_to_stderr(args.log_format)
    log = logging.getLogger(step.name)
    code = _run(step, args, log)
    if stop.code and code != ExitCode.DONE:
        log.error("stopped by SIGTERM, which caused the error above")
        return stop.code
    return code


def _run(step: Step, args: argparse.Namespace, log: logging.Logger) -> int:
    try:
        if args.command is not None:
            args.command.work(args)
        else:
            run = open_run(step, args)
            since_the_first(run)
            if args.dry_run:
                from contract.steps.dry_run import dry

                refuse_if_occupied(run.layout, run.step, run.date)
                with dry() as dry_run:
                    step.work(replace(run, dry_run=dry_run))
            else:
                with exclusive_run(run.layout, run.step, run.date):
                    step.work(run)
    except StepError as error:
        would = f"would end with exit {error.code}: " if args.dry_run else ""
        log.error("%s%s", would, _by_its_path(error, args))
        return error.code
    except OSError as error:
        log.error("%s", explain(error, getattr(args, "data_root", None)), exc_info=code_for(error) == ExitCode.BUG)
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


def _by_its_path(error: StepError, args: argparse.Namespace) -> str:
    """The message, with the file of the configuration as it was named to us: steps call it pipeline.toml."""
    text, config = str(error), getattr(args, "config", None)
    return f"{config}{text.removeprefix(CONFIG)}" if config and text.startswith(f"{CONFIG}: ") else text


def open_run(step: Step, args: argparse.Namespace) -> Run:
    """The run that the options ask for. Raises what is wrong with them, or with the configuration."""
    if args.day is None:
        raise UsageError(f"--day: must be given (or {ENVIRONMENT['day']}), as YYYY-MM-DD")
    path = Path(args.config)
    content = read(path)
    return Run(
        step=step.name,
        package=step.package,
        date=parse_day(args.day),
        root=open_root(args),
        config=config_of(str(path), content),
        force=args.force,
        libraries=step.libraries,
        config_file=path,
        # of the very bytes that were read: the file may be another one by now
        config_sha256=hashlib.sha256(content).hexdigest(),
    )


def since_the_first(run: Run) -> None:
    """Raise UsageError for a day before the first one of pipeline.toml. No day is too late: a step has no clock."""
    first = run.config.schedule.first_day
    if run.date < first:
        raise UsageError(
            f"--day: must be schedule.first_day {first} or later, got {run.date}; if there is data of that day,"
            " write an earlier first_day into pipeline.toml"
        )


def open_root(args: argparse.Namespace) -> Path:
    """The data root that the options name. Raises MissingInput when it is not there."""
    root = Path(args.data_root)
    if not root.is_dir():
        raise MissingInput(f"--data-root: {root} is not a directory; make it (mkdir), or mount it: -v $PWD/data:/data")
    return root


def _log_to_stderr(form: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    if form == "json":
        from pythonjsonlogger.json import JsonFormatter

        handler.setFormatter(JsonFormatter("{asctime}{levelname}{name}{message}", style="{"))
    else:
        handler.setFormatter(_Text("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    # force: a library that was imported earlier may have set up logging of its own
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)
    # a library's warnings quote names from data, too: they go the same way
    warnings.showwarning = _log_warning


def _log_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    logging.getLogger("warnings").warning("%s: %s (%s:%d)", category.__name__, message, filename, lineno)


class _Text(logging.Formatter):
    """A record is one line, whatever names and values from data are in it; only a traceback has more."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        return visible(super().formatMessage(record))

    def formatException(self, ei: Any) -> str:  # noqa: N802 (logging's name)
        return visible(super().formatException(ei), keep="\n")


class _Stop:
    """Ends the program by an exception, so that every `with` on the way out cleans up.

    Remembers it, too: a library may make another exception of it (a compiled module that is just being imported, say).
    """

    code = 0

    def __call__(self, number: int, _: object) -> NoReturn:
        self.code = 128 + number
        raise SystemExit(self.code)
