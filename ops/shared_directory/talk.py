"""Two sides that speak through the directory which they ask about: nothing else has to connect their machines."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PATIENCE = 120.0
"""Seconds for a word of the other side: an NFS client may believe for a minute that a file is not there."""
_LOOK = 0.01
"""Seconds between two looks."""


class SilentError(Exception):
    """The other side has not said a word for too long."""


@dataclass
class Talk:
    """A side's end. A word is a file: written under another name, renamed, numbered."""

    folder: Path
    mine: str
    theirs: str
    said: int = 0
    heard: int = 0

    def say(self, **word: Any) -> None:
        """Let the other side read a word."""
        self.said += 1
        put(self.folder / f"{self.mine}-{self.said}.json", json.dumps(word))

    def hear(self, patience: float = PATIENCE) -> dict[str, Any]:
        """The other side's next word. Raises SilentError."""
        path, end = self.folder / f"{self.theirs}-{self.heard + 1}.json", time.monotonic() + patience
        while True:
            try:
                word: dict[str, Any] = json.loads(path.read_text())
            except FileNotFoundError:
                if not self.folder.exists():
                    raise SilentError("the other side has ended") from None
                if time.monotonic() > end:
                    raise SilentError(f"the other side has said nothing for {patience:.0f} s") from None
                time.sleep(_LOOK)
            else:
                self.heard += 1
                return word

    def ask(self, does: str, patience: float = PATIENCE, **what: Any) -> Any:
        """Have the other side do something; what came of it."""
        self.say(does=does, **what)
        return self.hear(patience)["came"]


def put(path: Path, text: str) -> None:
    """Replace a file in one rename."""
    staging = path.with_name(f".{path.name}.{os.getpid()}")
    staging.write_text(text)
    os.replace(staging, path)
