"""An operator at work: one command after the other, some of them killed, with a look around after each."""

import hashlib
import json
import os
import random
from pathlib import Path

from world import MADE, NEVER, World, picture

COMMANDS = ("backup", "backup", "backup", "restore", "restore", "prune", "rotate", "down", "up", "demo", "wipe", "step")


def whole(backup: Path) -> bool:
    """Whether a folder is a backup as its list says."""
    wanted = json.loads((backup / "backup.json").read_text())["files"]
    there = {path.name for path in backup.iterdir()} - {"backup.json"}
    return there == set(wanted) and all(
        hashlib.sha256((backup / name).read_bytes()).hexdigest() == hashed for name, hashed in wanted.items()
    )


class Operator:
    """Does one thing after the other, and looks after each whether something was changed that was not its to change."""

    def __init__(self, world: World, chance: random.Random):
        self.world, self.chance = world, chance
        self.backups: list[Path] = []
        self.done: list[str] = []

    def step(self):
        checkout, word = self.chance.choice(self.world.checkouts), self.chance.choice(COMMANDS)
        if word == "step":
            self.world.step_of(checkout)
            return
        if word == "wipe":  # as a person does it who wants to restore
            self.done.append(f"{checkout.name}: wipe")
            self.world.run(checkout, "down")
            self.world.wipe(checkout)
            return
        target = self.target(checkout)
        words = {
            "backup": ["backup", f"TO={target}"],
            "restore": ["restore", f"FROM={self.chance.choice([*self.backups, self.world.nas / 'photos'])}"],
            "prune": ["prune", "KEEP_DAYS=30", *self.chance.choice([[], ["YES=1"]])],
        }.get(word, [word])
        kill, after = self.world.trouble(self.chance)
        if word == "demo":  # tests/test_demo.py lets it come to its end
            kill, after = NEVER, (self.chance.uniform(0, 3), self.chance.choice(["SIGKILL", "SIGTERM", "SIGINT"]))
        self.done.append(f"{checkout.name}: make {' '.join(words)} {kill} {after}")
        before, there = self.world.foreign(checkout), os.path.lexists(target)
        nas, own = picture(self.world.nas), picture(checkout, leave=MADE)
        code, output = self.world.run(checkout, *words, kill=kill, after=after)
        self.done.append(f"  exit {code}")
        assert "Traceback" not in output or "KeyboardInterrupt" in output, self.story(output)
        assert self.world.foreign(checkout) == before, self.story(output)
        self.look_at_nas(nas, target if word == "backup" and not there else None, output)
        self.look_at_checkout(word, checkout, own, output)
        if word == "backup" and not there and target.exists():
            self.backups.append(target)
        if word == "backup" and there:
            assert code, self.story(output)

    def target(self, checkout: Path) -> Path:
        nas = self.world.nas
        there = [nas, nas / "photos", nas / "notes.txt", nas / "empty", nas / "link", nas / "dangling", *self.backups]
        new = [nas / f"new {len(self.done)}", nas / f"deep{len(self.done)}" / "er", nas / "link" / f"b{len(self.done)}"]
        return self.chance.choice([*there, *new, *new, *new, *new, checkout / "data" / "in"])

    def look_at_nas(self, before, target, output):
        """What was there is as it was; what is new is the backup, whole, or one that was killed, by its name."""
        after = picture(self.world.nas)
        assert {name: after.get(name) for name in before} == before, self.story(output)
        new = [self.world.nas / name for name in after if name not in before]
        if target is None:
            assert new == [], self.story(output)
            return
        target = target.parent.resolve() / target.name
        for path in new:
            ours = path == target or path.is_relative_to(target) or target.is_relative_to(path)
            assert ours or f".{target.name}.partial-" in str(path), self.story(output)
        if target.exists() and any(target.iterdir()):
            assert whole(target), self.story(output)

    def look_at_checkout(self, word, checkout, before, output):
        after = picture(checkout, leave=MADE)
        if word == "up":
            before, after = (
                {k: v for k, v in half.items() if k not in (".env", "data/.stack")} for half in (before, after)
            )
        if word == "backup":  # which leaves a word about itself
            before, after = (
                {k: v for k, v in half.items() if k not in ("data/.backed-up", "data/.backed-up.new")}
                for half in (before, after)
            )
        if word != "restore" or "must be empty" in output or "no whole backup" in output:
            assert after == before, self.story(output)
            return
        # what a restore replaced is kept
        kept = {description.split()[-1] for description in picture(checkout).values()}
        assert {description.split()[-1] for name, description in before.items() if "data" not in name} <= kept, (
            self.story(output)
        )

    def story(self, output):
        return "\n".join([*self.done, output])
