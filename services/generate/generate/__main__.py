"""Bring in a day's rows and labels.

Reads inbox/<day>/ (source.kind = "files"), a database ("sql") or nothing ("synthetic").
Writes raw/<day>/data, and raw/<day>/target once there are labels.
"""

from __future__ import annotations

import sys
from pathlib import Path

from contract import cli
from contract.options import Command, Step
from contract.run import Run
from contract.sections import Files, Sql
from generate.infer.inference import add_options, infer
from generate.ingest import Source, write

SUMMARY = """Reads inbox/<day>/ (source.kind = "files"), a database ("sql") or nothing ("synthetic").
Writes raw/<day>/data, and raw/<day>/target once there are labels."""


def work(run: Run) -> None:
    """Do a day."""
    write(run, source_of(run))


def source_of(run: Run) -> Source:
    """What `[source]` asks for; the others' libraries are not imported."""
    if isinstance(run.config.source, Files):
        from generate.inbox import Inbox

        return Inbox(run)
    if isinstance(run.config.source, Sql):
        from generate.query_rows import Query

        return Query(run)
    from generate.customers import Customers

    return Customers(run)


def main() -> int:
    """The exit code."""
    summary = "write a first pipeline.toml from a CSV or Parquet file"
    command = Command("infer", summary, add_options, infer, step_options=False)
    return cli.main(Step("generate", Path(__file__).parent, SUMMARY, work, [command]))


if __name__ == "__main__":
    sys.exit(main())
