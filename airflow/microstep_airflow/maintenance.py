"""What looks after the stack and is no pipeline's: the DAG `maintenance`, and the words for files without DAGs."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from airflow.sdk import DAG, Variable, XComArg, task
from airflow.sdk.exceptions import AirflowFailException

from contract.config import Config
from contract.config.data import Alerts
from contract.config.parse import load
from contract.errors import ConfigError, StepError
from microstep_airflow.alerts import messages
from microstep_airflow.alerts.mail import Mail
from microstep_airflow.alerts.outbox import Remaining, enqueue, flush
from microstep_airflow.dag_factory import POLICY
from microstep_airflow.machines.names import on_the_head, others, queue_on
from microstep_airflow.operators.mounts import was_replaced
from microstep_airflow.operators.orphans import end_all_orphans, task_goes_on
from microstep_airflow.pipelines import FOLDER, Catalog, file_of, places, read_catalog
from microstep_airflow.settings import Settings

OVERLAP = 6
"""So many runs at once, where a machine may keep one waiting: none of the others' tasks waits for it."""
REPLACED = "microstep_replaced"
"""The variable that keeps which replaced files people know of."""
BROKEN = "microstep_broken"
"""The same of files that are wrong, with what is."""


def dag_without_day(name: str, cron: str, doc: str | None) -> DAG:
    """A DAG that looks after the stack and works on no day of no pipeline; nobody is told of its runs."""
    settings = Settings.read()
    return DAG(
        name,
        schedule=cron,
        start_date=datetime(2026, 1, 1, tzinfo=ZoneInfo("UTC")),
        catchup=False,
        max_active_runs=OVERLAP if settings.has_workers else 1,
        dagrun_timeout=timedelta(hours=1),
        default_args={
            **POLICY,
            **on_the_head(settings),
            "execution_timeout": timedelta(minutes=10),
            "max_active_tis_per_dag": 1,
        },
        doc_md=doc,
        tags=["microstep"],
    )


def maintenance() -> None:
    """Send the mails that wait, tell of broken files; where steps have containers, of replaced ones, and end those."""
    settings = Settings.read()
    # a lone pipeline.toml that is broken has no DAG at all, this one neither
    read_catalog(settings.config, settings.data_root)
    send_mails(settings)
    tell_of_broken(settings)
    if settings.runner == "docker":
        end_containers(str(settings.home))
        tell_of_replaced(settings)
    if settings.has_workers:
        look_at_machines(settings)


def tell_what_is_wrong() -> None:
    """Raise ConfigError with what is wrong in each file of a pipeline that has no DAGs because of it."""
    settings = Settings.read()
    if broken := read_catalog(settings.config, settings.data_root).broken:
        raise ConfigError("\n".join(f"{file}: {wrong}" for file, wrong in broken.items()))


def send_mails(settings: Settings) -> None:
    """Declare the task that sends the mails which wait. It fails while they cannot be sent: no mail can say so."""

    @task(task_id="send", multiple_outputs=False)
    def send() -> int:
        pipelines = read_catalog(settings.config, settings.data_root).good
        # also those of a pipeline that is gone or broken, or has a name since: nobody's quiet hours hold them back
        others = [path.name for path in (settings.mails / FOLDER).glob("*") if path.name not in pipelines]
        waiting: dict[Path, Config | None] = {settings.of(name).mails: config for name, config in pipelines.items()}
        waiting |= {settings.of(name).mails: None for name in ("", *others) if name not in pipelines}
        left = [_flush(folder, config) for folder, config in waiting.items()]
        if why := next((remaining.why for remaining in left if remaining.why), ""):
            # the next run is the next try
            raise AirflowFailException(
                f"mails that wait: {sum(remaining.count for remaining in left)}; {why}; server, user and password are"
                " MICROSTEP_SMTP in .env (docs/operations.md), then: make up"
            )
        return sum(remaining.count for remaining in left)

    send()


def _flush(folder: Path, config: Config | None) -> Remaining:
    alerts, timezone = (config.alerts, config.schedule.timezone) if config else (Alerts(), "UTC")
    return flush(alerts, folder, datetime.now(ZoneInfo(timezone)))


