"""The operator's commands in any order, killed at any moment, beside other people's things: nothing of theirs is changed.

Real commands as real processes, in two checkouts that share an engine; the engine is a model (model/engine.py), and
tests/end_to_end/test_operator_sequence.py does the same on the real one.
"""

import os
import random

import pytest
from operator_at_work import Operator
from world import World

SEQUENCES = int(os.environ.get("MICROSTEP_SEQUENCES", "6"))


@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_nothing_is_changed_but_what_the_commands_made(tmp_path, seed):
    chance = random.Random(seed)
    operator = Operator(World(tmp_path), chance)
    operator.world.run(operator.world.checkouts[0], "up")
    for _ in range(chance.randrange(3, 7)):
        operator.step()
