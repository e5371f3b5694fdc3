"""What holds for the DAG files: they parse, have the shape that the design draws, and keep the policies."""

import ast
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from conftest import ROOT
from parse_seconds import parse_seconds

from contract.layout import STEPS as FIVE
from microstep_airflow.alerts.task_failures import record_failure
from microstep_airflow.runners import POOL
from microstep_airflow.schedule.retries import AFTER_A_LOST_TRY, MOST_TRIES_LOST, FailuresAlone
from microstep_airflow.sensors import ArrivalSensor
from microstep_airflow.steps import STEPS

FILES = sorted(path for path in (ROOT / "airflow" / "dags").glob("*.py") if path.stem != "pipelines")
"""Those that declare a DAG; the other one tells which files of pipelines are wrong."""


def tneeds_approval(dags):
    return [task for dag in dags.values() for task in dag.tasks]


def with_days(dags):
    """Those whose runs work on a day: all but maintenance."""
    return [dag for dag in dags.values() if dag.dag_id != "maintenance"]


def edges(dag):
    """Which task follows which, as if no step had been added to the five: what follows one follows what it follows."""
    added = {task.task_id for task in dag.tasks if is_added(task)}

    def before(task):
        names = set(task.upstream_task_ids)
        return (names - added).union(*(before(dag.get_task(name)) for name in names & added))

    return {task.task_id: before(task) for task in dag.tasks if task.task_id not in added}


def is_added(task):
    """Whether `make step` has made its step."""
    return is_step(task) and step_of(task) not in FIVE


def kind(task):
    """The class of a task, mapped or not."""
    return task.operator_class if task.is_mapped else type(task)


def is_step(task):
    return step_of(task) in STEPS


def step_of(task):
    """The step that a task runs; None for a wait, a question, …."""
    if not kind(task).__name__.endswith("StepOperator"):
        return None
    return task.partial_kwargs["step"] if task.is_mapped else task.step


# ---- parsing


def test_there_is_a_dag_for_each_file_and_no_other(dags):
    assert sorted(dags) == [file.stem for file in FILES] == ["generate", "maintenance", "predict", "train"]


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_dag_file_only_declares(file):
    module = ast.parse(file.read_text())
    kinds = [type(node) for node in module.body]
    # the docstring, imports, `for factory in DagFactory.each():` with one `with factory.dag(…)`
    assert kinds[0] is ast.Expr
    assert set(kinds[1:-1]) <= {ast.ImportFrom}
    assert kinds[-1] is (ast.With if file.stem == "maintenance" else ast.For)
    loops = [module.body[-1]] if kinds[-1] is ast.For else []
    assert [type(node) for loop in loops for node in loop.body] == [ast.With] * len(loops)
    forbidden = (ast.FunctionDef, ast.ClassDef, ast.For, ast.While, ast.Try, ast.Lambda)
    assert [node for node in ast.walk(module) if isinstance(node, forbidden)] == loops


def test_the_doc_of_a_dag_begins_with_the_docstring_of_its_file(dags):
    for file in FILES:
        docstring = ast.get_docstring(ast.parse(file.read_text()), clean=False).rstrip()
        assert dags[file.stem].doc_md.startswith(docstring)
        assert ("## When a run fails" if file.stem != "maintenance" else "When it fails") in dags[file.stem].doc_md


@pytest.mark.parametrize("runner", ["docker", "process"])
def test_parsing_all_dags_takes_under_a_second_beyond_importing_airflow(runner, tmp_path):
    variables = {"MICROSTEP_RUNNER": runner, "MICROSTEP_CONFIG": str(ROOT / "pipeline.toml")}
    assert min(parse_seconds(tmp_path, [(variables, ROOT / "airflow" / "dags", 4)] * 3)) < 1


def test_a_pipeline_that_breaks_a_rule_is_told_as_an_import_error(tmp_path, monkeypatch):
    from airflow.dag_processing.dagbag import DagBag

    (tmp_path / "pipeline.toml").write_text("[sorce]\n")
    monkeypatch.setenv("MICROSTEP_CONFIG", str(tmp_path / "pipeline.toml"))
    monkeypatch.setenv("MICROSTEP_HOST_ROOT", "/srv/microstep")
    monkeypatch.setenv("MICROSTEP_RUNNER", "docker")
    bag = DagBag(str(ROOT / "airflow" / "dags"))
    assert bag.dags == {}
    assert all("did you mean 'source'" in error for error in bag.import_errors.values())


