"""Two machines with engines of their own and a directory that they share, for all tests of a module or more.

They need root, namespaces, FUSE and MooseFS; what lacks is told by `harness.world.lacks`. The images of the steps and of
Airflow must be built: `microstep-…`, or those of the stack that MICROSTEP_PROJECT names.
"""

import os
import time

import pytest
from harness.images import built
from harness.world import lacks, world
from stage import IMAGES, Stage


@pytest.fixture(scope="session")
def possible():
    """Skips what cannot be run here; with MICROSTEP_TEST_ALL=1 nothing is skipped."""
    reason = lacks()
    if reason is None and (missing := built(IMAGES)):
        reason = f"images that are not built: {', '.join(missing)} (make build)"
    if reason and os.environ.get("MICROSTEP_TEST_ALL") == "1":
        pytest.fail(reason)
    if reason:
        pytest.skip(reason)


@pytest.fixture(scope="session")
def machines(possible):
    """Two machines, a and b, with the images of steps and of Airflow."""
    began = time.monotonic()
    with world(["a", "b"], IMAGES) as made:
        print(f"two machines, a file system and {len(IMAGES)} images: {time.monotonic() - began:.0f} s")
        yield made


@pytest.fixture(scope="session")
def stage(machines):
    """The same with a place for pipelines in the shared directory."""
    return Stage(machines)
