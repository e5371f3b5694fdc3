"""How a step runs: logging, signals, exit code."""

from __future__ import annotations

import argparse
import errno
import hashlib
import logging
import os
import signal
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from contract.alone import alone
from contract.days import parse_day
from contract.errors import ExitCode, MissingInput, StepError, UsageError, code_for
from contract.options import ENVIRONMENT, Step, parse
from contract.run import Run
from contract.threads import set_threads
from contract.toml import config_of, read

_FULL = (errno.ENOSPC, errno.EDQUOT)
_OF_A_DISK = (*_FULL, errno.EROFS, errno.EIO)


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
        log.error("%s", _explain(error, getattr(args, "data_root", None)), exc_info=code_for(error) == ExitCode.BUG)
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
        raise UsageError(f"--day: must be given (or {ENVIRONMENT['day']}), as YYYY-MM-DD")
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


def _log_to_stderr(form: str) -> None:
    handler = logging.StreamHandler(sys.stderr)
    if form == "json":
        from pythonjsonlogger.json import JsonFormatter

        handler.setFormatter(JsonFormatter("{asctime}{levelname}{name}{message}", style="{"))
    else:
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(name)s: %(message)s"))
    # force: a library that was imported earlier may have set up logging of its own
    logging.basicConfig(level=logging.INFO, handlers=[handler], force=True)


def _explain(error: OSError, data_root: str | None) -> str:
    """An operating-system error with what helps: whose directory it is, or how full which disk is.

    The libraries that write tables name no file.
    """
    if error.errno in _OF_A_DISK:
        todo = "; make room and run it again" if error.errno in _FULL else ""
        return f"{error}; {_room(data_root)}; what was there before still is{todo}"
    if code_for(error) != ExitCode.NOT_PERMITTED or error.filename is None:
        return str(error)
    place = Path(os.fsdecode(error.filename))
    # below a directory that may not be entered, Path.exists would raise what is being explained
    while not os.path.exists(place):  # noqa: PTH110
        place = place.parent
    owner = place.stat()
    whose, ours = f"{owner.st_uid}:{owner.st_gid}", f"{os.getuid()}:{os.getgid()}"
    if place.is_file() and not os.access(place, os.R_OK):
        todo = f"let all read it: chmod +r {place.name}"
    elif owner.st_uid:
        todo = f"run it with --user {whose}"
    else:  # no step should run as root
        there = Path("data", place.relative_to(data_root)) if data_root and place.is_relative_to(data_root) else place
        todo = f"give it away on the host: sudo chown -R {ours} {there}"
    return f"{error.filename}: {error.strerror}: {place} belongs to {whose}, this process is {ours}; {todo}"


def _room(data_root: str | None) -> str:
    import shutil
    import tempfile

    places = dict.fromkeys(place for place in (data_root, tempfile.gettempdir()) if place)
    room = []
    for place in places:
        with suppress(OSError):  # it is a disk with trouble
            found = shutil.disk_usage(place)
            room.append(f"{place} has {found.free / 1e6:,.1f} of {found.total / 1e6:,.1f} MB left")
    return ", ".join(room)


class _Stop:
    """Ends the program by an exception, so that every `with` on the way out cleans up.

    Remembers it, too: a library may make another exception of it (a compiled module that is just being imported, say).
    """

    code = 0

    def __call__(self, number: int, _: object) -> NoReturn:
        self.code = 128 + number
        raise SystemExit(self.code)
