"""From one table to a model that was judged, and predictions: `make try FILE=my.csv TARGET=column`.

Infers a configuration, splits the table into days, brings them in, trains on all but the last one, judges, predicts
the last one and scores that; nothing but Python is needed. Everything is kept in a folder of `.try/` for this file and
these options. The configuration in it may be edited: the next run takes it as it is, and does again what it changes.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "ops"))

from checkout.steps import FIVE  # noqa: E402
from embedded import make_environments  # noqa: E402
from only_one import Occupied, only_one  # noqa: E402
from server import Trouble  # noqa: E402
from stages import Stages, printable  # noqa: E402
from steps import Failed, Steps  # noqa: E402
from try_results import show  # noqa: E402

import demo  # noqa: E402

HOME = ROOT / ".try"
MOST_DAYS = 29
"""Four weeks, which is a window, and the day after it."""
NO_TIME = ("\n# test_days = 0", "\ntest_days = 0")
"""What `infer` writes about a table without dates, and what holds for days that a hash made of it."""
EXPECTED = re.compile(r"^expected = .*\n", re.MULTILINE)
"""What `infer` writes of weekdays; here rows are put on days one after the other."""
IN_TIME = re.compile(r"^cross_validation = \"by_day\".*\n", re.MULTILINE)
FEWEST_IN_TIME = 7
"""Days: of fewer a training refuses folds in time. `infer` counted the table's own, which may be put on fewer here."""
DATA, NO_INPUT, REFUSED = 65, 66, 80
_SHOWN = 3
"""Warnings of infer and split."""


@dataclass(frozen=True)
class Wish:
    """What is asked for."""

    file: Path
    target: str
    options: tuple[str, ...]
    """Of `generate infer`."""
    by: str | None
    """The column of dates, where somebody names it."""
    days: int

    @property
    def name(self) -> str:
        """Of the folder: readable, and another one for other content or options."""
        digest = hashlib.sha256()
        with self.file.open("rb") as content:
            while block := content.read(1 << 20):
                digest.update(block)
        digest.update(json.dumps([self.target, self.options, self.by, self.days]).encode())
        stem = re.sub(r"[^\w-]+", "-", self.file.name.partition(".")[0]).strip("-_") or "table"
        return f"{stem}-{digest.hexdigest()[:8]}"


def asked(argv: list[str]) -> Wish:
    """The command line. Raises Trouble where the file is none."""
    parser = argparse.ArgumentParser(
        prog="make try", usage="make try FILE=my.csv TARGET=column [KEY= GROUP= BY= DAYS=]"
    )
    parser.add_argument("--file", required=True, type=Path)
    parser.add_argument("--target", required=True)
    parser.add_argument("--key", default="")
    parser.add_argument("--group", default="")
    parser.add_argument("--by", default="")
    parser.add_argument("--days", default=str(MOST_DAYS))
    args = parser.parse_args(argv)
    if not args.target:
        raise Trouble("TARGET must be the column to predict: make try FILE=my.csv TARGET=column")
    if not args.file.is_file():
        raise Trouble(f"FILE must be a file with a table, got {str(args.file)!r}: make try FILE=my.csv TARGET=column")
    if not args.days.isdecimal() or int(args.days) < 2:
        raise Trouble(f"DAYS must be 2 or more (one to predict, the others to learn from), got {args.days!r}")
    options = [f"--{name}={text}" for name in ("key", "group") if (text := getattr(args, name))]
    return Wish(args.file.resolve(), args.target, tuple(options), args.by or None, int(args.days))


def of_days(text: str, days: int) -> str:
    """What `infer` wrote, for so many days: without folds in time where they are too few for it."""
    return IN_TIME.sub("", text) if days < FEWEST_IN_TIME else text


def run(wish: Wish, home: Path) -> int:
    """Do it all; the exit code. Raises Trouble."""
    stages, data, config = Stages(6), home / "data", home / "pipeline.toml"
    data.mkdir(exist_ok=True)
    steps = Steps(ROOT, data, config, home / "steps.log")
    with stages.stage("environments, one a step (.venvs/)") as tell:
        make_environments(ROOT, tell, FIVE)
    told = steps.size
    with stages.stage(f"look at {printable(wish.file.name)}, write {config.relative_to(ROOT)}") as tell:
        written = not config.exists()
        if not written:
            tell("it is there, and stays as it is")
        else:
            steps.infer(str(wish.file), f"--target={wish.target}", *wish.options, f"--output={config}", "--force")
            text = EXPECTED.sub("", config.read_text(encoding="utf-8"))
            config.write_text(text if wish.by else text.replace(*NO_TIME), encoding="utf-8")
    with stages.stage("split it into days"):
        how = [f"--by={wish.by}", f"--days={wish.days}"] if wish.by else [f"--at-most={wish.days}"]
        steps.run("generate", "split", str(wish.file), *how)
    for warning in steps.warnings(told)[:_SHOWN]:
        print(f"      note: {printable(warning.removeprefix(f'{config}: '))}")
    days = sorted(path.parent.name for path in (data / "inbox").glob("*/_SUCCESS"))
    if written:
        config.write_text(of_days(config.read_text(encoding="utf-8"), len(days)), encoding="utf-8")
    with stages.stage(f"bring in {len(days)} days, {days[0]} to {days[-1]}") as tell:
        for step in FIVE[:2]:
            tell(step)
            steps.each(step, days)
    # the last one is kept for the prediction, and so are those whose labels nobody knows yet
    labelled = [day for day in days[:-1] or days if (data / "raw" / day / "target" / "manifest.json").exists()]
    if not labelled:
        raise Trouble(f"No row of {wish.file.name} has a value of {wish.target!r} on the days {days[0]} to {days[-1]}.")
    trained = labelled[-1]
    later = [day for day in days if day > trained] or days[-1:]
    with stages.stage(f"train on the days to {trained}, judge") as tell:
        tell("train")
        steps.run("train", f"--day={trained}")
        tell("validate")
        steps.run("validate", f"--day={trained}", may=[REFUSED])
    with stages.stage(f"predict {' to '.join(dict.fromkeys([later[0], later[-1]]))}"):
        # without a champion there is nothing to predict with, which the verdict says
        if steps.each("predict", later, may=[NO_INPUT]) == 0:
            steps.run("validate", "monitor", f"--day={later[-1]}", may=[DATA, NO_INPUT])
    show(ROOT, data, trained, days[-1])
    print(
        f"\nmake try took {stages.seconds:.0f} s. What was guessed: {config.relative_to(ROOT)}; edit it and try again."
    )
    return 0


def main(argv: list[str]) -> int:
    """The exit code."""
    signal.signal(signal.SIGTERM, demo.stop)
    if signal.getsignal(signal.SIGHUP) != signal.SIG_IGN:  # nohup
        signal.signal(signal.SIGHUP, demo.stop)
    try:
        wish = asked(argv)
        home = HOME / wish.name
        home.mkdir(parents=True, exist_ok=True)
        with only_one(home / "lock", "make try"):
            return run(wish, home)
    except KeyboardInterrupt:
        print("\nStopped.")
        return 128 + signal.SIGINT
    except Occupied as error:
        print(error, file=sys.stderr)
        return 75
    except Failed as error:
        print(f"\n{error}", file=sys.stderr)
        return error.code
    except Trouble as error:
        print(f"\n{error}", file=sys.stderr)
        return 64
    except OSError as error:
        print(f"\n{error}", file=sys.stderr)
        return 74


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
