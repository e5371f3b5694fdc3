"""docs/your-own-data.md, walked with a table that nobody here made, as dirty as people send one.

The page's own commands are run one after the other; where one starts a container, its step runs in its own environment
here, with the mounted paths put back. tests/conformance runs the steps' images.
"""

import json
import os
import re
import shlex
import subprocess
from itertools import pairwise
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "your-own-data.md"
DAY = "2026-11-22"
# the customers of a telephone company that IBM published, as R's package modeldata has them, from a German spreadsheet
TELCO = """
from pathlib import Path
from catalog import Table
from spellings import german

frame = Table("modeldata", "wa_churn", "churn").load().drop(columns="")
names = {"churn": "Churn", "monthly_charges": "Monatsgebühr", "total_charges": "Gesamtbetrag €"}
lines = german(frame.rename(columns=names), Path("written")).read_bytes().split(b"\\r\\n")
# a title above the header, and a line that somebody has cut
lines[100] = lines[100][:40]
Path("telco.csv").write_bytes(b"\\r\\n".join([b"Kunden, Stand November", b"", *lines]))
"""


def commands():
    """The lines of the page that a shell runs, in their order; `make` is for a whole stack.

    Not the splitting of orders.csv, another table, whose rows have a date: tests/test_try.py splits.
    """
    blocks = re.findall(r"^```\n(.*?)^```", PAGE.read_text(), re.DOTALL | re.MULTILINE)
    lines = [line for block in blocks for line in re.sub(r"\\\n\s*", "", block).splitlines()]
    return [
        line for line in lines if line.split()[0] in ("docker", "mkdir", "cp", "touch") and "orders.csv" not in line
    ]


class Reader:
    """Somebody who types what the page says, in a folder with telco.csv alone."""

    def __init__(self, home):
        self.home, self.output = home, ""

    def type(self, line):
        words = shlex.split(line)
        if words[0] != "docker":
            subprocess.run(words, cwd=self.home, check=True)
        elif words[1] == "run":
            mounts = dict(word.split(":")[:2][::-1] for before, word in pairwise(words) if before == "-v")
            image = next(index for index, word in enumerate(words) if word.startswith("microstep-"))
            arguments = [self.here(word, mounts) for word in words[image + 1 :]]
            self.step(words[image].removeprefix("microstep-"), arguments)
        else:
            assert words[1:4] == ["compose", "run", "--rm"], line
            self.step(words[4], [*words[5:], "--data-root", "data", "--config", "pipeline.toml"])

    def here(self, word, mounts):
        """A path in the container as one of this machine."""
        for inside, outside in mounts.items():
            if word == inside or word.startswith(f"{inside}/"):
                return outside.replace("$PWD", str(self.home)) + word[len(inside) :]
        return word

    def step(self, step, arguments):
        path = os.pathsep.join(str(ROOT / part) for part in ("libs/contract", "libs/analysis", f"services/{step}"))
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("MLFLOW", "MICROSTEP"))}
        done = subprocess.run(
            [ROOT / ".venvs" / step / "bin" / "python", "-m", step, *arguments],
            cwd=self.home, env=kept | {"PYTHONPATH": path}, check=False, capture_output=True, text=True,
        )  # fmt: skip
        self.output += done.stderr
        assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def walked(tmp_path_factory):
    """The folder after all commands, and what the steps said."""
    home = tmp_path_factory.mktemp("walk")
    # the page says so: make the folder first
    (home / "mine").mkdir()
    subprocess.run(
        [ROOT / ".venvs" / "tables" / "bin" / "python", "-c", TELCO],
        cwd=home, env=os.environ | {"PYTHONPATH": str(ROOT / "bench" / "tables")}, check=True,
    )  # fmt: skip
    reader = Reader(home)
    for line in commands():
        reader.type(line)
        written = home / "mine" / "pipeline.toml"
        if "infer" in line:
            # the page's own advice for one day of data
            written.write_text(re.sub(r"(?m)^window_days = \d+", "window_days = 1", written.read_text()))
    return home, reader.output


def test_infer_finds_how_the_table_is_written(walked):
    home, _ = walked
    text = (home / "pipeline.toml").read_text()
    for line in ('delimiter = ";"', 'decimal = ","', 'encoding = "cp1252"', "skip_lines = 2", 'target = "Churn"'):
        assert re.search(rf"(?m)^{re.escape(line)}", text), line
    assert 'positive = "Yes"' in text
    assert '[columns."Gesamtbetrag €"]\ntype = "number"' in text
    assert (home / "mine" / "pipeline.html").stat().st_size > 10_000


def test_each_row_but_the_cut_one_is_processed(walked):
    home, output = walked
    counts = json.loads((home / "data" / "processed" / DAY / "manifest.json").read_text())["counts"]
    assert (counts["rows_in"], counts["rows_out"], counts["rejected"]) == (7043, 7042, 1)
    assert "must have 21 fields like the header" in output


def test_a_model_that_tells_who_leaves_is_promoted_and_predicts(walked):
    home, output = walked
    champion = json.loads((home / "data" / "models" / "champion.json").read_text())
    assert (champion["day"], champion["trained_for"]["features"]["Gesamtbetrag €"]) == (DAY, "number")
    scores = re.search(r"roc_auc (0\.\d+) reaches gate\.minimums", output)
    assert float(scores[1]) > 0.8  # as what others publish about this table
    counts = json.loads((home / "data" / "predictions" / DAY / "manifest.json").read_text())["counts"]
    assert counts["rows_out"] == sum(counts["predicted"].values()) == 7042