# ---- structure


def test_the_generate_dag_waits_for_the_inbox_only_when_files_come_from_there(load_dags):
    alone = {"days": set(), "generate": {"days"}, "all_days": {"generate"}, "first_training": {"generate"}}
    assert edges(load_dags("synthetic")["generate"]) == alone
    assert edges(load_dags("sql")["generate"]) == alone
    assert edges(load_dags("files")["generate"]) == {
        **alone,
        "wait_for_inbox": {"days"},
        "generate": {"wait_for_inbox"},
        "days_with_labels": {"generate"},
        "generate_again": {"days_with_labels"},
        "all_days": {"generate", "generate_again"},
        "first_training": {"generate_again"},
    }


def test_the_train_dag(dags):
    assert edges(dags["train"]) == {
        "window": set(),
        "wait_for_raw_data": {"window"},
        "wait_for_raw_target": {"window"},
        "there": {"window", "wait_for_raw_data", "wait_for_raw_target"},
        "preprocess": {"there"},
        "train": {"preprocess"},
        "validate": {"train"},
        "trainings": set(),
        "train_each_day": {"trainings"},
        **({"ask": {"validate"}, "decide": {"ask"}} if needs_approval(dags["train"]) else {}),
    }


def needs_approval(train):
    """Whether a person has the last word."""
    return "ask" in train.task_dict


def test_a_person_is_asked_only_when_the_configuration_says_so(load_dags):
    assert not needs_approval(load_dags()["train"])
    assert needs_approval(load_dags(approval="manual")["train"])


def test_a_question_has_an_end_before_the_run_and_the_next_training(load_dags):
    train = load_dags(approval="manual")["train"]
    ask = train.get_task("ask")
    assert timedelta(0) < ask.response_timeout < timedelta(days=7)
    assert ask.response_timeout + timedelta(hours=12) < train.dagrun_timeout
    assert load_dags()["train"].dagrun_timeout < timedelta(days=2)


@pytest.mark.parametrize("runner", ["docker", "process"])
def test_validate_carries_the_answer_out_whoever_runs_it(load_dags, runner):
    decide = load_dags(runner=runner, approval="manual")["train"].get_task("decide")
    assert step_of(decide) == "validate"
    assert decide.arguments.operator.task_id == "ask"
    assert "arguments" in decide.template_fields


def test_the_predict_dag(dags):
    assert edges(dags["predict"]) == {
        "days": set(),
        "wait_for_champion": {"days"},
        "wait_for_raw_data": {"days", "wait_for_champion"},
        "preprocess": {"wait_for_raw_data"},
        "predict": {"preprocess"},
    }


def test_generate_and_predict_do_each_day_whatever_becomes_of_the_others(load_dags):
    dags = load_dags("files")
    for name, tasks in (
        ("generate", {"wait_for_inbox", "generate"}),
        ("predict", {"wait_for_raw_data", "preprocess", "predict"}),
    ):
        added = {task.task_id for task in dags[name].tasks if is_added(task)}
        groups = {task.task_id: task.get_closest_mapped_task_group() for task in dags[name].tasks}
        assert {task for task, group in groups.items() if group is not None and task not in added} == tasks
        for task in tasks:
            assert dags[name].get_task(task).map_index_template == "{{ task.day }}"
            assert dags[name].get_task(task).day == "{{ ti.xcom_pull('days')[ti.map_index] }}"


def test_train_waits_and_preprocesses_for_each_day_of_the_window(dags):
    train = dags["train"]
    mapped = {task.task_id for task in train.tasks if task.is_mapped}
    assert mapped == {"wait_for_raw_data", "wait_for_raw_target", "preprocess", "train_each_day"}
    for name in mapped - {"train_each_day"}:
        assert train.get_task(name).map_index_template == "{{ task.day }}"
        assert list(train.get_task(name).expand_input.value) == ["day"]


