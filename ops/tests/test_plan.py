"""A plan in words."""

import json
import os
import sys
from pathlib import Path

import pytest
from pipeline_file import what_is_wrong_in
from pipelines.places import all_of, names
from pipelines.plan_text import text

from pipelines import places
from pipelines import plan as plans

FILE = Path("pipelines/churn.toml")
DUE = {
    "day": "2026-11-04",
    "timezone": "UTC",
    "generate": ["2026-11-04"],
    "waits": [],
    "there": ["2026-11-01", "2026-11-02"],
    "predict": ["2026-11-01", "2026-11-04"],
    "predicted": ["2026-11-02", "2026-11-03"],
    "window": ["2026-11-03", "2026-11-04"],
    "no_window": "",
    "first_training": False,
    "champion": {"label": "2026-11-02", "since": "2026-11-03T04:00:00+00:00", "misfit": ""},
}


def intent(what, *why, rows=None):
    counts = {} if rows is None else {"rows_out": rows}
    return {"what": what, "why": list(why), "manifest": {"counts": counts} if why else None}


def told(step, day, *intents, code=0, error=""):
    return {"step": step, "day": day, "code": code, "error": error, "intents": list(intents)}


def plan(due=None, **steps):
    lines = {
        step: {line["day"]: line for line in steps.get(step, [])}
        for step in ("generate", "preprocess", "train", "validate", "predict")
    }
    return text("churn", FILE, DUE | (due or {}), lines)


def part(whole, title):
    return whole.partition(f"\n{title}\n")[2].partition("\n\n")[0].splitlines()


def test_days_one_after_the_other_that_have_the_same_fate_are_one_line():
    lines = [
        told("preprocess", day, intent(f"processed/{day}", "columns.x.min: was 0, is 1", rows=5))
        for day in DUE["window"]
    ]
    assert part(plan(preprocess=lines), "train") == [
        "  preprocess  2026-11-03 to 2026-11-04  processed/DAY is made: columns.x.min: was 0, is 1"
    ]


def test_days_with_others_between_them_are_told_apart():
    lines = [told("predict", day, intent(f"predictions/{day}")) for day in ("2026-11-01", "2026-11-04")]
    assert part(plan(predict=lines), "predict")[-2:] == [
        "  predict     2026-11-01                up to date",
        "  predict     2026-11-04                up to date",
    ]


def test_what_is_not_made_again_is_told_with_the_way_to_do_it():
    (first, *_) = part(plan(), "predict")
    assert first.startswith("  2026-11-02 to 2026-11-03  predicted already: a scheduled run makes no day again")
    assert part(plan(), "generate") == ["  2026-11-01 to 2026-11-02  stays: nothing of it lacks or has changed"]


def test_a_day_whose_files_have_not_come_is_waited_for():
    assert "  2026-11-04                waits for inbox/2026-11-04/_SUCCESS" in part(
        plan({"waits": ["2026-11-04"]}), "generate"
    )


def test_what_would_be_refused_is_told_with_its_code_and_counted():
    line = told("train", "2026-11-04", code=78, error="pipeline.toml: no such estimator")
    whole = plan(train=[line])
    assert "  train       2026-11-04                would end with exit 78: pipeline.toml: no such estimator" in whole
    assert part(whole, "in all") == ["  nothing is made", "  1 of these runs would be refused: see above"]


def test_the_work_is_summed_up_by_step():
    lines = [told("preprocess", day, intent(f"processed/{day}", "it is not there", rows=1500)) for day in DUE["window"]]
    unknown = told("generate", "2026-11-04", intent("raw/2026-11-04/data", "it is not there"))
    assert part(plan(preprocess=lines, generate=[unknown]), "in all") == [
        "  generate    1 day",
        "  preprocess  2 days, 3,000 rows",
    ]


def test_the_same_of_several_other_days_is_told_once():
    days = [f"2026-10-{day}" for day in range(10, 15)]
    line = told("validate", "2026-11-04", *(intent(f"reports/live/{day}", "it is not there") for day in days))
    whole = " ".join(plan(validate=[line]).split())
    assert "reports/live/2026-10-10 to reports/live/2026-10-14: each of these 5 is made: it is not there" in whole


def test_of_many_reasons_the_first_are_told():
    line = told(
        "train", "2026-11-04", intent("models/2026-11-04", *(f"gate.k{number}: was 0, is 1" for number in range(9)))
    )
    whole = " ".join(plan(train=[line]).split())
    assert "gate.k3: was 0, is 1, and 5 more reasons (--dry-run tells all)" in whole
    assert "gate.k4" not in whole


