"""The page of a DAG tells what to do when it fails, in words of this pipeline and this machine."""

import re

import pytest
from conftest import ROOT, settings

from contract.errors import ExitCode
from microstep_airflow.guide import TODO, guide

DAGS = ("generate", "train", "predict")


def test_every_way_to_fail_has_a_way_out():
    assert set(TODO) == set(ExitCode) - {ExitCode.DONE}
    for code in TODO:
        for dag in DAGS:
            assert f"| {int(code)} | {code.meaning}" in guide("It does.", dag, settings())


def test_it_tells_which_failures_are_tried_again():
    page = guide("", "train", settings())
    assert re.findall(r"(?m)^\| (\d+) \|.*\(tried again\) \|", page) == ["69", "73", "74", "75", "137"]


@pytest.mark.parametrize("runner", ["docker", "process"])
@pytest.mark.parametrize("dag", DAGS)
def test_a_page_begins_with_what_the_dag_does_and_leaves_no_gap(dag, runner):
    page = guide("It does.\n", dag, settings(runner))
    assert page.startswith("It does.\n\n## When a run fails\n")
    assert "{" not in page
    assert "}" not in page


def test_commands_name_the_pipeline_where_there_are_several():
    page = guide("", "train", settings().of("churn"))
    assert "`pipelines/churn.toml`" in page
    assert "`data/churn/`" in page
    assert "make backfill FROM=YYYY-MM-DD TO=YYYY-MM-DD DAG=train PIPELINE=churn" in page
    assert "`MICROSTEP_PIPELINE=churn docker compose run --rm validate rollback`" in page
    alone = guide("", "train", settings())
    assert "`pipeline.toml`" in alone
    assert "PIPELINE=" not in alone


def test_without_docker_nobody_is_told_to_type_what_needs_it():
    for dag in DAGS:
        page = guide("", dag, settings("process"))
        assert not re.search(r"docker|`make|\.env", page)


def test_every_command_of_make_is_one():
    known = set(re.findall(r"(?m)^([a-z-]+):", (ROOT / "Makefile").read_text()))
    asked = {word for dag in DAGS for word in re.findall(r"`make ([a-z-]+)", guide("", dag, settings()))}
    assert {"backfill", "status", "prune", "logs", "up"} <= asked <= known
