"""`make try` in a checkout whose environments are there: a table with dates, weekends between them and dirt."""

import os
import random
import re
import subprocess
from datetime import date, timedelta
from pathlib import Path

import pytest
from end_to_end.stack import copy_checkout

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="module")
def checkout(tmp_path_factory):
    """A copy of this checkout with its environments, and a table of 1,500 orders of 20 working days beside it."""
    copy = copy_checkout(tmp_path_factory.mktemp("try") / "checkout")
    subprocess.run([ROOT / "dev" / "env", "generate", "preprocess", "train", "validate", "predict"], check=True)
    (copy / ".venvs").symlink_to(ROOT / ".venvs")
    draw = random.Random(0)
    days = [day for n in range(28) if (day := date(2026, 3, 2) + timedelta(days=n)).weekday() < 5]
    lines = []
    for number in range(1500):
        amount, visits = draw.gauss(100, 30), draw.randrange(9)
        back = "yes" if amount + 5 * visits + draw.gauss(0, 20) > 120 else "no"
        day = "unknown" if number in (7, 70) else f"{days[number * len(days) // 1500]:%d.%m.%Y}"
        lines.append(f"o{number};{day};{amount:.2f};{visits};{back}".replace(".", ",", 0))
    table = copy.parent / "my orders.csv"
    table.write_text("\n".join(["order_id;ordered;amount;visits;came back", *lines]) + "\n")
    return copy, table


def tried(checkout, *words):
    copy, table = checkout
    command = ["make", "--no-print-directory", "try", f"FILE={table}", *words]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(command, cwd=copy, capture_output=True, text=True, check=False, env=environment)
    print(done.stdout, done.stderr)
    return done


def test_one_command_leads_from_a_table_to_predictions_and_a_report(checkout):
    done = tried(checkout, "TARGET=came back")
    assert done.returncode == 0
    said = dict(re.findall(r"^(\w+) +(.*)$", done.stdout, re.MULTILINE))
    assert said["metric"].startswith("roc_auc: 0.9")
    assert said["verdict"] == "promoted (in use): it passes every rule of the gate"
    assert said["live"].startswith("roc_auc 0.")
    report = checkout[0] / said["report"]
    assert report.stat().st_size > 1000
    assert (report.parents[2] / "pipeline.html").exists()
    assert "note: my orders.csv: 2 of 1,500 rows go to no day" in done.stdout
    assert not (checkout[0] / "data" / "inbox").exists()


def test_a_second_time_nothing_is_done_again_and_an_edit_counts(checkout):
    assert "it is there, and stays as it is" in tried(checkout, "TARGET=came back").stdout
    config = next((checkout[0] / ".try").glob("*/pipeline.toml"))
    config.write_text(config.read_text().replace("roc_auc = 0.6 }", "roc_auc = 0.999 }"))
    done = tried(checkout, "TARGET=came back")
    assert done.returncode == 0
    assert "verdict    refused (not in use)" in done.stdout
    assert "misses gate.minimums.roc_auc 0.999" in done.stdout


def test_what_cannot_be_done_ends_with_the_code_and_the_words_of_the_step(checkout):
    done = tried(checkout, "TARGET=came")
    assert done.returncode == 2  # make's own
    assert "generate ended with 64: --target: must be a column of my orders.csv, got 'came'" in done.stderr
    assert tried(checkout, "TARGET=").returncode == 2
