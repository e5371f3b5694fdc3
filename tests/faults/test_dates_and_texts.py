"""A table of only texts, and one of only dates, from the inbox to a predicted day: with the values that must come of it."""

import csv
import io
import json
import subprocess
from datetime import date, datetime, timedelta

import pytest
from steps import ROOT

FIRST, DAYS = date(2026, 1, 7), 5
TODAY = (FIRST + timedelta(days=DAYS)).isoformat()
ROWS = 120

TABLE = """
[pipeline]
name = "walk"
[source]
kind = "files"
[table]
key = "id"
target = "y"
{task}
[columns]
id = {{ type = "text", role = "ignore" }}
{columns}
[training]
window_days = 5
folds = 3
{candidates}
[gate]
min_test_rows = 20
[predictions]
format = "csv"
[schedule]
first_day = 2026-01-01
timezone = "Europe/Berlin"
"""
LINEAR = '[[training.candidates]]\nname = "linear"\nestimator = "sklearn.linear_model.{linear}"\n'
TREES = '[[training.candidates]]\nname = "trees"\nestimator = "sklearn.ensemble.HistGradientBoosting{kind}"\n'
GOOD, BAD = ["lovely", "great", "charming", "fresh"], ["awful", "broken", "rude", "stale"]
NEUTRAL = ["the", "room", "staff", "food", "was", "and", "very", "place", "we", "had"]


