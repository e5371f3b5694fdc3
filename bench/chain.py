#!/usr/bin/env python3
"""Time a chain of five steps with nothing to do, in local containers: bare, ours by hand, KFP's and Dagster's.

The chains run in turn, round after round; a ratio is the median of the rounds' ratios. No container has a network. A
bare one runs `python -c pass`; ours run as README.md says, on a small data root where all is up to date. Each peer
has an environment of its own, from the lock in bench/peers/<peer>, and keeps its state between rounds. For a peer,
"whole" is its command, imports and all, "chain" its tasks alone, from the first one's start to the last one's end;
by hand the two are one; where "ours /" is below 1, ours is ahead. A peer's run that fails is repeated and counted; a
peer that does not run here is listed with the reason.

    make build
    python3 bench/chain.py
"""

from __future__ import annotations

import argparse
import functools
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests" / "faults"))

from peers import environment  # noqa: E402 - the path comes first
from peers.environment import output  # noqa: E402
from steps import DAY, DAYS, STEPS, config  # noqa: E402

PYTHON = "python:3.13-slim-trixie"
PEERS = {"kfp": "KFP, DockerRunner", "dagster": "Dagster, docker executor"}
TRIES = 5
LABEL = f"bench-chain={os.getpid()}"
"""Of every container that this process has started."""
RUN = ("docker", "run", "--rm", "--network", "none", "--label", LABEL)


@dataclass
class Chain:
    """One way to run the five steps; `run` gives the seconds of the tasks alone, None when that is all it does."""

    name: str
    run: Callable[[], float | None]
    peer: bool = False
    whole: list[float] = field(default_factory=list)
    """Seconds, a round each, as in `alone`."""
    alone: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)
    """The error of each run that failed."""
    out: bool = False
    """It does not run here."""


def bare(images: list[str]) -> None:
    """Start Python in each image, for nothing."""
    for image in images:
        output(*RUN, "--entrypoint", "python", image, "-c", "pass")


def step(name: str, day: str, root: Path) -> str:
    """The log of a step, run by hand."""
    user = f"{os.getuid()}:{os.getgid()}"
    mounts = ("-v", f"{root}/data:/data", "-v", f"{root}/pipeline.toml:/config/pipeline.toml:ro")
    return output(*RUN, "--user", user, *mounts, f"microstep-{name}", "--day", day)


def up_to_date(root: Path) -> None:
    """Run the five steps; RuntimeError when one finds work."""
    for name in STEPS:
        if "up to date" not in (log := step(name, DAY, root)):
            raise RuntimeError(f"{name} is not up to date: {log.strip()}")


def fill(root: Path) -> None:
    """Make a data root in which every step is up to date for DAY."""
    (root / "data").mkdir(parents=True)
    (root / "pipeline.toml").write_text(config(seed=7, margin=0.01))
    for name in STEPS[:2]:
        for day in DAYS:
            step(name, day, root)
    # validate twice: after predict it has predictions to look back on
    for name in (*STEPS[2:], "validate"):
        step(name, DAY, root)


def peer(name: str, scratch: Path, versions: set[str]) -> Chain:
    """A peer's chain, with all that it needs; what it runs on goes to `versions`."""

    def run() -> float:
        seconds, ran = environment.run(name, scratch, LABEL)
        versions.add(ran)
        return seconds

    scratch.mkdir()
    chain = Chain(PEERS[name], run, peer=True)
    try:
        environment.prepare(name)
    except RuntimeError as error:
        chain.failures.append(str(error))
        chain.out = True
    return chain


def remove_containers() -> None:
    """Remove what a chain left: Dagster never removes its ops' containers."""
    if left := output("docker", "ps", "--all", "--quiet", "--filter", f"label={LABEL}").split():
        output("docker", "rm", "--force", *left)


def time_once(chain: Chain) -> tuple[float, float]:
    """Seconds of one run: whole, and alone. RuntimeError when it failed, or did not start five containers."""
    since = time.time()
    begin = time.perf_counter()
    try:
        alone = chain.run()
        whole = time.perf_counter() - begin
        window = ("--since", f"{since:.6f}", "--until", f"{time.time():.6f}")
        starts = ("--filter", f"label={LABEL}", "--filter", "event=start", "--format", "{{.ID}}")
        count = len(output("docker", "events", *window, *starts).split())
    finally:
        remove_containers()
    if count != len(STEPS):
        raise RuntimeError(f"{count} containers were started, not {len(STEPS)}")
    return whole, whole if alone is None else alone


def attempt(chain: Chain) -> tuple[float, float] | None:
    """As `time_once`; a peer is tried again when it fails, and out, so None, after TRIES failures."""
    while not chain.out:
        try:
            return time_once(chain)
        except RuntimeError as error:
            if not chain.peer:
                raise
            chain.failures.append(str(error))
            chain.out = len(chain.failures) >= TRIES
    return None


def play(chains: list[Chain], runs: int) -> None:
    """Time each chain `runs` times, in turn, after a run that does not count."""
    for number in range(runs + 1):
        for chain in chains:
            if (seconds := attempt(chain)) is None:
                continue
            print(f"round {number} of {runs}: {chain.name}: {seconds[0]:.2f} s", file=sys.stderr, flush=True)
            if number:
                chain.whole.append(seconds[0])
                chain.alone.append(seconds[1])


def table(chains: list[Chain], ours: Chain) -> Iterator[str]:
    """The lines of the table; the first chain is what all are compared with."""

    def ratio(some: list[float], others: list[float]) -> str:
        return f"{median(one / other for one, other in zip(some, others, strict=True)):.2f}"

    yield "| five steps | whole, s | chain, s | whole / bare | chain / bare | ours / whole | ours / chain |"
    yield "|---" * 7 + "|"
    for chain in chains:
        if chain.out:
            yield f"| {chain.name} | does not run here: {chain.failures[-1]} |" + " |" * 5
            continue
        both = (chain.whole, chain.alone)
        cells = [f"{median(times):.2f} ({min(times):.2f} to {max(times):.2f})" for times in both]
        cells += [ratio(times, chains[0].whole) for times in both]
        cells += [ratio(ours.whole, times) for times in both]
        yield f"| {chain.name} | {' | '.join(cells)} |"
    for chain in chains:
        if chain.failures and not chain.out:
            yield f"\n{chain.name}: {len(chain.failures)} runs failed and were repeated; the last: {chain.failures[-1]}"


def main() -> int:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=5, help="rounds that count, after one that does not (default: 5)")
    runs = parser.parse_args().runs
    versions: set[str] = set()
    with tempfile.TemporaryDirectory(prefix="bench-chain-") as home:
        root = Path(home)
        ours = Chain("ours, up to date", functools.partial(up_to_date, root / "ours"))
        chains = [
            Chain(f"bare, {PYTHON}", functools.partial(bare, [PYTHON] * len(STEPS))),
            Chain("bare, the steps' images", functools.partial(bare, [f"microstep-{name}" for name in STEPS])),
            ours,
        ]
        try:
            fill(root / "ours")
            chains += [peer(name, root / name, versions) for name in PEERS]
            play(chains, runs)
        finally:
            remove_containers()
            for name in PEERS:
                environment.remove_image(name)
    print("\n".join(table(chains, ours)))
    engine = output("docker", "version", "--format", "engine {{.Server.Version}}").strip()
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    host = f"Python {platform.python_version()}, {os.cpu_count()} processors, {memory:.0f} GiB"
    print(f"\n{runs} rounds; {'; '.join([engine, *sorted(versions), host])}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