@pytest.mark.parametrize(("runner", "name"), [("docker", "DockerStepOperator"), ("process", "ProcessStepOperator")])
def test_the_runner_decides_how_every_step_runs(load_dags, runner, name):
    steps = [task for task in tneeds_approval(load_dags(runner=runner)) if is_step(task)]
    assert len([task for task in steps if not is_added(task)]) == 6
    assert {kind(task).__name__ for task in steps} == {name}


def test_every_step_is_in_a_dag(dags):
    """One that was added with `make step` gets its place by a person."""
    there = {step_of(task) for task in tneeds_approval(dags) if is_step(task)}
    assert {*FIVE} <= there <= {*STEPS}


# ---- policies


def test_every_dag_keeps_the_policies(dags):
    for dag in with_days(dags):
        assert dag.catchup is False
        assert dag.max_active_runs == 16
        assert dag.start_date == datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Berlin"))
        assert dag.dagrun_timeout > timedelta(0)
        assert type(dag.timetable).__name__ == "CronDataIntervalTimetable"
        assert str(dag.timezone) == "Europe/Berlin"
        assert list(dag.params) == ["day", "from", "to", "force", "allow_unfinished"]


def test_every_run_that_fails_or_recovers_is_told(dags):
    for dag in with_days(dags):
        assert dag.on_failure_callback[0].__func__.__qualname__ == "RunAlerts.failed"
        assert dag.on_success_callback[0].__func__.__qualname__ == "RunAlerts.succeeded"


def test_every_run_of_a_day_has_a_deadline(dags):
    for dag in with_days(dags):
        [alert] = dag.deadline if isinstance(dag.deadline, list) else [dag.deadline]
        assert alert.interval > timedelta(hours=6)
        assert alert.callback.path == "microstep_airflow.alerts.deadline.send_late_mail"


def test_maintenance_is_done_without_a_day(dags):
    maintenance = dags["maintenance"]
    assert list(maintenance.params) == []
    assert maintenance.max_active_runs == 1


@pytest.mark.parametrize(
    ("runner", "tasks"),
    [
        ("docker", {"send", "look_at_pipelines", "end_orphans", "look_at_mounts"}),
        ("process", {"send", "look_at_pipelines"}),
    ],
)
def test_containers_are_looked_for_where_steps_have_any(load_dags, runner, tasks):
    assert set(load_dags(runner=runner)["maintenance"].task_ids) == tasks


RULES = {
    "there": "none_failed",
    "all_days": "none_failed",
    "days_with_labels": "all_done",
    "first_training": "all_done",
}
"""Of tasks that are done though one before them was skipped, or has failed."""


def test_every_task_keeps_the_policies(dags):
    for task in tneeds_approval(dags):
        assert list(task.on_failure_callback) == [record_failure], task
        assert task.owner == "microstep"
        # what a run that it starts does with its failures is that run's
        retries = (0, type(None)) if task.task_id == "train_each_day" else (MOST_TRIES_LOST, FailuresAlone)
        assert (task.retries, type(task.retry_policy)) == retries
        assert task.retry_delay == AFTER_A_LOST_TRY
        assert not task.retry_exponential_backoff
        assert timedelta(0) < task.execution_timeout < dags[task.dag_id].dagrun_timeout
        assert task.trigger_rule == RULES.get(task.task_id, "all_success")


def test_steps_share_a_pool_and_nothing_else_takes_its_places(dags):
    assert {task.pool for task in tneeds_approval(dags) if is_step(task)} == {POOL}
    assert {task.pool for task in tneeds_approval(dags) if not is_step(task)} == {"default_pool"}


def test_every_wait_has_an_end(dags):
    waits = [unmapped(task) for task in tneeds_approval(dags) if kind(task) is ArrivalSensor]
    assert len(waits) >= 4
    for task in waits:
        assert task.timeout == 12 * 3600
        assert task.soft_fail is False
        # the days of a training's window may lack: a later task decides
        assert task.may_lack == (task.dag_id == "train")


