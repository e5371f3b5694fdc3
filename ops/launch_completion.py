"""What a shell needs to complete the words after ./microstep: the file that dev/completion.py writes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from checkout.ending import USAGE, refuse

_FILE = Path(__file__).with_name("microstep-completion.bash")
_BEFORE = {"bash": "", "zsh": "autoload -U +X compinit && compinit -i\nautoload -U +X bashcompinit && bashcompinit\n"}


def main(words: Sequence[str]) -> int:
    """Print it for a shell."""
    shell = words[0] if words else ""
    if shell not in _BEFORE or len(words) > 1:
        got = " ".join(words) or "none"
        refuse(USAGE, f'completion: must be of bash or zsh, got {got}: eval "$(./microstep completion bash)"')
    print(_BEFORE[shell] + _FILE.read_text(encoding="utf-8"), end="")
    return 0
