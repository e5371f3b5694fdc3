"""Several pipelines in one stack: each file has its own DAGs, and what is wrong with one is no other's."""

import os
import tomllib
from pathlib import Path

import pytest
from airflow.dag_processing.dagbag import DagBag
from conftest import ROOT, factory, pipeline, settings, write_pipelines
from fake_variables import Variables
from parse_seconds import parse_seconds
from test_runs import pretender

from contract.config.parse import parse
from microstep_airflow import maintenance, pipelines
from microstep_airflow.alerts.mail import Mail
from microstep_airflow.dag_factory import DagFactory
from microstep_airflow.pipelines import dag_id, of_dag, read_catalog
from microstep_airflow.schedule import run_requests
from socket_proxy import rules

DAGS = ROOT / "airflow" / "dags"
TWO = ("churn", "orders")


@pytest.fixture
def machine(tmp_path, monkeypatch):
    """A machine with the pipelines of these names; gives the folder in which their files and data roots are."""

    def machine(*names, text=None):
        write_pipelines(tmp_path / "pipeline.toml", names, text or pipeline())
        monkeypatch.setenv("MICROSTEP_CONFIG", str(tmp_path / "pipeline.toml"))
        monkeypatch.setenv("MICROSTEP_DATA_ROOT", str(tmp_path / "data"))
        monkeypatch.setenv("MICROSTEP_HOST_ROOT", "/srv/microstep")
        monkeypatch.setenv("MICROSTEP_RUNNER", "docker")
        return tmp_path

    return machine


def catalog(folder):
    return read_catalog(folder / "pipeline.toml", folder / "data")


def dags_of(bag):
    return sorted(bag.dags)


def all_dags(*names):
    return sorted(["maintenance", *(f"{name}.{dag}" for name in names for dag in ("generate", "predict", "train"))])


# ---- which DAGs there are


def test_each_file_has_its_three_dags_and_maintenance_is_the_stacks(load_dags):
    dags = load_dags(names=TWO)
    assert sorted(dags) == all_dags(*TWO)
    for name in TWO:
        assert dags[f"{name}.train"].tags == {"microstep", name}


def test_a_lone_pipeline_toml_has_the_dags_that_it_always_had(load_dags):
    assert sorted(load_dags()) == ["generate", "maintenance", "predict", "train"]


@pytest.mark.parametrize("name", ["", "churn"])
def test_the_id_of_a_dag_says_whose_it_is(name):
    assert of_dag(dag_id(name, "train")) == (name, "train")


def test_a_step_of_a_pipeline_is_given_what_is_its_own_and_nothing_else(load_dags):
    dags = load_dags("sql", names=TWO)
    generate = dags["churn.generate"].get_task("generate")
    assert "/srv/microstep/secrets/sql/churn" in [mount["Source"] for mount in generate.mounts]
    train = dags["churn.train"].get_task("train")
    assert train.container_name.startswith("microstep-churn.train-")
    mounted = {mount["Target"]: mount["Source"] for mount in train.mounts}
    assert mounted["/data"] == "/srv/microstep/data/churn"
    assert mounted["/config/pipeline.toml"] == "/srv/microstep/pipelines/churn.toml"
    assert train.labels["microstep.pipeline"] == "churn"
    assert Path(train.data_root).name == "churn"
    assert Path(train.config).parts[-2:] == ("pipelines", "churn.toml")


def test_what_a_person_types_for_a_step_names_the_pipeline(load_dags):
    train = load_dags(names=TWO)["churn.train"].get_task("train")
    train.day, train.force = "2026-01-03", ""
    assert train.by_hand == "MICROSTEP_PIPELINE=churn docker compose run --rm train --day 2026-01-03"


def test_a_run_that_is_started_is_one_of_the_same_pipeline(load_dags):
    dags = load_dags(names=TWO)
    assert dags["churn.generate"].get_task("first_training").trigger_dag_id == "churn.train"
    assert dags["orders.train"].get_task("train_each_day").partial_kwargs["trigger_dag_id"] == "orders.train"


def test_steps_of_a_pipeline_with_a_higher_priority_go_first(machine):
    folder = machine(*TWO)
    file = folder / "pipelines" / "orders.toml"
    file.write_text(file.read_text().replace("[schedule]\n", "[schedule]\npriority = 5\n"))
    dags = DagBag(str(DAGS)).dags
    weights = {
        name: {(task.priority_weight, str(task.weight_rule)) for task in dags[f"{name}.predict"].tasks} for name in TWO
    }
    assert weights == {
        "churn": {(1, "absolute")},
        "orders": {(6, "absolute")},
    }


# ---- in a task's process


