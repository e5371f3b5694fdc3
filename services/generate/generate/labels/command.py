"""The command `generate labels`: its options, and the start of its work."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

from contract.config.parse import config_of, read
from contract.config.source import Files
from contract.errors import MissingInput, UsageError
from contract.layout import Layout
from contract.steps.cli import open_root
from contract.steps.options import Command


def _labels(args: argparse.Namespace) -> None:
    root, config = open_root(args), config_of(args.config, read(Path(args.config)))
    if not isinstance(config.source, Files):
        raise UsageError(
            f'{args.config}: source.kind must be "files" for labels in inbox/labels/; of a database give '
            "source.target_query without :day, which gives the labels of all days"
        )
    if not Layout(root).labels.is_dir():
        raise MissingInput(f"{root}/inbox/labels: must be a folder with files of labels (key and target), got none")
    from generate.labels.spread import spread  # noqa: PLC0415 - a day's work starts by this module as well

    changed, wrong = spread(Layout(root), config)
    days = ", ".join(sorted(changed))
    next_ = f"new labels for {days}: generate these days again" if days else "no day has new labels"
    logging.getLogger("generate").info("inbox/labels: %s", next_)
    if wrong is not None:
        raise wrong


LABELS = Command(
    "labels",
    "assign each label of the files in inbox/labels/ to the day of its row, as every generate run does",
    add_options=lambda _: None,
    work=_labels,
)
"""Spread labels of many days."""
