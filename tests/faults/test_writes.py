"""A step is broken at each of its writes: the old output is there or the new one, and the next run succeeds."""

import os
import re

import pytest
from state import champion, datasets, ledger, staging
from steps import STEPS, copied

KINDS = ("kill", "tear", "ENOSPC", "EIO", "EROFS", "EDQUOT", "EFBIG")
# each so-many-th write; 1 takes twenty minutes more
EVERY = int(os.environ.get("MICROSTEP_FAULTS_EVERY", "10"))
FAILURES = {"ENOSPC": {73}, "EROFS": {73}, "EDQUOT": {73}, "EFBIG": {73}, "EIO": {74}}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_that_is_broken_at_any_write_leaves_the_old_or_the_new(runners, stories, tmp_path, counts, step, kind):
    story, runner = stories[step], runners[step]
    old, new = datasets(story.before), datasets(story.after)
    assert old != new, "the step has something to do"
    promises = {
        "champion": (champion(story.before), champion(story.after)),
        "ledger": (ledger(story.before), ledger(story.after)),
    }
    total = runner.run(copied(story.before, tmp_path / "root"), story.config).calls
    assert total > 5, "the step writes"
    tried = range(1, total + 1, EVERY)
    for at in tried:
        root = copied(story.before, tmp_path / "root")
        ended = runner.run(root, story.config, at, kind)
        where = f"{step}, {kind} at call {at} of {total}: {ended.call}\n{ended.output}"
        if kind in ("kill", "tear"):
            assert ended.code == -9, where
        else:
            # what only tidies up or speeds up may fail without harm
            assert ended.code in FAILURES[kind] | {0}, where
            assert "a bug in" not in ended.output, where
            if ended.code:
                assert re.search(rf"ERROR {step}: {root}/\S+: .*; then run this again", ended.output), where
        left = datasets(root)
        for name in {*old, *new}:
            assert left.get(name) in (old.get(name), new.get(name)), f"{name} is mixed: {where}"
        assert champion(root) in promises["champion"], where
        assert ledger(root) in promises["ledger"], where
        # the next run
        again = runner.run(root, story.config)
        assert again.code == 0, f"{where}\nthe next run: {again.output}"
        assert datasets(root) == new, where
        assert champion(root) == promises["champion"][1], where
        assert ledger(root) == promises["ledger"][1], where
        assert staging(root) == [], where
    counts("broken writes", f"{step}, {kind}", len(tried), f"of {total}")