def test_a_task_reads_its_own_file_alone(machine, monkeypatch):
    folder = machine(*TWO)
    (folder / "pipelines" / "orders.toml").write_text("[broken")
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "churn.train")
    monkeypatch.setattr(pipelines, "read_catalog", None)
    assert [factory.settings.pipeline for factory in DagFactory.each()] == ["churn"]


def test_a_task_whose_pipeline_is_gone_says_which_file_is(machine, monkeypatch):
    machine(*TWO)
    monkeypatch.setenv("_AIRFLOW_PARSING_CONTEXT_DAG_ID", "gone.train")
    bag = DagBag(str(DAGS / "train.py"))
    assert bag.dags == {}
    assert "pipelines/gone.toml: no configuration there" in str(bag.import_errors)


def test_fifty_pipelines_are_parsed_in_three_seconds_and_a_task_starts_as_fast_as_with_one(tmp_path):
    """In turn, and the shortest of each: what others do on this machine meanwhile, they do to both."""
    text = (ROOT / "pipeline.toml").read_text().replace('[pipeline]\nname = "microstep"', "")
    places = {}
    for count in (1, 50):
        folder = tmp_path / str(count)
        folder.mkdir()
        write_pipelines(folder / "pipeline.toml", [f"p{number}" for number in range(count)], text)
        places[count] = {
            "MICROSTEP_CONFIG": str(folder / "pipeline.toml"),
            "MICROSTEP_DATA_ROOT": str(folder / "data"),
        }
    asked = {"_AIRFLOW_PARSING_CONTEXT_DAG_ID": "p0.train"}
    in_turn = [(places[count] | asked, DAGS / "train.py", 1) for count in (1, 50)] * 7
    every_dag = [(places[50], DAGS, 151)] * 3
    seconds = parse_seconds(tmp_path / "home", [*in_turn, *every_dag])
    alone, of_many, all_of_many = min(seconds[:14:2]), min(seconds[1:14:2]), min(seconds[14:])
    assert all_of_many < 3
    # a task that read the files of all would take nearly twice as long
    assert of_many < 1.25 * alone
    print(f"one pipeline {alone:.3f} s, one of 50 {of_many:.3f} s, all DAGs of 50 {all_of_many:.2f} s")


# ---- what is wrong


def test_one_broken_file_is_an_import_error_and_takes_no_other_down(machine):
    folder = machine(*TWO)
    (folder / "pipelines" / "bad.toml").write_text("[sorce]\n")
    bag = DagBag(str(DAGS))
    assert dags_of(bag) == all_dags(*TWO)
    [(file, error)] = bag.import_errors.items()
    assert file.endswith("dags/pipelines.py")
    assert error.endswith("pipelines/bad.toml: [sorce] is not a known key; did you mean 'source'?\n")
    assert str(folder) not in error


@pytest.mark.parametrize("name", ["Churn", "1st", "a-b", "a.b", "a" * 32, "ä"])
def test_a_file_whose_name_is_none_for_a_pipeline_is_refused(machine, name):
    folder = machine(*TWO)
    (folder / "pipelines" / f"{name}.toml").write_text(pipeline())
    assert "the file's name must be [a-z][a-z0-9_]{0,30}" in catalog(folder).broken[f"pipelines/{name}.toml"]
    assert set(catalog(folder).good) == set(TWO)


@pytest.mark.parametrize("name", ["a", "a" * 31, "raw", "a_1", "new"])
def test_what_a_pipeline_may_be_called(machine, name):
    assert set(catalog(machine(name)).good) == {name}


def test_two_files_with_one_name_for_mlflow_are_both_refused(machine):
    folder = machine(*TWO, "third")
    file = folder / "pipelines" / "orders.toml"
    file.write_text(file.read_text().replace('name = "orders"', 'name = "churn"'))
    found = catalog(folder)
    assert set(found.good) == {"third"}
    assert "got 'churn' as in pipelines/orders.toml" in found.broken["pipelines/churn.toml"]
    assert "got 'churn' as in pipelines/churn.toml" in found.broken["pipelines/orders.toml"]


def test_two_files_that_name_none_have_one_name_too(machine):
    folder = machine()
    for name in TWO:
        (folder / "data" / name).mkdir(parents=True)
        (folder / "pipelines" / f"{name}.toml").write_text(pipeline())
    (folder / "pipeline.toml").write_text("")
    assert set(catalog(folder).broken) == {"pipelines/churn.toml", "pipelines/orders.toml"}


def test_a_pipeline_without_a_data_root_says_what_to_type(machine):
    folder = machine(*TWO)
    (folder / "data" / "orders").rmdir()
    assert catalog(folder).broken == {
        "pipelines/orders.toml": "data/orders must be there for what its steps write; type: make new NAME=orders"
    }


