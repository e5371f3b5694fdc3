"""A word in the data root about the last backup, by which `make status` and its page know how old it is."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

from checkout.settings import ROOT

MARK = ".backed-up"
"""As microstep_airflow/status/storage.py reads it."""


def leave_mark(folder: Path, root: Path = ROOT) -> None:
    """Say when a backup was made, and where; the backup is good also where data/ cannot be written."""
    mark, staged = root / "data" / MARK, root / "data" / f"{MARK}.new"
    word = {"made": datetime.now(UTC).isoformat(timespec="seconds"), "folder": str(folder)}
    try:
        staged.write_text(json.dumps(word), encoding="utf-8")
        staged.chmod(0o644)  # whoever makes a backup may keep what he writes to himself
        os.replace(staged, mark)
    except OSError as error:
        print(f"data/{MARK}: cannot be written, so make status does not know of it: {error.strerror}", file=sys.stderr)
