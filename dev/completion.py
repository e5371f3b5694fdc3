"""Write `ops/microstep-completion.bash`, which completes steps, commands and options of ./microstep: `make generated`.

The words are those of each step's own --help.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "ops"))

from launch import OTHERS, STEPS, environment_of  # noqa: E402

FILE = ROOT / "ops" / "microstep-completion.bash"
ASK = """
import contextlib, importlib, io, json, re, sys
from contract.steps.options import parse
step = importlib.import_module(f"{sys.argv[1]}.__main__").STEP
def options(*words):
    told = io.StringIO()
    with contextlib.redirect_stdout(told), contextlib.suppress(SystemExit):
        parse(step, [*words, "--help"])
    usage = told.getvalue().partition("examples:")[0]
    return sorted(set(re.findall(r"(?m)^  (?:-h, )?(--[a-z][a-z-]*)", usage)))
print(json.dumps({"": options(), **{command.name: options(command.name) for command in step.commands}}))
"""
"""In a step's environment: by command ("" is the day's work) its options."""
OF_OTHERS = {"check": ["--day", "--most", "--json", "--pipeline"], "plan": ["--day", "--pipeline"]}

ADDED = f"""
          for i in "$home"/services/*/Dockerfile; do
            i=${{i%/Dockerfile}} i=${{i##*/}}
            case $i in {" | ".join(STEPS)} | '*') ;; *) words="$words $i" ;; esac
          done"""
IS_ADDED = '[ ! -f "$home/services/$step/Dockerfile" ] || '
"""Steps of `make step` are looked for in services/: the file need not be written anew for them."""

HEAD = """\
# Completion of ./microstep for bash and zsh, written by dev/completion.py (make generated): do not edit.
# For this shell: eval "$(./microstep completion bash)"; for each one: put that line into ~/.bashrc.

_microstep() {
  local current=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} step='' command='' word words='' i
  local home
  home=$(dirname "$(readlink -f "$(type -P -- "${COMP_WORDS[0]}" || echo "${COMP_WORDS[0]}")")")
  COMPREPLY=()
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=${COMP_WORDS[i]}
    if [ "${COMP_WORDS[i - 1]}" = --pipeline ]; then continue; fi
    case $word in
      -*) ;;
      *) if [ -z "$step" ]; then step=$word; elif [ -z "$command" ]; then command=$word; fi ;;
    esac
  done
  case $before in
    --pipeline)
      words=$(cd "$home/pipelines" 2> /dev/null && for i in *.toml; do [ -f "$i" ] && echo "${i%.toml}"; done)
      ;;
    --log-format) words='text json' ;;
    *)
      case $step/$command in
"""
TAIL = """\
      esac
      ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "$current"))
}
# where nothing fits, files
complete -o bashdefault -o default -F _microstep microstep
"""


def text() -> str:
    """The file."""
    lines = [_case("/", [*STEPS, *OTHERS, "--pipeline", "--help"], more=ADDED)]
    of_all: list[str] = []
    for step in STEPS:
        by_command = _options(step)
        of_all = [option for option in by_command[""] if not of_all or option in of_all]
        commands = [command for command in by_command if command]
        # a value of an option stands where a command may: then the options are the day's
        lines += [_case(f"{step}/{command}", options) for command, options in by_command.items() if command]
        lines.append(_case(f"{step}/*", [*by_command[""], *commands, "--pipeline"]))
    lines += [_case(f"{name}/*", options) for name, options in OF_OTHERS.items()]
    lines += [_case("completion/*", ["bash", "zsh"]), _case("?*/*", [*of_all, "--pipeline"], only=IS_ADDED)]
    return HEAD + "".join(lines) + TAIL


def _case(pattern: str, words: list[str], *, only: str = "", more: str = "") -> str:
    return f"        {pattern}) {only}words='{' '.join(words)}'{more} ;;\n"


def _options(step: str) -> dict[str, list[str]]:
    env = {name: value for name, value in environment_of(step).items() if not name.startswith("MICROSTEP_")}
    env["COLUMNS"] = "200"
    python = ROOT / ".venvs" / step / "bin" / "python"
    done = subprocess.run([python, "-c", ASK, step], env=env, capture_output=True, text=True, check=True)
    options: dict[str, list[str]] = json.loads(done.stdout)
    return options


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
