"""What Microstep needs of a directory that machines share, and what goes wrong where it lacks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from shared_directory import files, locks
from shared_directory.pair import Pair


@dataclass(frozen=True)
class Property:
    """One thing that is needed, how it is tried, and what goes wrong where it lacks."""

    name: str
    holds: Callable[[Pair], str]
    """What was measured. Raises LackingError."""
    without: str
    subject: str
    """Which of `ways_out` helps: `visible`, `locks`, `rename` or `disk`."""


PROPERTIES = (
    Property(
        *("a new file is seen at once", files.is_seen_at_once),
        *("a step would miss what the step before it wrote, and Airflow's waits last longer", "visible"),
    ),
    Property(
        *("a replaced file is read anew", files.is_read_as_replaced),
        *("a step, and the days after it, would use the old dataset", "visible"),
    ),
    Property(
        *("the holder of a file's lock reads all that was appended", files.is_read_as_grown),
        *("two machines would write the ledger's lines over each other", "visible"),
    ),
    Property(
        *("a reader finds the old file or the new one", files.is_whole_while_replaced),
        *("a step would find half a manifest, or none, of a day that is done", "rename"),
    ),
    Property(
        *("a name is taken once", files.is_made_once),
        *("two writers would have one staging directory", "rename"),
    ),
    Property(
        *("a lock of a whole file excludes (flock)", locks.excludes("flock")),
        *("what a living writer has begun would be swept, two would decide about the champion at once", "locks"),
    ),
    Property(
        *("a lock of one byte excludes (lockf)", locks.excludes("lockf")),
        *("two machines would do the same step and day at once", "locks"),
    ),
    Property(
        *("a lock is given to whoever waits", locks.waits),
        *("validate would wait forever", "locks"),
    ),
    Property(
        *("a lock ends with its process", locks.ends_with_its_holder),
        *("after a kill no run could do that day again", "locks"),
    ),
    Property(
        *("files and folders are flushed", files.is_flushed),
        *("a power cut could lose a day that was reported as done", "disk"),
    ),
)