def test_the_champions_fate_is_told():
    assert part(plan({"champion": {}}), "champion") == ["  none yet"]
    assert "answers what the file asks" in "".join(part(plan(), "champion"))
    other = DUE["champion"] | {"misfit": "was trained for the target a, pipeline.toml: table.target is b"}
    fate = " ".join(" ".join(part(plan({"champion": other}), "champion")).split())
    assert "cannot answer any more, it was trained for the target a" in fate
    assert "the DAG generate starts that training by itself" in fate
    lost = {"label": "", "since": "", "misfit": "ledger.jsonl: line 1 is damaged"}
    assert part(plan({"champion": lost}), "champion") == ["  ledger.jsonl: line 1 is damaged"]


def test_no_line_is_wider_than_a_terminal_but_for_words_that_cannot_be_broken():
    long = " ".join(["word"] * 80)
    line = told("train", "2026-11-04", code=65, error=long)
    assert max(map(len, plan(train=[line]).splitlines())) <= 120


def test_no_name_from_a_file_commands_the_terminal():
    name = "\x1b[2Jage\u202e"
    refused = told("train", "2026-11-04", code=65, error=f"column {name} must be there,\nand is not")
    made = told("generate", "2026-11-04", intent("raw/2026-11-04/data", f"columns.{name}.min: was 0, is 1"))
    whole = plan({"champion": {"label": "", "since": "", "misfit": name}}, train=[refused], generate=[made])
    assert whole.replace("\n", "").isprintable()
    assert whole.count("\\u001b[2Jage\\u202e") == 3
    assert "must be there, and is not" in whole


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    """A checkout with files in pipelines/; of each pipeline that has DAGs nothing is due."""
    for folder in ("pipelines", "data"):
        (tmp_path / folder).mkdir()
    (tmp_path / "pipeline.toml").write_text("")
    nothing = DUE | {"generate": [], "there": [], "predict": [], "predicted": [], "window": [], "champion": {}}
    words = [sys.executable, "-c", "import sys; print(sys.argv[1])", json.dumps(nothing)]
    monkeypatch.setattr(plans, "in_environments", lambda name: lambda step, arguments: (words, dict(os.environ)))
    monkeypatch.setattr(plans, "names", lambda: names(tmp_path))
    monkeypatch.setattr(places, "all_of", lambda: all_of(tmp_path))
    monkeypatch.setattr(plans, "what_is_wrong_in", lambda there: what_is_wrong_in(there, tmp_path))

    def add(name, model):
        (tmp_path / "data" / name).mkdir()
        (tmp_path / "pipelines" / f"{name}.toml").write_text(f'[pipeline]\nname = "{model}"\n')

    add("churn", "churn")
    return tmp_path, add


def planned(capsys, *words):
    """Exit code, the pipelines that are told of, and what is wrong."""
    code = plans.main(["--without-docker", *words])
    told = capsys.readouterr()
    heads = [line.partition(":")[0] for line in told.out.splitlines() if "as if each DAG ran now" in line]
    return code, heads, told.err


def test_every_pipeline_that_has_dags_is_told_of(checkout, capsys):
    _, add = checkout
    add("orders", "orders")
    assert planned(capsys) == (0, ["churn", "orders"], "")


def test_two_of_one_model_have_no_dags_and_are_not_planned(checkout, capsys):
    _, add = checkout
    add("orders", "twin")
    add("returns", "twin")
    code, heads, err = planned(capsys)
    assert (code, heads) == (78, ["churn"])
    assert "pipelines/orders.toml: has no DAGs: pipeline.name must be no other's, got 'twin'" in err
    assert "pipelines/returns.toml: has no DAGs: " in err
    assert planned(capsys, "--pipeline=churn") == (0, ["churn"], "")
    assert planned(capsys, "--pipeline=orders")[:2] == (78, [])


@pytest.mark.parametrize("place", ["pipelines/orders.toml", "data/orders"])
def test_one_that_is_a_link_has_no_dags_and_is_not_planned(checkout, capsys, place):
    root, add = checkout
    add("orders", "orders")
    (root / place).rename(root / "elsewhere")
    (root / place).symlink_to(root / "elsewhere")
    code, heads, err = planned(capsys)
    assert (code, heads) == (78, ["churn"])
    assert "pipelines/orders.toml: has no DAGs: it and data/orders must be no links" in err


def test_a_file_whose_name_is_none_is_named_and_no_lone_pipeline_is_planned_for_it(checkout, capsys):
    root, _ = checkout
    (root / "pipelines" / "churn.toml").rename(root / "pipelines" / "Churn-1.toml")
    code, heads, err = planned(capsys)
    assert (code, heads) == (78, [])
    assert "pipelines/Churn-1.toml: has no DAGs: the file's name must be [a-z]" in err
