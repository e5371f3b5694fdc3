"""What validate does besides a day's judgement: its commands' options, and the start of their work."""

from __future__ import annotations

import argparse
from contextlib import nullcontext
from datetime import UTC, datetime
from pathlib import Path

from contract.config.parse import load
from contract.layout import Layout
from contract.models.ledger import read, texts
from contract.steps.cli import open_root, open_run
from contract.steps.options import Command
from contract.visible import visible
from validate import live_work
from validate.champion import history
from validate.champion.store import ChampionStore

# A day's work starts by this module, too, and must not pay for what the commands use: they are imported where they are
# called.

_BY_HAND = "hand"
"""Who said so where nobody is named: it is read as "rolled back by hand"."""


def _history(args: argparse.Namespace) -> None:
    path = Layout(open_root(args)).ledger
    lines = read(path)
    print("\n".join(history.as_json(texts(path))) if args.json else history.table(lines))


def _rollback(args: argparse.Namespace) -> None:
    from validate.champion.rollback import rollback

    root, config = open_root(args), load(Path(args.config))
    rollback(root, config, ChampionStore.of(root, config), to=args.to, by=args.by, why=args.why or "rolled back")


def _adopt(args: argparse.Namespace) -> None:
    from validate.champion.adoption import adopt

    root, config = open_root(args), load(Path(args.config))
    adopt(root, config, ChampionStore.of(root, config), to=args.to, by=args.by, why=args.why or "adopted")


def _approve(args: argparse.Namespace) -> None:
    from validate.champion.approval import approve

    run = open_run(args.step, args)
    approve(run.root, run.config, ChampionStore.of(run.root, run.config), run.day, by=args.by, why=args.why)


def _refuse(args: argparse.Namespace) -> None:
    from validate.champion.approval import refuse

    run = open_run(args.step, args)
    refuse(run.root, run.day, by=args.by, why=args.why)


def _monitor(args: argparse.Namespace) -> None:
    live_work.monitor(open_run(args.step, args))


def _prune(args: argparse.Namespace) -> None:
    from validate import prune

    root, config = open_root(args), load(Path(args.config))
    with prune.nobody_at_work(Layout(root)) if args.remove else nullcontext():
        old = prune.old_datasets(root, config, args.keep_days, datetime.now(UTC).date())
        for dataset in old:
            print(f"{dataset.bytes / 1000:12,.0f} kB  {visible(Layout(root).name(dataset.path))}")
        print(f"{len(old)} old datasets, {sum(dataset.bytes for dataset in old) / 1e6:,.1f} MB")
        if args.remove:
            prune.remove(old, root)


def _prune_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--keep-days", metavar="N", type=int, required=True, help="the last days, whose datasets are all kept"
    )
    parser.add_argument("--remove", action="store_true", help="remove what is shown")


def _history_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="print every line as it is in the file")


def _answer_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--by", metavar="NAME", default=_BY_HAND, help="who decides this (default: %(default)s)")
    parser.add_argument("--why", metavar="TEXT", default="", help="the reason (default: none)")


def _rollback_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--to", metavar="MODEL", help="a model, named as for adopt (default: the previous champion)")
    _answer_options(parser)


def _adopt_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--to", metavar="MODEL", required=True, help="the model's version, training day, or the beginning of its sha256"
    )
    _answer_options(parser)


def _no_options(parser: argparse.ArgumentParser) -> None:
    """The step's own are enough."""


COMMANDS = (
    Command("history", "print who was champion since when and why; check the ledger", _history_options, _history),
    Command("rollback", "restore an earlier champion", _rollback_options, _rollback),
    Command("adopt", "put a model in use without the gate, on your own authority", _adopt_options, _adopt),
    Command("approve", 'approve a model that waits for a person (gate.approval = "manual")', _answer_options, _approve),
    Command("refuse", "refuse that model and keep the champion", _answer_options, _refuse),
    Command("monitor", "judge a day's predictions, now that its target is known", _no_options, _monitor),
    Command("prune", "show, or remove, old datasets that nothing kept was made from", _prune_options, _prune),
)
