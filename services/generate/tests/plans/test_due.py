import json
from argparse import Namespace
from datetime import date

import pytest

from generate.plans.due import DUE


@pytest.fixture
def told(call, root, tmp_path, table, capfd):
    """What the command prints of 2026-11-20, as Python's values."""
    table["schedule"] = {"first_day": date(2026, 11, 18)}
    table["training"] = table.get("training", {}) | {"window_days": 2}
    config = tmp_path / "pipeline.toml"

    def tell():
        config.write_text(call.toml(table))
        DUE.work(Namespace(data_root=str(root), config=str(config), day="2026-11-20"))
        return json.loads(capfd.readouterr().out)

    tell.generate = lambda day: call.shell("--day", day, "--data-root", str(root), "--config", str(config))
    return tell


def arrive(root, day):
    (root / "inbox" / day).mkdir(parents=True)
    (root / "inbox" / day / "rows.csv").write_text("id,age,plan,left\n1,2,x,yes\n")
    (root / "inbox" / day / "_SUCCESS").touch()


def test_it_tells_the_days_of_each_dags_next_run(told, root):
    arrive(root, "2026-11-18")
    arrive(root, "2026-11-19")
    told()
    assert told.generate("2026-11-18")[0] == 0
    found = told()
    assert (found["generate"], found["waits"]) == (["2026-11-19", "2026-11-20"], ["2026-11-20"])
    assert (found["there"], found["predicted"]) == (["2026-11-18"], [])
    assert found["predict"] == ["2026-11-18", "2026-11-19", "2026-11-20"]
    assert found["window"] == ["2026-11-19", "2026-11-20"]
    assert found["champion"] == {}


def test_a_day_without_a_window_says_why(told, table):
    told()
    table["training"] |= {"target_delay_days": 9}
    assert told()["window"] == []
    assert told()["no_window"].startswith("--day: ")


def test_a_champion_whose_ledger_is_damaged_is_told_and_not_an_error(told, root):
    (root / "ledger.jsonl").write_text("{}\n")
    champion = told()["champion"]
    assert champion["label"] == ""
    assert "line 1 is damaged" in champion["misfit"]
