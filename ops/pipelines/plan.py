"""Tell, pipeline by pipeline, what the next run of each DAG would do, what it would leave as it is, and why.

Nothing here decides anything: each step is asked by its own `plan`, a dry run of its days, on what the steps before it
would have written by then (`contract.steps.dry_run`). Nothing is written, and neither MLflow nor a database is asked.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable, Sequence
from typing import Any

from checkout.ending import CONFIGURATION, end_tidily_when_asked_to
from checkout.settings import ROOT
from checkout.visible import visible
from pipeline_file import what_is_wrong_in

from pipelines.places import FOLDER, file_of, names, those, variables
from pipelines.plan_text import Told, text

Start = Callable[[str, Sequence[str]], tuple[Sequence[str], dict[str, str]]]
"""The command line, and the environment, of a step with arguments."""


class Failed(Exception):
    """A step could not even tell; its words were printed."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = code


class Plan:
    """One pipeline's: what is due, and what the steps told."""

    def __init__(self, start: Start, day: str) -> None:
        """`day`: the last day that is over, where somebody names it."""
        self._start = start
        (self.due,) = self._ask("generate", ["due", *([f"--day={day}"] if day else [])])
        self.told: dict[str, dict[str, Told]] = {}

    def make(self) -> None:
        """Ask the steps, in the order of the data."""
        window, to_predict, own = self.due["window"], self.due["predict"], [self.due["day"]]
        # a day whose files have not come is waited for, and not read
        self.tell("generate", [day for day in self.due["generate"] if day not in self.due["waits"]], [])
        self.tell("preprocess", sorted({*window, *to_predict}), ["generate"])
        if window:
            self.tell("train", own, ["preprocess"])
            self.tell("validate", own, ["preprocess", "train"])
        self.tell("predict", to_predict, ["preprocess"])

    def tell(self, step: str, days: Sequence[str], after: Sequence[str]) -> None:
        """Ask a step for days, after what the steps `after` would do."""
        before = [json.dumps(line) for name in after for line in self.told.get(name, {}).values()]
        lines = self._ask(step, ["plan", "--after", "--days", *days], "\n".join(before)) if days else []
        self.told[step] = {line["day"]: line for line in lines}

    def _ask(self, step: str, arguments: Sequence[str], given: str = "") -> list[dict[str, Any]]:
        command, env = self._start(step, arguments)
        done = subprocess.run(command, cwd=ROOT, env=env, input=given, capture_output=True, text=True, check=False)
        if done.returncode:
            print(done.stderr, end="", file=sys.stderr)
            raise Failed(done.returncode)
        return [json.loads(line) for line in done.stdout.splitlines()]


def in_containers(name: str) -> Start:
    """Start the steps' images: what the DAGs start."""

    def start(step: str, arguments: Sequence[str]) -> tuple[Sequence[str], dict[str, str]]:
        options = ["--rm", "--no-deps", "-T", "--env", "MLFLOW_TRACKING_URI="]
        return ["docker", "compose", "run", *options, step, *arguments], variables(name)

    return start


def in_environments(name: str) -> Start:
    """Start the steps in `.venvs/`, as `./microstep` does."""
    from launch import command, environment, told_only

    def start(step: str, arguments: Sequence[str]) -> tuple[Sequence[str], dict[str, str]]:
        return command(step, arguments), {**told_only(environment(step, name)), "MLFLOW_TRACKING_URI": ""}

    return start


def with_dags(word: str | None) -> tuple[list[str], dict[str, str]]:
    """The pipelines to tell of, and, by file, what is wrong with those that have no DAGs: Airflow reads none of these.

    :param word: the one that somebody has named; else all
    """
    asked, there = those(word), names()
    if not there:  # of a lone one the steps say what is wrong
        return list(asked), {}
    files = {f"{FOLDER}/{name}.toml": name for name in asked}
    wrong = what_is_wrong_in(there)
    good = [name for file, name in files.items() if name and file not in wrong]
    return good, {file: why for file, why in wrong.items() if not word or file in files}


def main(words: Sequence[str] | None = None) -> int:
    """The first exit code that is not 0: of a pipeline that cannot be told of; the others are told all the same."""
    end_tidily_when_asked_to()
    parser = argparse.ArgumentParser(prog="plan", description=__doc__)
    parser.add_argument("--pipeline", help="this one alone (default: all)")
    parser.add_argument("--day", metavar="YYYY-MM-DD", default="", help="as if it was the last that is over")
    parser.add_argument("--without-docker", action="store_true", help="by the environments of this checkout")
    args = parser.parse_args(words)
    pipelines, wrong = with_dags(args.pipeline)
    for file, why in wrong.items():
        print(visible(f"{file}: has no DAGs: {why}", keep="\n"), file=sys.stderr)
    codes = [CONFIGURATION for _ in wrong]
    for number, name in enumerate(pipelines):
        try:
            plan = Plan((in_environments if args.without_docker else in_containers)(name), args.day)
            plan.make()
        except Failed as error:
            codes.append(error.code)
            continue
        print("\n" * bool(number) + text(name or "pipeline.toml", file_of(name).relative_to(ROOT), plan.due, plan.told))
    return next((code for code in codes if code), 0)


if __name__ == "__main__":
    sys.exit(main())
