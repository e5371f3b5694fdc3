"""A real file system that machines share: MooseFS of Debian's packages, by FUSE."""

from __future__ import annotations

from pathlib import Path

from harness.machine import NETWORK, Machine, until

COMMANDS = ("mfsmaster", "mfschunkserver", "mfsmount")
SUSTAIN = 120
"""Seconds for which the master keeps the locks of a client that it hears nothing of."""
_MASTER = """
WORKING_USER = root
WORKING_GROUP = root
DATA_PATH = {state}/master
EXPORTS_FILENAME = {state}/exports.cfg
MATOML_LISTEN_HOST = {address}
MATOCS_LISTEN_HOST = {address}
MATOCL_LISTEN_HOST = {address}
SESSION_SUSTAIN_TIME = {sustain}
"""
_CHUNKS = """
WORKING_USER = root
WORKING_GROUP = root
DATA_PATH = {state}/chunk
HDD_CONF_FILENAME = {state}/hdd.cfg
MASTER_HOST = {address}
CSSERV_LISTEN_HOST = {address}
"""


class MooseFS:
    """Its master and one chunk server, on one machine."""

    def __init__(self, machine: Machine, sustain: int = SUSTAIN) -> None:
        self.machine, state = machine, machine.state
        names = {"state": state, "address": machine.address, "sustain": sustain}
        for folder in ("master", "chunk", "disk"):
            (state / folder).mkdir()
        (state / "master" / "metadata.mfs").write_bytes(b"MFSM NEW")
        (state / "exports.cfg").write_text(f"{NETWORK}.0/24 / rw,alldirs,maproot=0\n")
        # with a size behind it what others use of the disk would be counted, and nothing could be written
        (state / "hdd.cfg").write_text(f"{state / 'disk'}\n")
        (state / "master.cfg").write_text(_MASTER.format(**names))
        (state / "chunk.cfg").write_text(_CHUNKS.format(**names))
        # their daemons keep what they were given as standard output, so it must be no pipe
        for program, file in (("mfsmaster", "master.cfg"), ("mfschunkserver", "chunk.cfg")):
            started = machine.start(program, "-c", str(state / file), "start", log=state / f"{program}.log")
            assert started.wait(60) == 0, (state / f"{program}.log").read_text()

    def mount(self, machine: Machine, path: Path, *options: str) -> None:
        """Mount it on a machine, in which containers' bind mounts are looked up, too; wait until it takes a file."""
        words = [
            "mfsmount",
            str(path),
            "-H",
            self.machine.address,
            *(word for each in options for word in ("-o", each)),
        ]
        log = machine.state / "mfsmount.log"
        assert machine.start(*words, log=log).wait(60) == 0, log.read_text()
        # the first chunk server tells the master of itself within seconds
        takes = ("sh", "-c", 'echo > "$1" && rm "$1"', "sh", str(path / f".{machine.name}"))
        until(lambda: machine.run(*takes, seconds=120).returncode == 0, 60, f"MooseFS on {machine.name}")
