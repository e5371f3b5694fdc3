"""Run a step of this checkout without Docker: `./microstep train --day 2026-11-22`.

The step takes this process's place, so its exit code is the exit code, and a signal reaches it at once. Its environment
(`.venvs/<step>`) is made first where it lacks. What a container is given by its mounts, a step is given here by
variables: the pipeline's file, its data root and its secrets. One that is set already stays.
"""

from __future__ import annotations

import difflib
import os
import subprocess
import sys
import textwrap
from collections.abc import Sequence
from typing import NoReturn

from checkout.ending import USAGE, refuse
from checkout.settings import PIPELINE, ROOT
from checkout.steps import added, summary
from pipelines.places import FOLDER, LONE, SECRETS, all_of, data_of, file_of, names, refuse_both

STEPS = {
    "generate": "bring a day's rows in: inbox/<day> (or a database, or made-up rows) -> raw/<day>",
    "preprocess": "check and type them: raw/<day> -> processed/<day>",
    "train": "find a model on the days of the window: processed/… -> models/<day>",
    "validate": "compare it with the champion, promote or refuse it: -> reports/train/<day>",
    "predict": "score a day with the champion: processed/<day> -> predictions/<day>",
}
"""The shipped ones; `make step` adds others."""
OTHERS = {
    "check": "what of a file would be rejected, by rule, with rows: ./microstep check FILE; stores nothing",
    "plan": "what the next run of each DAG would do, what it would leave, and why",
    "completion": 'for bash or zsh: eval "$(./microstep completion bash)"',
}
WITHOUT_A_PIPELINE = ("-h", "--help", "--version")
"""Options with which a step reads no pipeline; nor does its command infer."""
_OF_A_DAY = ("MICROSTEP_DAY", "MICROSTEP_FORCE", "MICROSTEP_DRY_RUN", "MICROSTEP_LOG_FORMAT")
HELP = """\
usage: ./microstep [--pipeline NAME] STEP [options]       a step on this machine, without Docker

steps, in the order of the data:
{steps}

besides:
{others}

most wanted:
  ./microstep generate --day 2026-11-22            then preprocess, train, validate, predict, each with the day
  ./microstep train --day 2026-11-22 --dry-run     what it would do and why; nothing is written
  ./microstep generate infer my.csv --target column --output mine.toml
  ./microstep validate history                     which model is in use, since when, why
  ./microstep generate status                      which days lack something

./microstep STEP --help lists a step's options, commands and exit codes; this program ends with the same codes.
Where pipelines/ has several files, --pipeline NAME says which one (or {variable}=NAME).
"""


def main(words: Sequence[str]) -> int:
    """The exit code, where no step takes over."""
    pipeline, words = _pipeline(words)
    if not words or words[0] in ("-h", "--help", "help"):
        print(_help(), end="")
        return 0
    word, arguments = words[0], words[1:]
    if word == "preprocess" and "--check" in arguments:
        word, arguments = "check", [other for other in arguments if other != "--check"]
    if word in STEPS or word in added():
        _become(word, arguments, pipeline)
    named = [f"--pipeline={pipeline}"] if pipeline else []
    if word == "completion":
        import launch_completion

        return launch_completion.main(arguments)
    if word == "plan":
        from pipelines import plan

        return plan.main([*named, "--without-docker", *arguments])
    if word == "check":
        from pipelines import check

        config = os.environ.get("MICROSTEP_CONFIG") or str(file_of(_chosen(pipeline)))
        return check.main([f"--config={config}", "--without-docker", *arguments])
    return _unknown(word)


def _unknown(word: str) -> NoReturn:
    kind = "an option" if word.startswith("-") else "a step"
    known = [*STEPS, *added(), *OTHERS]
    close = difflib.get_close_matches(word, known, n=1)
    hint = f"; did you mean {close[0]!r}?" if close else ""
    refuse(USAGE, f"microstep: {word!r} is not {kind}{hint} (known are {', '.join(known)})")