@pytest.mark.parametrize("linked", ["pipelines/orders.toml", "data/orders"])
def test_a_link_is_refused_for_it_leads_elsewhere_in_containers(machine, linked):
    folder = machine(*TWO)
    (folder / linked).rename(folder / "elsewhere")
    (folder / linked).symlink_to(folder / "elsewhere")
    assert "must be no links" in catalog(folder).broken["pipelines/orders.toml"]


def test_a_pipeline_toml_with_settings_beside_files_is_refused_with_the_way_out(machine):
    folder = machine(*TWO)
    (folder / "pipeline.toml").write_text(pipeline())
    found = catalog(folder)
    assert set(found.good) == set(TWO)
    assert "make migrate" in found.broken["pipeline.toml"]


def test_what_editors_leave_beside_a_file_is_no_pipeline(machine):
    folder = machine(*TWO)
    for name in (".churn.toml.swp", ".#orders.toml", "churn.toml~", "#churn.toml#", "4913", "churn.toml.bak"):
        (folder / "pipelines" / name).write_text("[")
    found = catalog(folder)
    assert (set(found.good), found.broken) == (set(TWO), {})


def test_files_that_come_go_and_are_replaced_by_a_rename_are_seen(machine):
    folder = machine(*TWO)
    assert dags_of(DagBag(str(DAGS))) == all_dags(*TWO)
    staged = folder / "pipelines" / "churn.toml.new"
    staged.write_text(pipeline("files") + '\n[pipeline]\nname = "churn"\n')
    os.replace(staged, folder / "pipelines" / "churn.toml")
    (folder / "pipelines" / "orders.toml").unlink()
    write_pipelines(folder / "pipeline.toml", ["third"], pipeline())
    bag = DagBag(str(DAGS))
    assert dags_of(bag) == all_dags("churn", "third")
    assert "wait_for_inbox" in bag.dags["churn.generate"].task_ids


# ---- a run that somebody asks for


def asked(dag, **conf):
    run_requests._judge(None, (), {"dag_id": dag, "run_type": "manual", "conf": conf})


def test_a_run_is_judged_by_the_file_of_its_own_pipeline(machine):
    folder = machine(*TWO)
    file = folder / "pipelines" / "orders.toml"
    file.write_text(file.read_text().replace("first_day = 2026-01-01", "first_day = 2026-02-01"))
    asked("churn.predict", day="2026-01-05")
    with pytest.raises(ValueError, match=r"schedule\.first_day 2026-02-01 or later, got 2026-01-05"):
        asked("orders.predict", day="2026-01-05")
    with pytest.raises(ValueError, match=r"pipelines/gone\.toml: no configuration there"):
        asked("gone.predict", day="2026-01-05")


def test_a_run_of_what_looks_after_the_stack_is_not_judged(machine):
    machine(*TWO)
    asked("maintenance", day="2999-01-05")


# ---- whole runs


def test_the_runs_of_two_pipelines_work_each_in_its_own_data(tmp_path):
    ours = pretender(tmp_path, "", "automatic")
    write_pipelines(tmp_path / "pipeline.toml", TWO, (tmp_path / "pipeline.toml").read_text())
    for name in ("plan", "manifest.json"):
        (ours.data / name).write_bytes((tmp_path / name).read_bytes())
    (ours.data / "churn" / "models").mkdir()
    (ours.data / "churn" / "models" / "champion.json").touch()
    runs = ours.run_dags("churn.generate=2026-01-01", "orders.generate=2026-01-02", "churn.predict=2026-01-01")
    assert [(run["dag"], run["state"]) for run in runs] == [
        ("churn.generate", "success"),
        ("orders.generate", "success"),
        ("churn.predict", "success"),
    ]
    steps = {name: (ours.data / name / "steps_run").read_text().splitlines() for name in TWO}
    assert steps == {
        "churn": ["generate 2026-01-01", "preprocess 2026-01-01", "predict 2026-01-01"],
        "orders": ["generate 2026-01-02"],
    }
    assert sorted(path.name for path in ours.data.iterdir()) == ["churn", "manifest.json", "orders", "plan"]


# ---- who is told


@pytest.fixture
def sent(monkeypatch):
    """The mails that were put into an outbox: its folder and the mail."""
    mails = []
    monkeypatch.setattr(maintenance, "Variable", Variables())
    monkeypatch.setattr(maintenance, "enqueue", lambda mail, _, folder, __: mails.append((folder, mail)))
    return mails


def look(task):
    return DagBag(str(DAGS / "maintenance.py")).dags["maintenance"].get_task(task).python_callable()