def test_no_step_pushes_its_output(dags):
    assert {unmapped(task).do_xcom_push for task in tneeds_approval(dags) if is_step(task)} == {False}


def test_steps_of_a_scheduled_run_take_the_runs_day(dags):
    for task in tneeds_approval(dags):
        if is_step(task) and not task.is_mapped and task.get_closest_mapped_task_group() is None:
            assert task.day == "{{ day(dag_run, params) }}"
            assert "day" in task.template_fields


def test_a_person_may_have_every_step_done_again(dags):
    for task in filter(is_step, tneeds_approval(dags)):
        option = unmapped(task).force
        assert option == ("" if task.task_id == "decide" else "{{ '--force' if params.force else '' }}")
        assert "force" in task.template_fields


def unmapped(task):
    """A task as Airflow makes it for one day."""
    return task.unmap({**task.partial_kwargs, "day": "2026-01-03"}) if task.is_mapped else task


# ---- the flow of data


def upstream(dag, task):
    return [dag.get_task(name) for name in task.get_flat_relative_ids(upstream=True)]


def test_what_a_step_reads_was_written_or_waited_for_before(dags):
    checked = 0
    for dag in dags.values():
        for task in filter(is_step, dag.tasks):
            before = upstream(dag, task)
            there = {name for earlier in before if is_step(earlier) for name in STEPS[step_of(earlier)].writes}
            there |= {unmapped(earlier).artifact for earlier in before if kind(earlier) is ArrivalSensor}
            needed = set(STEPS[step_of(task)].reads)
            if "wait_for_inbox" not in dag.task_dict:
                needed -= {"inbox"}  # the source is not the inbox
            assert needed <= there, f"{dag.dag_id}.{task.task_id} lacks {needed - there}"
            checked += len(needed)
    assert checked >= 6


def assets(task):
    """What Airflow's graph shows before and after a task."""
    sides = ("inlets", "outlets")
    both = [task.partial_kwargs.get(side, ()) if task.is_mapped else getattr(task, side) for side in sides]
    return tuple([asset.name for asset in side] for side in both)


def test_the_graph_of_assets_shows_what_each_step_reads_and_writes(dags):
    for task in filter(is_step, tneeds_approval(dags)):
        step = STEPS[step_of(task)]
        reads, writes = assets(task)
        assert set(reads) | {"inbox"} == {*step.reads, *step.may_read, "inbox"}
        assert writes == list(step.writes)
    assert all(assets(task) == ([], []) for task in tneeds_approval(dags) if not is_step(task))


def test_the_inbox_is_an_asset_only_where_files_come_from_there(load_dags):
    for source in ("files", "synthetic", "sql"):
        reads, _ = assets(load_dags(source)["generate"].get_task("generate"))
        assert reads == (["inbox"] if source == "files" else [])


def test_no_dag_runs_because_an_asset_changed(dags):
    for dag in dags.values():
        assert "Asset" not in type(dag.timetable).__name__


def test_training_has_the_labels_of_every_day(dags):
    preprocess = dags["train"].get_task("preprocess")
    assert "raw_target" in {
        unmapped(task).artifact for task in upstream(dags["train"], preprocess) if kind(task) is ArrivalSensor
    }


def test_what_one_dag_waits_for_another_one_writes(dags):
    waited = {unmapped(task).artifact for task in tneeds_approval(dags) if kind(task) is ArrivalSensor} - {"inbox"}
    written = {name for task in tneeds_approval(dags) if is_step(task) for name in STEPS[step_of(task)].writes}
    assert waited == {"raw_data", "raw_target", "champion"}
    assert waited <= written


def test_the_table_of_steps_speaks_the_layouts_names():
    from contract.layout import Layout

    names = {name for step in STEPS.values() for name in (*step.reads, *step.may_read, *step.writes)}
    assert [name for name in names - {*STEPS} if not hasattr(Layout(Path("/data")), name)] == []
    # what a step besides the five makes goes by its own name
    assert all(step.writes == (name,) for name, step in STEPS.items() if name not in FIVE)


def test_a_step_exists_for_each_service():
    services = {path.parent.name for path in (ROOT / "services").glob("*/Dockerfile")}
    assert services == set(STEPS)
