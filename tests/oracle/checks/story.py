"""One history: each action is done by the steps and by the oracle, and what both have come to must be the same."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd
from checks import compare, gate, live, product
from faults.steps import Outcome, Runner
from plain import models
from plain import rows as plain_rows
from plain.mirror import Mirror, Model, Predicted
from plain.rows import Refusal
from plain.settings import Settings

DOCUMENTED = {0, 64, 65, 66, 69, 73, 74, 75, 77, 78, 80}
"""The exit codes of docs/architecture.md but for the one of a bug."""


class Story:
    """A data root, its mirror, and the steps."""

    def __init__(self, steps: dict[str, Runner], root: Path, settings: Settings) -> None:
        self.steps = steps
        self.root = root
        self.config = root.parent / "pipeline.toml"
        self.mirror = Mirror(settings)
        self.journal: list[str] = []
        self.ends: Counter[tuple[str, int]] = Counter()
        """How often a step, or a command of one, ended with a code."""
        self.judged: dict[str, Any] = {}
        """What the last judgement of a day was made from."""
        self.served: list[Model] = []
        """The models that came in use, without those that a rollback went back over: the champion is the last one."""
        self.live: dict[str, Any] = {}
        """The last report on the predictions of a day."""
        self.anchors: dict[Model, Model] = {}
        """Of each model that came in use."""
        self.next_anchor: dict[Model, Model] = {}
        """Of each model that was judged, should it come in use."""
        self.edit(settings)

    @property
    def settings(self) -> Settings:
        """Those of now."""
        return self.mirror.settings

    def copied(self, root: Path) -> Story:
        """The same below another root."""
        shutil.copytree(self.root, root)
        story = Story(self.steps, root, self.settings)
        kept = {name: dict(getattr(self.mirror, name)) for name in ("raw", "days", "models", "known", "predictions")}
        story.mirror = replace(self.mirror, **kept)
        story.judged, story.served = dict(self.judged), list(self.served)
        story.live = dict(self.live)
        story.anchors, story.next_anchor = dict(self.anchors), dict(self.next_anchor)
        return story

    def edit(self, settings: Settings) -> None:
        """Write pipeline.toml anew."""
        self.mirror.settings = settings
        self.config.write_text(settings.toml())

    # ---- the steps

    def run(self, step: str, *words: str, day: str | None = None, runner: str | None = None) -> Outcome:
        """Run a step; whatever it does, it must not end in a way that nobody foresaw."""
        asked = [*words, *(["--day", day] if day else [])]
        outcome = self.steps[runner or step].run(self.root, self.config, words=asked)
        self.journal.append(f"{step} {' '.join(asked)} -> {outcome.code}\n{outcome.output}")
        self.ends[words[0] if words and not words[0].startswith("-") else step, outcome.code] += 1
        assert outcome.code in DOCUMENTED, f"ended with {outcome.code}"
        assert "a bug in" not in outcome.output
        assert "Traceback" not in outcome.output
        assert "no such column" not in outcome.output, "a step looks for what the step before it does not write"
        return outcome

    def agree(self, outcome: Outcome, reasons: Sequence[Refusal], done: Sequence[int] = (0,)) -> bool:
        """Both refuse, or none does; True when the step did its work."""
        if reasons:
            assert outcome.code not in done, f"must be refused: {'; '.join(map(str, reasons))}"
            assert outcome.code in {reason.code for reason in reasons}, f"refused otherwise than by {reasons}"
            return False
        assert outcome.code in done, "refused, and the oracle knows no reason"
        return True

    def generate(self, day: str) -> Outcome:
        """Bring a day in."""
        asked = frozenset().union(*(raw.asked for raw in self.mirror.raw.values()))
        earlier = self.mirror.raw.get(day)
        expected, reasons = attempt(plain_rows.generate, self.root / "inbox" / day, self.settings, earlier, asked)
        outcome = self.run("generate", day=day)
        if self.agree(outcome, reasons):
            self.mirror.raw[day] = expected
        return outcome

    def preprocess(self, day: str) -> Outcome:
        """Check and type a day; the rows must be the oracle's, each with its own label."""
        expected, reasons = attempt(plain_rows.preprocess, self.mirror.raw.get(day), self.settings, day)
        outcome = self.run("preprocess", day=day)
        if self.agree(outcome, reasons):
            manifest = product.manifest(self.root / "processed" / day)
            source = product.identity(product.manifest(self.root / "raw" / day / "data"))
            self.mirror.days[day] = replace(expected, identity=product.identity(manifest), source=source)
            written = product.table(self.root / "processed" / day)
            assert manifest["counts"]["rejected"] == expected.rejected
            compare.rows(written, expected.rows, f"processed/{day}")
        return outcome

    def train(self, day: str, *words: str) -> Outcome:
        """Train; the model must answer as the oracle's, which saw the train rows of the window and no others."""
        expected, reasons = self.mirror.training(day)
        outcome = self.run("train", *words, day=day)
        if self.agree(outcome, reasons):
            directory = self.root / "models" / day
            manifest = product.manifest(directory)
            (file,) = [file for file in manifest["files"] if file["role"] == "model"]
            opened = product.opened(directory / file["path"])
            line = (file["sha256"], product.identity(manifest))
            model = replace(expected, opened=opened, identity=line)
            trained = self.mirror.labelled(model.days, "train")
            assert manifest["counts"]["rows"] == len(trained), "other rows were trained on"
            every = pd.concat([self.mirror.days[one].rows for one in model.days])
            compare.scores(
                models.scores(opened, every, self.settings), models.scores(model.plain, every, self.settings)
            )
            # the same training again is the same model
            self.mirror.models[day] = self.mirror.known.setdefault(line, model)
        return outcome

    def validate(self, day: str, *words: str) -> Outcome:
        """Judge; see `gate`."""
        return gate.validate(self, day, *words)

    def predict(self, day: str) -> Outcome:
        """Predict; each row must have the champion's own answer to what is asked now."""
        mirror, settings = self.mirror, self.settings
        reasons = [] if day in mirror.days else [Refusal(66, "not processed")]
        reasons += [Refusal(65, f"{day} was processed under other settings")] if mirror.stale([day]) else []
        champion = mirror.champion
        if champion is None:
            reasons.append(Refusal(66, "no champion"))
        elif not champion.fits(settings):
            reasons.append(Refusal(65, "the champion answers another question, or by other columns"))
        outcome = self.run("predict", day=day)
        if self.agree(outcome, reasons):
            assert champion is not None
            scored = mirror.days[day].rows
            written = product.table(self.root / "predictions" / day)
            compare.predictions(written, scored, champion, settings)
            mirror.predictions[day] = Predicted(champion, settings, scored, written)
        return outcome

    def trace(self, day: str) -> Outcome:
        """Ask where predictions come from: what was written again, or taken away, since then is no fault."""
        predicted = self.mirror.predictions.get(day)
        reasons = [Refusal(66, "no predictions")] if predicted is None else []
        if predicted is not None and predicted.damaged:
            reasons.append(Refusal(65, "the predictions are damaged"))
        outcome = self.run("predict", "trace", day=day)
        if self.agree(outcome, reasons):
            assert predicted is not None
            assert predicted.model.identity[0][:12] in outcome.output, "another model is named"
        return outcome

    def monitor(self, day: str) -> Outcome:
        """Score a day's predictions by its labels."""
        return live.monitor(self, day)

    # ---- who is champion

    def put_in_use(self, model: Model, anchor: Model, *, back: bool = False) -> None:
        """The champion from now on, and its anchor; `back`: by a rollback, which forgets whom it goes back over."""
        places = [place for place, one in enumerate(self.served) if one.identity[0] == model.identity[0]]
        if back and places:
            del self.served[places[-1] :]
        elif self.served and self.served[-1].identity[0] == model.identity[0]:
            self.served.pop()
        self.served.append(model)
        self.anchors[model] = anchor
        self.mirror.champion = model

    def predecessor(self, model: Model) -> Model | None:
        """Who was champion before a model came in use."""
        place = max(place for place, one in enumerate(self.served) if one.identity[0] == model.identity[0])
        return self.served[place - 1] if place else None


def attempt(way: Any, *arguments: Any) -> tuple[Any, list[Refusal]]:
    """What the oracle comes to, or why it must refuse."""
    try:
        return way(*arguments), []
    except Refusal as refusal:
        return None, [refusal]