def test_a_broken_file_is_mailed_once_and_again_when_something_else_is_wrong(machine, sent):
    folder = machine(*TWO)
    bad = folder / "pipelines" / "bad.toml"
    bad.write_text("[sorce]\n")
    assert list(look("look_at_pipelines")) == list(look("look_at_pipelines")) == ["pipelines/bad.toml"]
    # the pipelines have the same people, who get it once
    [(_, mail)] = sent
    assert mail.subject.startswith("[microstep] pipelines/bad.toml is wrong, its pipeline does not run: ")
    bad.write_text("[schedul]\n")
    look("look_at_pipelines")
    assert len(sent) == 2
    bad.unlink()
    assert look("look_at_pipelines") == {}
    assert len(sent) == 2


def test_what_nobody_could_be_told_is_told_when_somebody_can_be(machine, sent):
    folder = machine("churn")
    good = (folder / "pipelines" / "churn.toml").read_text()
    (folder / "pipelines" / "bad.toml").write_text("[sorce]\n")
    (folder / "pipelines" / "churn.toml").write_text("[sorce]\n")
    assert len(look("look_at_pipelines")) == 2
    assert sent == []
    (folder / "pipelines" / "churn.toml").write_text(good)
    look("look_at_pipelines")
    assert len(sent) == 1


def test_the_people_of_every_pipeline_are_told(machine, sent):
    folder = machine(*TWO)
    file = folder / "pipelines" / "orders.toml"
    file.write_text(file.read_text().replace("team@example.com", "orders@example.com"))
    (folder / "pipelines" / "bad.toml").write_text("[sorce]\n")
    look("look_at_pipelines")
    assert sorted(path.parts[-2:] for path, _ in sent) == [("pipelines", "churn"), ("pipelines", "orders")]


def test_the_people_of_a_lone_pipeline_are_told_that_it_stands_still_for_another_file(machine, sent):
    folder = machine(*TWO)
    lone = (folder / "pipelines" / "churn.toml").read_text().replace("team@example.com", "lone@example.com")
    (folder / "pipeline.toml").write_text(lone)
    for name in TWO:
        (folder / "pipelines" / f"{name}.toml").write_text("[sorce]\n")
    look("look_at_pipelines")
    assert {path.name for path, _ in sent} == {"mails"}
    assert any(mail.subject.startswith("[microstep] pipeline.toml is wrong") for _, mail in sent)
    look("look_at_pipelines")
    assert len(sent) == 3


def test_a_pipeline_toml_that_is_seen_as_it_was_before_is_looked_at_beside_other_pipelines(machine, sent, monkeypatch):
    machine("churn")
    looked = []
    monkeypatch.setattr(maintenance, "was_replaced", lambda _, source: looked.append(source))
    look("look_at_mounts")
    assert any(source.endswith("/pipeline.toml") for source in looked)


def test_mails_of_every_pipeline_and_of_none_are_sent(machine, monkeypatch):
    machine(*TWO)
    flushed = []
    monkeypatch.setattr(
        maintenance,
        "flush",
        lambda alerts, folder, now: flushed.append((folder, alerts.to)) or maintenance.Remaining(0),
    )
    mails = Path(os.environ["AIRFLOW_HOME"], "mails")
    (mails / "pipelines" / "gone").mkdir(parents=True, exist_ok=True)
    assert look("send") == 0
    team = ("team@example.com", "night@example.com")
    assert sorted(flushed) == sorted(
        [
            (mails, ()),
            (mails / "pipelines" / "gone", ()),
            *((mails / "pipelines" / name, team) for name in TWO),
        ]
    )


def test_a_mail_names_its_pipeline_and_so_do_the_commands_in_it():
    mail = Mail("info", "[microstep] predict 2026-01-03: drift", {"Old": "type: make backfill FROM=a TO=b"})
    named = Mail("info", mail.subject, mail.facts, advice="go back: docker compose run --rm validate rollback").of(
        "churn"
    )
    assert named.subject == "[microstep churn] predict 2026-01-03: drift"
    assert named.facts == {"Old": "type: make backfill PIPELINE=churn FROM=a TO=b"}
    assert named.advice == "go back: MICROSTEP_PIPELINE=churn docker compose run --rm validate rollback"
    assert mail.of("") is mail


def test_what_people_were_told_is_kept_for_each_pipeline():
    one = settings()
    assert one.kept("microstep_drift") == "microstep_drift"
    assert one.of("churn").kept("microstep_drift") == "microstep_drift_churn"
    assert one.of("churn").mails == one.mails / "pipelines" / "churn"


def test_the_socket_proxy_knows_the_same_names():
    assert rules.PIPELINE == pipelines.NAME


def test_a_lone_file_keeps_the_settings_that_it_had():
    config = parse(tomllib.loads(pipeline()))
    assert DagFactory(config, settings()).dag("train", "0 0 * * *", "doc").dag_id == "train"
    assert factory().settings.of("") == factory().settings