def review(number, *, good):
    """Seven words, of which two say what is meant."""
    telling = GOOD if good else BAD
    words = [NEUTRAL[(number * step + step) % len(NEUTRAL)] for step in (1, 3, 7, 9, 11)]
    words[number % 5 : number % 5] = [telling[number % 4], telling[(number // 4) % 4]]
    return " ".join(words)


def texts(day, number):
    """Whether a guest was pleased says the text alone; the language of it may have no breaks between words."""
    good = (number * 7 + day) % 3 > 0
    chinese = ("很好吃" if good else "太难吃") + "的菜这家店"
    return {
        "note": review(number + 31 * day, good=good),
        "said": chinese if number % 10 else "",
        "y": "yes" if good else "no",
    }


def dates(day, number):
    """What is sold depends on the hour of the sale in Berlin, and on how old the customer's account is."""
    hour = number % 24
    when = datetime.combine(FIRST, datetime.min.time()) + timedelta(days=day, hours=hour - 1, minutes=number % 60)
    since = FIRST + timedelta(days=day) - timedelta(days=1 + (number * 37) % 900)
    night = 50 if hour >= 18 or hour < 6 else 0
    return {
        "sold": f"{when:%Y-%m-%dT%H:%M:00}Z",
        "since": f"{since:%d.%m.%Y}",
        "y": f"{night + (since.month == 12) * 20}",
    }


class Walk:
    def __init__(self, runners, home, text):
        self.runners, self.root, self.config = runners, home / "root", home / "pipeline.toml"
        self.config.write_text(text)

    def bring(self, day, rows):
        inbox = self.root / "inbox" / day
        inbox.mkdir(parents=True)
        file = io.StringIO()
        writer = csv.DictWriter(file, ["id", *rows[0]], lineterminator="\n")
        writer.writeheader()
        writer.writerows({"id": f"{day}-{number}"} | row for number, row in enumerate(rows))
        (inbox / "a.csv").write_text(file.getvalue())
        (inbox / "_SUCCESS").touch()

    def step(self, name, day, code=0):
        ended = self.runners[name].run(self.root, self.config, day=day)
        assert ended.code == code, ended.output
        return ended.output

    def json(self, path):
        directory, _, role = path.rpartition("/")
        return json.loads(self.file(directory, role).read_bytes())

    def file(self, directory, role):
        manifest = json.loads((self.root / directory / "manifest.json").read_bytes())
        (name,) = [file["path"] for file in manifest["files"] if file["role"] == role]
        return self.root / directory / name

    @property
    def predicted(self):
        with self.file(f"predictions/{TODAY}", "rows").open() as file:
            return [row["prediction"] for row in csv.DictReader(file)]

    def processed(self, *names):
        """The first two values of each column of the day, as texts."""
        program = (
            "import sys, pyarrow.parquet as pq\n"
            "for name in sys.argv[2:]: print(*pq.read_table(sys.argv[1])[name].to_pylist()[:2], sep='; ')"
        )
        python, file = ROOT / ".venvs/preprocess/bin/python", self.file(f"processed/{TODAY}", "rows")
        return subprocess.run(
            [python, "-c", program, file, *names], capture_output=True, text=True, check=True
        ).stdout.splitlines()


@pytest.fixture
def walk(runners, tmp_path):
    """Days of rows through the steps; the last day is only predicted."""

    def through(text, row_of, today):
        made = Walk(runners, tmp_path, text)
        names = [(FIRST + timedelta(days=number)).isoformat() for number in range(DAYS + 1)]
        for number, name in enumerate(names):
            made.bring(name, [row_of(number, row) for row in range(ROWS)] if name != TODAY else today)
            for step in ("generate", "preprocess"):
                made.step(step, name)
        for step, day in (("train", names[-2]), ("validate", names[-2]), ("predict", TODAY)):
            made.step(step, day)
        return made

    return through


@pytest.mark.parametrize("estimators", [LINEAR, TREES], ids=["linear", "trees"])
def test_a_table_of_texts_alone(walk, estimators):
    columns = 'note = { type = "text" }\nsaid = { type = "text" }\ny = { type = "category", values = ["no", "yes"] }'
    text = TABLE.format(
        task='task = "binary"\npositive = "yes"',
        columns=columns,
        candidates=estimators.format(linear="LogisticRegression", kind="Classifier"),
    )
    today = [texts(DAYS, row) for row in range(ROWS)]
    made = walk(text, texts, today)
    right = sum(said == row["y"] for said, row in zip(made.predicted, today, strict=True))
    assert right >= 0.95 * ROWS
    verdict = made.json(f"reports/train/{names_last()}/verdict")
    assert verdict["decision"] == "promoted"
    assert verdict["challenger"]["metrics"]["roc_auc"] == pytest.approx(1, abs=0.01)
    assert made.json(f"models/{names_last()}/card")["features"] == {"note": "text", "said": "text"}
    profile = made.json(f"processed/{TODAY}/profile")["columns"]
    assert profile["note"]["kind"] == "text"
    assert profile["said"]["missing"] == 12
    drift = made.json(f"reports/predict/{TODAY}/drift")
    assert {found["name"]: found["level"] for found in drift["columns"]} == {
        "note (length)": "ok", "note (known words)": "ok", "said (length)": "ok", "said (known characters)": "ok",
    }  # fmt: skip


@pytest.mark.parametrize("estimators", [LINEAR, TREES], ids=["linear", "trees"])
def test_a_table_of_dates_alone(walk, estimators):
    columns = (
        'sold = { type = "datetime" }\nsince = { type = "datetime", format = "%d.%m.%Y" }\ny = { type = "number" }'
    )
    text = TABLE.format(
        task='task = "regression"', columns=columns, candidates=estimators.format(linear="Ridge", kind="Regressor")
    )
    today = [dates(DAYS, row) for row in range(ROWS)]
    made = walk(text, dates, today)
    assert [float(value) for value in made.predicted] == pytest.approx([float(row["y"]) for row in today], abs=8)
    # 23:00 in London the day before is midnight in Berlin
    assert made.processed("sold", "since") == [
        "2026-01-12 00:00:00; 2026-01-12 01:01:00",
        "2026-01-11 00:00:00; 2025-12-05 00:00:00",
    ]
    page = made.file(f"reports/train/{names_last()}", "page").read_text()
    # of the columns as they came, not of what was derived from them
    assert "sold" in page
    assert "day of year" not in page
    assert made.json(f"processed/{TODAY}/profile")["columns"]["sold"]["latest"] == "2026-01-12 23:59:00"
    drift = made.json(f"reports/predict/{TODAY}/drift")
    assert {found["name"]: found["level"] for found in drift["columns"]} == {"sold": "ok", "since": "ok"}


def test_a_day_in_another_language_or_of_old_accounts_is_an_alarm(walk):
    columns = 'note = { type = "text" }\nsince = { type = "datetime", format = "%d.%m.%Y" }\ny = { type = "category", values = ["no", "yes"] }'
    text = TABLE.format(
        task='task = "binary"\npositive = "yes"', columns=columns, candidates=LINEAR.format(linear="LogisticRegression")
    )

    def row_of(day, number):
        return texts(day, number) | {"since": dates(day, number)["since"]}

    def usual(day, number):
        return {name: value for name, value in row_of(day, number).items() if name != "said"}

    today = [
        usual(DAYS, row) | {"note": "das zimmer war sehr schmutzig und laut", "since": "01.01.1999"}
        for row in range(60)
    ]
    made = walk(text, usual, today)
    drift = made.json(f"reports/predict/{TODAY}/drift")
    levels = {found["name"]: found["level"] for found in drift["columns"]}
    assert levels["since"] == levels["note (known words)"] == "alarm"


def names_last():
    return (FIRST + timedelta(days=DAYS - 1)).isoformat()