def command(step: str, arguments: Sequence[str]) -> list[str]:
    """What starts a step, once its environment is there."""
    _make(step)
    return [str(ROOT / ".venvs" / step / "bin" / "python"), "-m", step, *arguments]


def environment(step: str, pipeline: str) -> dict[str, str]:
    """For a step of a pipeline: where a container has mounts, variables."""
    env = environment_of(step)
    env.setdefault("MICROSTEP_CONFIG", str(file_of(pipeline)))
    env.setdefault("MICROSTEP_DATA_ROOT", str(data_of(pipeline)))
    files = ("MICROSTEP_SQL_URL_FILE", "sql_url"), ("MICROSTEP_MODEL_KEY_FILE", "model_key")
    for (variable, name), folder in zip(files, SECRETS, strict=True):
        env.setdefault(variable, str(ROOT / folder / pipeline / name))
    return env


def told_only(env: dict[str, str]) -> dict[str, str]:
    """The same without the variables that are options of a day's work: for commands that only tell."""
    return {name: value for name, value in env.items() if name not in _OF_A_DAY}


def environment_of(step: str) -> dict[str, str]:
    """For a step of no pipeline, with its own defaults."""
    # without bytecode every start would compile what it imports again
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    env["PYTHONPATH"] = os.pathsep.join(
        str(ROOT / path) for path in ("libs/contract", "libs/analysis", f"services/{step}")
    )
    return env


def _help() -> str:
    known = STEPS | {name: textwrap.shorten(summary(name), 100, placeholder="…") for name in added()}
    steps, others = ("\n".join(f"  {name:<13}{text}" for name, text in group.items()) for group in (known, OTHERS))
    return HELP.format(steps=steps, others=others, variable=PIPELINE)


def _pipeline(words: Sequence[str]) -> tuple[str, list[str]]:
    """The pipeline that is named, wherever that is said, and the other words."""
    name, given = os.environ.get(PIPELINE, ""), list(words)
    rest: list[str] = []
    while given:
        word = given.pop(0)
        if word == "--":
            return name, [*rest, word, *given]
        if word == "--pipeline" and not given:
            refuse(USAGE, "--pipeline: must be followed by a name: --pipeline NAME")
        if word == "--pipeline":
            name = given.pop(0)
        elif word.startswith("--pipeline="):
            name = word.partition("=")[2]
        else:
            rest.append(word)
    return name, rest


def _chosen(name: str) -> str:
    """The pipeline that a step is run for; ends this program where that cannot be told."""
    there = all_of()
    if names():
        refuse_both()
    if name and name not in there:
        close = difflib.get_close_matches(name, there, n=1)
        hint = f"; did you mean {close[0]!r}?" if close and close[0] else ""
        known = f"there are {', '.join(there)}" if there != ("",) else f"there is only {LONE}, so leave it out"
        refuse(USAGE, f"--pipeline: must be a file in {FOLDER}/, got {name!r}{hint} ({known})")
    if not name and len(there) > 1:
        refuse(USAGE, f"--pipeline: must be one of {', '.join(there)}; write --pipeline {there[0]}")
    return name or there[0]


def _become(step: str, arguments: Sequence[str], pipeline: str) -> NoReturn:
    # further on the same word may be what an option is given: --why infer
    needs = arguments[:1] != ["infer"] and not set(WITHOUT_A_PIPELINE) & set(arguments)
    env = environment(step, _chosen(pipeline)) if needs else environment_of(step)
    env.setdefault("MICROSTEP_LAUNCHER", f"./microstep {step}")
    words = command(step, arguments)
    os.execve(words[0], words, env)  # noqa: S606 - it is to take our place


def _make(step: str) -> None:
    """Make the step's environment, or renew it: nothing is done where it is as its lock has it."""
    made = ROOT / ".venvs" / step / "locks"
    if not made.exists():
        print(f"microstep: making .venvs/{step}, once", file=sys.stderr, flush=True)
    if code := subprocess.run([ROOT / "dev" / "env", step], stdout=sys.stderr, check=False).returncode:
        refuse(code if code > 0 else 128 - code, f"microstep: dev/env {step} ended with {code}: see above")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
