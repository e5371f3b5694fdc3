"""What a person does about the champion: back, adopt, approve, refuse; and two judgements at the same time."""

from __future__ import annotations

import json
import threading
from typing import TYPE_CHECKING, Any

from checks import gate, product
from plain.mirror import Model, before
from plain.rows import Refusal

if TYPE_CHECKING:
    from checks.story import Story
    from faults.steps import Outcome


def model_of(story: Story, line: dict[str, Any]) -> Model:
    """The model that a line of the ledger is about."""
    return story.mirror.known[line["to"]["sha256"], line["to"]["manifest"]]


def serves(story: Story, line: dict[str, Any]) -> bool:
    """Whether the model that a line of the ledger is about is the champion by now."""
    champion = story.mirror.champion
    return champion is not None and champion.identity == (line["to"]["sha256"], line["to"]["manifest"])


def used(story: Story) -> list[dict[str, Any]]:
    """The lines that a rollback can go back along, the champion's last."""
    stack: list[dict[str, Any]] = []
    for line in product.ledger(story.root):
        if line["decision"] not in product.IN_USE:
            continue
        same = [place for place, one in enumerate(stack) if one["to"]["sha256"] == line["to"]["sha256"]]
        if line["decision"] == "rolled_back" and same:
            del stack[same[-1] :]
        elif stack and stack[-1]["to"]["sha256"] == line["to"]["sha256"]:
            stack.pop()
        stack.append(line)
    return stack


def rollback(story: Story) -> Outcome:
    """Back to the champion before, if it still answers what is asked."""
    stack, reasons, target = used(story), [], None
    if len(stack) < 2:
        reasons = [Refusal(64, "no champion before")]
    else:
        target = model_of(story, stack[-2])
        golden = [line for line in product.ledger(story.root) if line["golden"] and model_of(story, line) is target]
        if not golden:
            reasons.append(Refusal(66, "no golden rows"))
        if not target.fits(story.settings):
            reasons.append(Refusal(65, "it answers another question"))
    outcome = story.run("validate", "rollback")
    if story.agree(outcome, reasons):
        assert target is not None
        story.put_in_use(target, story.anchors[target], back=True)
    return outcome


def adopt(story: Story, day: str) -> Outcome | None:
    """Put a day's model in use, on a person's word."""
    model = story.mirror.models.get(day)
    return None if model is None else put_in_use(story, model)


def named(story: Story, to: str) -> Model:
    """The model that a message names, by its training day or the first digits of its file's hash."""
    found = [model for model in story.mirror.known.values() if model.identity[0].startswith(to)]
    return found[-1] if found else story.mirror.models[to]


def put_in_use(story: Story, model: Model) -> Outcome:
    """Adopt a model."""
    reasons = [] if model.fits(story.settings) else [Refusal(65, "it answers another question")]
    outcome = story.run("validate", "adopt", "--to", model.identity[0][:12], "--by", "ada")
    if story.agree(outcome, reasons):
        # two trainings may have come to the same file: then the ledger's is as good
        found, champion = product.champion(story.root), story.mirror.champion
        assert found is not None
        assert found["sha256"] == model.identity[0], f"{found['day']} is in use, not what was adopted"
        if champion is None or champion.identity != (found["sha256"], found["manifest"]):
            model = story.mirror.known[found["sha256"], found["manifest"]]
            story.put_in_use(model, model)
    return outcome


def answer(story: Story, day: str, word: str) -> Outcome:
    """Approve or refuse what was proposed on a day."""
    judged = [line for line in product.ledger(story.root) if line["day"] == day and line["decision"] in gate.JUDGED]
    proposed = next((line for line in reversed(judged) if line["decision"] == "proposed"), None)
    model, champion, reasons = story.mirror.models.get(day), story.mirror.champion, []
    if proposed is None:
        reasons.append(Refusal(66, "nothing was proposed"))
    elif judged[-1] is not proposed:
        reasons.append(Refusal(65, "the proposal is not the last judgement"))
    elif serves(story, proposed):
        outcome = story.run("validate", word, "--by", "ada", day=day)
        assert outcome.code == (0 if word == "approve" else 65), "the model is in use already"
        return outcome
    elif word == "approve":
        # its own file, from another training, was compared with the one before
        rivals = [proposed["from"] and proposed["from"]["sha256"], proposed["to"]["sha256"]]
        if (champion and champion.identity[0]) not in rivals:
            reasons.append(Refusal(65, "it was compared with another champion"))
        if model is None or model is not model_of(story, proposed):
            reasons.append(Refusal(65, "the day was trained again"))
        elif not model.fits(story.settings):
            reasons.append(Refusal(65, "it answers another question"))
    outcome = story.run("validate", word, "--by", "ada", day=day)
    if reasons and proposed is not None and outcome.code in (0, 80):
        # the same has been said already, by a person or by the gate, and nothing changes
        done = serves(story, proposed) if word == "approve" else judged[-1]["decision"] == "refused"
        assert done, f"{word}: done, though the day was {judged[-1]['decision']}"
        return outcome
    if story.agree(outcome, reasons, done=(0,) if word == "approve" else (80,)) and word == "approve":
        assert model is not None
        story.put_in_use(model, story.next_anchor[model])
    return outcome


def two_validates(story: Story, first: str, second: str) -> list[Outcome]:
    """Two judgements at the same time: one after the other decides, none is lost, and no older model comes in use."""
    mirror = story.mirror
    lines = len(product.ledger(story.root))
    reasons = {day: gate.reasons_against(story, day) for day in (first, second)}
    outcomes: list[Outcome] = []
    threads = [
        threading.Thread(
            target=lambda runner=runner, day=day: outcomes.append(story.run("validate", day=day, runner=runner))
        )
        for runner, day in (("validate", first), ("validate again", second))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == len(threads), "one of them ended in a way that nobody foresaw"
    assert {outcome.code for outcome in outcomes} <= {
        0,
        80,
        75,
        *(one.code for some in reasons.values() for one in some),
    }
    for line in product.ledger(story.root)[lines:]:
        assert not reasons[line["day"]], f"judged, though it must be refused: {reasons[line['day']]}"
        model = mirror.models[line["day"]]
        assert line["to"]["sha256"] == model.identity[0]
        story.judged[line["day"]] = gate.basis(story, line["day"])
        named = line["anchor"] and (line["anchor"]["sha256"], line["anchor"]["manifest"])
        anchor = story.next_anchor[model] = mirror.known[named] if named else model
        if line["decision"] == "promoted":
            assert mirror.champion is None or not before(model.day, mirror.champion.day), "an older model came in use"
            story.put_in_use(model, anchor)
    return outcomes


def check_champion(story: Story) -> None:
    """Ledger, pointer and oracle name the same model, and the same anchor."""
    found, champion = product.champion(story.root), story.mirror.champion
    if champion is None:
        assert found is None, f"{found} is in use, and nobody said so"
        return
    assert found is not None
    assert (found["sha256"], found["manifest"]) == champion.identity
    line = [line for line in product.ledger(story.root) if line["decision"] in product.IN_USE][-1]
    anchor, named = story.anchors[champion], line["anchor"] or line["to"]
    assert (named["sha256"], named["manifest"]) == anchor.identity, f"the anchor is {named['day']}, not {anchor.day}"
    pointer = json.loads((story.root / "models" / "champion.json").read_bytes())
    assert (pointer["sha256"], pointer["manifest"]) == champion.identity
