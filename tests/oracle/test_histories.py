"""Any history: product and oracle come to the same, or the product refuses, says why, and what to do."""

import os
import tempfile
import time
from collections import Counter
from pathlib import Path

import pytest
from histories.drawing import histories
from histories.play import History, play
from hypothesis import HealthCheck, Phase, given, seed, settings

HISTORIES = int(os.environ.get("MICROSTEP_HISTORIES", "24"))
PARTS = 20 if HISTORIES >= 100 else 2
"""Each with its number as seed, so that several can run at the same time, and a failure comes again."""


@pytest.fixture(scope="session")
def begun(steps, tmp_path_factory):
    """The starts, each played when a history asks for it first."""
    made = {}

    def start(wanted):
        if wanted not in made:
            root = Path(tempfile.mkdtemp(dir=folder)) / "root"
            made[wanted] = play(History(wanted, ()), steps, root)
        return made[wanted]

    with tempfile.TemporaryDirectory(dir=memory()) as folder:
        yield start


@pytest.mark.parametrize("part", range(PARTS))
def test_the_steps_and_the_oracle_come_to_the_same(steps, begun, counts, part):
    began, ends, played = time.monotonic(), Counter(), []

    @seed(part)
    @settings(
        max_examples=HISTORIES // PARTS,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
        print_blob=False,
    )
    @given(histories())
    def run(history):
        with tempfile.TemporaryDirectory(dir=memory()) as folder:
            world = play(history, steps, Path(folder) / "root", begun(history.start))
            ends.update(world.story.ends)
            played.append(history)

    run()
    seconds = (time.monotonic() - began) / len(played)
    note = ", ".join(f"{step} {code}: {count}" for (step, code), count in sorted(ends.items()))
    counts("histories", f"seed {part}", len(played), f"{seconds:.2f} s each; {note}")


def memory():
    """Where a data root costs no disk: a step flushes every file that it writes."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
