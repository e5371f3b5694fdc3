"""The reference of what is typed: every option of every step, exit codes, `make`, and the variables of .env."""

from __future__ import annotations

import argparse
import importlib
import re
import sys
from collections.abc import Iterator
from typing import Any

from pages import ROOT

from contract import errors
from contract.errors import ExitCode, StepError
from contract.layout import STEPS
from contract.steps import options


def steps() -> list[options.Step]:
    """What each step says of itself; nothing heavy is imported for it."""
    sys.path[:0] = [str(ROOT / "libs" / "analysis"), *(str(ROOT / "services" / step) for step in STEPS)]
    return [importlib.import_module(f"{step}.__main__").STEP for step in STEPS]


def commands() -> str:
    """Every step with its commands, and their options as argparse knows them."""
    common = argparse.ArgumentParser(add_help=False)
    options._add_options(common)  # noqa: SLF001 - what all steps take
    lines = [
        "# Steps and their options",
        "What `--help` of each step says. A step is started in one of three ways, with the same options:",
        (
            "```\ndocker compose run --rm generate --day 2026-11-22\n"
            "docker run --rm --user $(id -u):$(id -g) -v $PWD/data:/data \\\n"
            "    -v $PWD/pipeline.toml:/config/pipeline.toml:ro microstep-generate --day 2026-11-22\n"
            "PYTHONPATH=libs/contract:libs/analysis:services/generate .venvs/generate/bin/python -m generate \\\n"
            "    --data-root data --config pipeline.toml --day 2026-11-22\n```"
        ),
        "## Options of every step",
        *_option_sections(common, options.ENVIRONMENT),
    ]
    for step in steps():
        lines += [f"## {step.name}", *(f"{line}  " for line in step.summary.splitlines())]
        for command in step.commands:
            parser = argparse.ArgumentParser(prog=f"{step.name} {command.name}", add_help=False)
            command.add_options(parser)
            others = " It takes the options of every step, too." if command.step_options else ""
            lines += [f"### {step.name} {command.name}", f"{_sentence(command.summary)}{others}"]
            lines += _option_table(parser)
    return "\n\n".join(lines) + "\n"


def _option_sections(parser: argparse.ArgumentParser, variables: dict[str, str]) -> Iterator[str]:
    for action in parser._actions:  # noqa: SLF001 - argparse has no other way to ask
        yield f"### {_spelled(action)}\n\n{_sentence(_help(action))} Environment variable: `{variables[action.dest]}`."


def _option_table(parser: argparse.ArgumentParser) -> Iterator[str]:
    rows = [f"| `{_spelled(action)}` | {_help(action)} |" for action in parser._actions]  # noqa: SLF001 - as above
    if rows:
        yield "\n".join(["| option | meaning |", "|---|---|", *rows])


def _spelled(action: argparse.Action) -> str:
    value = action.metavar or (action.dest.upper() if action.nargs != 0 else "")
    value = "{" + ",".join(map(str, action.choices)) + "}" if action.choices else str(value)
    return f"{', '.join(action.option_strings)} {value}".strip()


def _help(action: argparse.Action) -> str:
    said = (action.help or "") % {"default": action.default, "prog": ""}
    return said.replace("|", r"\|").replace("<", "&lt;")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}".rstrip(".") + "."


def exit_codes(airflow: dict[int, str]) -> str:
    """Every exit code, with what Airflow does by docs/architecture.md, and the exceptions that carry it."""
    lines = ["# Exit codes", "They follow sysexits.h. The last line of a step's log says what happened and what to do."]
    for code in ExitCode:
        lines += [f"## {code.value}: {code.meaning} {{ #exit-{code.value} }}", f"Airflow {airflow[code.value]}."]
        lines += [f"`{kind.__name__}`: {kind.__doc__}" for kind in _errors() if kind.code is code]
    return "\n\n".join(lines) + "\n"


def _errors() -> list[type[StepError]]:
    kinds: list[Any] = [kind for kind in vars(errors).values() if isinstance(kind, type)]
    return [kind for kind in kinds if issubclass(kind, StepError) and kind is not StepError]


def make_targets(makefile: str) -> str:
    """What can be typed after `make`, by its help."""
    lines = ["# make", "`make` alone prints this list."]
    for heading, target, said in re.findall(r"^##@ (.+)$|^([a-z%-]+):.*?## (.+)$", makefile, re.MULTILINE):
        lines.append(f"## {heading}" if heading else f"### make {target}\n\n{_sentence(said.replace('[', r'&#91;'))}")
    return "\n\n".join(lines) + "\n"


def variables(example: str) -> str:
    """The variables of .env.example, each with the comment above it."""
    lines = ["# Variables of .env", "What may differ from machine to machine. Copy `.env.example` to `.env`."]
    for block in example.split("\n\n"):
        said: list[str] = []
        for line in block.splitlines():
            text = line.removeprefix("#").strip()
            name, given, value = text.partition("=")
            if given and re.fullmatch(r"MICROSTEP_\w+", name):
                lines += [f"## {name}", " ".join(said), f"Such as `{name}={value}`"]
            else:
                said.append(text)
    return "\n\n".join(line for line in lines if line) + "\n"
