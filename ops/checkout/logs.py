"""Follow what the parts of this checkout's stack say, those of several machines among them, until Ctrl-C."""

from __future__ import annotations

import subprocess
import sys

from checkout.ending import UNAVAILABLE, refuse
from checkout.settings import ROOT, environment


def main() -> int:
    """Returns the exit code of compose, which gets Ctrl-C as well."""
    command = ["docker", "compose", "logs", "--follow", "--tail", "50"]
    try:
        return subprocess.run(command, cwd=ROOT, env=environment(), check=False).returncode
    except FileNotFoundError:
        refuse(UNAVAILABLE, "no docker command; type: make doctor")
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
