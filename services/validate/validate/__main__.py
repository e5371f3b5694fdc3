"""Reads models/<day>, the champion, processed/<day> of the window. Writes reports/train/<day>, ledger, pointer."""

from __future__ import annotations

import argparse
import sys
from contextlib import nullcontext
from pathlib import Path

import analysis
from contract.cli import main as run_step
from contract.cli import open_root, open_run
from contract.config.parse import load
from contract.layout import Layout
from contract.options import Command, Step
from contract.visible import visible
from validate.work import throne_of, work

BY_HAND = "by hand"


def main() -> int:
    """Run the step; the exit code."""
    return run_step(STEP)


def history(args: argparse.Namespace) -> None:
    """Print the ledger, its chain verified."""
    from contract.ledger import read
    from validate.champion.history import as_json, table

    lines = read(Layout(open_root(args)).ledger)
    print("\n".join(as_json(lines)) if args.json else table(lines))


def rollback(args: argparse.Namespace) -> None:
    """Go back to an earlier champion."""
    from validate.champion.rollback import rollback as back

    root, config = open_root(args), load(Path(args.config))
    back(root, config, throne_of(root, config), to=args.to, by=args.by, why=args.why or "rolled back")


def adopt(args: argparse.Namespace) -> None:
    """Put a model in use that no gate judged."""
    from validate.champion.adoption import adopt as take

    root, config = open_root(args), load(Path(args.config))
    take(root, config, throne_of(root, config), to=args.to, by=args.by, why=args.why or "adopted")


def approve(args: argparse.Namespace) -> None:
    """Promote what was proposed."""
    from validate.champion.approval import approve as say_yes

    run = open_run(STEP, args)
    say_yes(run.root, run.config, throne_of(run.root, run.config), run.day, by=args.by, why=args.why)


def refuse(args: argparse.Namespace) -> None:
    """Refuse what was proposed."""
    from validate.champion.approval import refuse as say_no

    run = open_run(STEP, args)
    say_no(run.root, run.day, by=args.by, why=args.why)


def monitor(args: argparse.Namespace) -> None:
    """Judge a day's predictions by its target."""
    from validate.evaluation.live_metrics import monitor_day

    monitor_day(open_run(STEP, args))


def prune(args: argparse.Namespace) -> None:
    """Show old datasets that nobody needs, or remove them."""
    from datetime import UTC, datetime

    from validate.prune import nobody_at_work, old_datasets, remove

    root = open_root(args)
    with nobody_at_work(Layout(root)) if args.remove else nullcontext():
        old = old_datasets(root, args.keep_days, datetime.now(UTC).date())
        for each in old:
            print(f"{each.bytes / 1000:12,.0f} kB  {visible(Layout(root).name(each.path))}")
        print(f"{len(old)} old datasets, {sum(each.bytes for each in old) / 1e6:,.1f} MB")
        if args.remove:
            remove(old, root)


def _prune_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--keep-days", metavar="N", type=int, required=True, help="days whose datasets all stay")
    parser.add_argument("--remove", action="store_true", help="remove what is shown")


def _history_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="every line as the file has it")


def _answer_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", metavar="NAME", default=BY_HAND, help="who says so, for the ledger")
    parser.add_argument("--why", metavar="TEXT", default="", help="the reason, for the ledger")


def _rollback_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", metavar="MODEL", help="as adopt's MODEL (default: the champion before)")
    _answer_options(parser)


def _adopt_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--to", metavar="MODEL", required=True, help="its version, training day, or the beginning of its sha256"
    )
    _answer_options(parser)


def _no_options(parser: argparse.ArgumentParser) -> None:
    """The step's own are enough."""


STEP = Step(
    name="validate",
    package=Path(__file__).parent,
    summary="Reads models/<day>, the champion, and the test rows of the window's processed days.\n"
    "Writes reports/train/<day> and a line of ledger.jsonl; models/champion.json when the model passes.",
    work=work,
    libraries=(Path(analysis.__file__).parent,),
    commands=(
        Command("history", "print who was champion since when and why; check the ledger", _history_options, history),
        Command("rollback", "go back to an earlier champion", _rollback_options, rollback),
        Command("adopt", "put a model in use without the gate, on your word", _adopt_options, adopt),
        Command("approve", 'promote what waits for it (gate.approval = "manual")', _answer_options, approve),
        Command("refuse", "keep the champion instead", _answer_options, refuse),
        Command("monitor", "judge a day's predictions, now that its target is known", _no_options, monitor),
        Command("prune", "show, or remove, old datasets that nothing kept was made from", _prune_options, prune),
    ),
)

if __name__ == "__main__":
    sys.exit(main())
