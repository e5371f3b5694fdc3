"""Stop the stack of this checkout, with the steps that it has started; data, volumes and others' things stay."""

from __future__ import annotations

import sys

from checkout.compose import compose, docker, own_steps
from checkout.ending import end_tidily_when_asked_to
from checkout.ownership import containers_must_be_ours


def main() -> int:
    """Stop what starts steps, then end the steps, then remove the rest."""
    end_tidily_when_asked_to()
    containers_must_be_ours()
    compose("stop")
    if steps := own_steps(at_work=False):
        removal = docker("rm", "--force", *steps, check=False)  # one that ends by itself may be gone before
        if left := own_steps(at_work=False):
            sys.exit(f"still there: {', '.join(left.values())}\n{removal.stderr.strip()}")
    # orphans: the pages behind TLS, and steps run by hand; all of them this checkout's, as was just seen
    print(compose("down", "--remove-orphans").stderr.strip())
    return 0


if __name__ == "__main__":
    sys.exit(main())
