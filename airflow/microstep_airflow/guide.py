"""The page that Airflow shows of a DAG: what it does, and what to do when it fails."""

from __future__ import annotations

from contract.errors import ExitCode
from microstep_airflow.operators.exit_codes import MENDED_BY_RETRY
from microstep_airflow.pipelines import file_of, within
from microstep_airflow.settings import Settings

TODO = {
    ExitCode.USAGE: "Look at what the run was started with: **Params** on its page.",
    ExitCode.DATA: "Look at the rows that the error names. Mend them where they come from, or the rule in `{config}`.",
    ExitCode.NO_INPUT: "Bring the file or the day that the error names: `{status}` lists what is missing.",
    ExitCode.UNAVAILABLE: "See that the service in the error answers: `{logs}`.",
    ExitCode.BUG: "Report it with the traceback of the log.",
    ExitCode.CANNOT_WRITE: "Make room, or make the disk writable: `df -h {data}`. Old datasets that nothing needs: "
    "`{prune}`.",
    ExitCode.IO: "Look at the disk: `dmesg` on the machine.",
    ExitCode.TEMPORARY: "Wait: it is tried again. Rows that never come are the source's fault.",
    ExitCode.NOT_PERMITTED: "Give `{data}` back to its owner. A model file that was changed is never opened: "
    "`{step}validate rollback`.",
    ExitCode.CONFIG: "Mend `{config}` where the error says; it is read again within a minute.",
    ExitCode.GATE_REFUSED: "Nothing: the champion stays. The report says which rule refused the challenger.",
}
"""What a person does about each end; about the first, nothing."""

OF_A_DAG = {
    "generate": "The day's predictions wait for it. The next scheduled run also does earlier days that are missing.",
    "train": "The champion stays in use meanwhile: predictions go on. To go back to the one before: "
    "`{step}validate rollback`; which model was in use when: `{step}validate history`.",
    "predict": "The next scheduled run also does the days that have no predictions. Where a day's come from, every "
    "hash checked: `{step}predict trace --day YYYY-MM-DD`.",
}

_KILLED = 137
_AGAIN = " (tried again)"
_LOOK = (
    "Open the red task and read the last line with ERROR in its log: it names the thing, the rule, the value and the"
    " way out. The exit code is at the end of the task's own error:"
)


def guide(doc: str, dag: str, settings: Settings) -> str:
    """The DAG file's docstring, and what to do when a run of the pipeline's DAG fails."""
    words = commands(settings)
    lines = [
        doc.rstrip(),
        "",
        "## When a run fails",
        "",
        f"Settings: `{words['config']}`. Data: `{words['data']}`.",
        "",
        _LOOK,
        "",
        "| exit code | meaning | what to do |",
        "|---|---|---|",
    ]
    lines += [
        f"| {code} | {code.meaning}{_AGAIN if code in MENDED_BY_RETRY else ''} | {todo.format(**words)} |"
        for code, todo in TODO.items()
    ]
    lines.append(f"| {_KILLED} | killed, most likely out of memory{_AGAIN} | {words['memory']} |")
    lines += ["", f"Then **Clear** the task here{words['again'].format(dag=dag)}. {OF_A_DAG[dag].format(**words)}", ""]
    return "\n".join(lines)


def commands(settings: Settings) -> dict[str, str]:
    """What is typed on this machine, for this pipeline."""
    if settings.runner == "process":
        return {
            "status": "generate status",
            "prune": "validate prune --keep-days 90",
            "step": "",
            "memory": "Give the machine more, or train on fewer rows: `training.max_rows` in the settings.",
            "again": (
                ", or trigger a run with `from` and `to` (`force`: also what is up to date). How to start a step"
                " yourself: its README in `services/`"
            ),
            "logs": "mlflow.log",
            "config": str(settings.config),
            "data": f"{settings.data_root}/",
        }
    of_make = f" PIPELINE={settings.pipeline}" if settings.pipeline else ""
    of_compose = f"MICROSTEP_PIPELINE={settings.pipeline} " if settings.pipeline else ""
    return {
        "status": f"make status{of_make}",
        "prune": f"make prune{of_make} KEEP_DAYS=90",
        "step": f"{of_compose}docker compose run --rm ",
        "memory": "Raise `MICROSTEP_STEP_MEMORY` in `.env`, then `make up`.",
        "again": (
            f", or have the days done again: `make backfill FROM=YYYY-MM-DD TO=YYYY-MM-DD DAG={{dag}}{of_make}`"
            " (`FORCE=1`: also what is up to date)"
        ),
        "logs": "make logs",
        "config": file_of(settings.pipeline),
        "data": f"{within('data', settings.pipeline)}/",
    }
