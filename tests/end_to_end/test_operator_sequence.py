"""The sequences of ops/tests/test_operator_sequences.py on the real engine: what its model of an engine shows is held against it."""

import json
import os
import random
import shutil
import subprocess
import sys

import pytest
from stack import ROOT, run_in

sys.path.append(str(ROOT / "ops" / "tests"))

from operator_at_work import Operator
from world import NEVER, World, empty, picture

SEQUENCES = int(os.environ.get("MICROSTEP_ENGINE_SEQUENCES", "1"))
HELPER = "python:3.13-slim-trixie"
BYSTANDERS = {
    "bystander-database": ("owner=ada",),
    "bystander-app": ("com.docker.compose.project=bystander",),
    "bystander-by-hand": ("com.docker.compose.project=microstep",),
    "bystander-step": ("microstep.step=train", "microstep.root=/srv/far"),
}
VOLUME = "bystander_data"


def docker(*words):
    return run_in(ROOT, "docker", *words).stdout.strip()


class RealWorld(World):
    """The same surroundings with real containers and volumes; a command is killed after some time."""

    def _engine(self, engine):
        (engine / "bin").mkdir(parents=True)  # stays empty: the machine's own docker command is meant
        self.engine = engine
        for name, labels in BYSTANDERS.items():
            words = [f"--label={label}" for label in labels]
            docker("run", "--detach", f"--name={name}", "--network=none", *words, HELPER, "sleep", "7200")
        write = [
            "run",
            "--rm",
            "--network=none",
            f"--volume={VOLUME}:/volume",
            HELPER,
            "sh",
            "-c",
            "echo theirs > /volume/rows",
        ]
        docker(*write)

    def _checkout(self, checkout):
        if checkout.name == "theirs":
            super()._checkout(checkout)

    def step_of(self, checkout):
        labels = ("microstep.step=train", f"microstep.root={checkout}")
        words = [f"--label={label}" for label in labels]
        docker("run", "--detach", "--rm", "--network=none", *words, HELPER, "sleep", "5")

    def trouble(self, chance):
        name = chance.choice(["SIGKILL", "SIGTERM", "SIGINT"])
        return NEVER, (chance.uniform(0, 12), name) if chance.random() < 0.4 else None

    def wipe(self, checkout):
        if checkout == self.checkouts[0]:
            run_in(checkout, "docker", "compose", "down", "--volumes")
            empty(checkout)

    def foreign(self, checkout):
        other = next(candidate for candidate in self.checkouts if candidate != checkout)
        containers = json.loads(docker("inspect", *BYSTANDERS))
        read = ["run", "--rm", "--network=none", f"--volume={VOLUME}:/volume:ro", HELPER, "cat", "/volume/rows"]
        return {
            # what Airflow's steps do there has nothing to do with the command
            "checkout": picture(other, leave=("data", "backups", ".demo", ".env")),
            "containers": [
                (container["Id"], container["State"]["StartedAt"], container["State"]["Running"])
                for container in containers
            ],
            "volumes": docker(*read),
        }

    def close(self):
        subprocess.run(["docker", "rm", "--force", *BYSTANDERS], capture_output=True, check=False)
        subprocess.run(["docker", "volume", "rm", VOLUME], capture_output=True, check=False)


@pytest.fixture
def world(stack, tmp_path):
    """Beside the stack of the session, begun anew, without runs of its own; afterwards it is down, with nothing in it."""
    make = ("make", "--no-print-directory")
    (stack.checkout / "pipeline.toml").write_text((ROOT / "pipeline.toml").read_text())
    (tmp_path / "ours").symlink_to(stack.checkout)
    world = RealWorld(tmp_path)
    world.checkouts[0] = stack.checkout
    settings = stack.checkout / ".env"
    before = settings.read_text()
    try:
        stack.run(*make, "down")
        world.wipe(stack.checkout)
        settings.write_text(f"{before}MICROSTEP_SCHEDULE=false\n")
        (stack.data / "a-file").write_text("of ours")
        stack.run(*make, "up")
        yield world
    finally:
        world.close()
        stack.run(*make, "down")
        world.wipe(stack.checkout)
        settings.write_text(before)
        shutil.rmtree(stack.checkout / "backups", ignore_errors=True)


@pytest.mark.parametrize("seed", range(SEQUENCES))
def test_nothing_is_changed_but_what_the_commands_made(world, seed):
    chance = random.Random(1000 + seed)
    operator = Operator(world, chance)
    for _ in range(5):
        operator.step()