def tell_of_broken(settings: Settings) -> None:
    """Declare the task that tells, once, what is wrong with a file that has no DAGs because of it."""

    @task(task_id="look_at_pipelines", multiple_outputs=False)
    def look_at_pipelines() -> dict[str, str]:
        catalog = read_catalog(settings.config, settings.data_root)
        known = Variable.get(BROKEN, default={}, deserialize_json=True)
        people = _people(settings, catalog)
        for file, wrong in catalog.broken.items():
            if known.get(file) != wrong:
                _tell_all(settings, people, _broken(file, wrong))
        # while no file is good there is nobody to tell, and it is told later
        if people and catalog.broken != known:
            Variable.set(BROKEN, catalog.broken, serialize_json=True)
        return dict(catalog.broken)

    look_at_pipelines()


def tell_of_replaced(settings: Settings) -> None:
    """Declare the task that tells, once, when Airflow's containers hold on to a file that the host has replaced."""

    @task(task_id="look_at_mounts", multiple_outputs=False)
    def look_at_mounts() -> list[str]:
        catalog = read_catalog(settings.config, settings.data_root)
        one = settings.of(next(iter(catalog.good), ""))
        data, config = places(one.data_root, one.config, str(one.home), one.pipeline)
        # pipeline.toml is mounted also where it must be empty, and then may be seen as it was before
        lone = (settings.config, f"{settings.home}/{file_of('')}")
        replaced = [source for path, source in dict.fromkeys((config, data, lone)) if was_replaced(path, source)]
        known = Variable.get(REPLACED, default=[], deserialize_json=True)
        if set(replaced) - set(known):
            _tell_all(settings, _people(settings, catalog), messages.replaced(replaced))
        if replaced != known:
            Variable.set(REPLACED, replaced, serialize_json=True)
        return replaced

    look_at_mounts()


def _broken(file: str, wrong: str) -> Mail:
    """A pipeline has no DAGs, because its file cannot be read; all others go on."""
    return Mail(
        "error",
        f"{messages.PREFIX} {file} is wrong, its pipeline does not run: {wrong}",
        {"File": file, "Wrong": wrong},
        advice="All other pipelines go on. When the file is put right, its DAGs are back half a minute later; nothing"
        " has to be started again. Airflow's page shows the same as an import error.",
    )


def _people(settings: Settings, catalog: Catalog) -> dict[str, Config]:
    """Who is told what is wrong with the stack: the people of every pipeline, and of a lone one that stands still."""
    people = dict(catalog.good)
    if file_of("") in catalog.broken:
        with suppress(StepError):
            people[""] = load(settings.config)
    return people


def _tell_all(settings: Settings, people: Mapping[str, Config], mail: Mail) -> None:
    """Tell, each once, the people of every pipeline: what is wrong is nobody's or everybody's."""
    told: set[tuple[str, ...]] = set()
    for name, config in people.items():
        addresses = config.alerts.recipients(mail.level)
        if addresses not in told:
            told.add(addresses)
            now = datetime.now(ZoneInfo(config.schedule.timezone))
            enqueue(mail, config.alerts, settings.of(name).mails, now)


def end_containers(home: str, task_id: str = "end_orphans", **where: Any) -> XComArg:
    """Declare the task that ends the containers of a checkout's tasks which are over, or gone; `where`: its queue."""

    @task(task_id=task_id, multiple_outputs=False, **where)
    def end_orphans(ti: Any = None) -> int:
        # Airflow's interface has no name for what it hands to a parameter of this name
        return end_all_orphans(home, lambda dag, run, name: task_goes_on(ti, dag, run, name))

    return end_orphans()


def look_at_machines(settings: Settings) -> None:
    """Declare the task that tells of machines which do not answer, and for each that does the one about its engine."""
    from microstep_airflow.machines.look import MachinesOperator
    from microstep_airflow.machines.version import other_versions

    def tell(mail: Mail) -> None:
        _tell_all(settings, _people(settings, read_catalog(settings.config, settings.data_root)), mail)

    tasks = {machine: f"end_orphans_{machine}" for machine in others(settings)}
    look = MachinesOperator(task_id="look_at_machines", tasks=tasks, tell=tell, old=lambda: other_versions(settings))
    for machine, task_id in tasks.items():
        # the head's own options do not hold for it
        look >> end_containers(str(settings.home), task_id, executor=None, queue=queue_on(machine))
