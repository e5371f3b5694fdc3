"""A quarter without a hand: the first tasks of the DAGs decide, the real steps do, morning by morning; time is passed in.

Weekdays only, labels a week late in a feed of their own, the machine off for nine days, two late corrections, one day
without rows, one category that nobody knew.
"""

import shutil
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from types import SimpleNamespace

import pytest
from airflow.sdk import DAG
from airflow.sdk.exceptions import AirflowSkipException
from conftest import ROOT
from fake_run import FakeTi, failure
from fake_variables import Variables

from contract.config.parse import load
from contract.datasets.manifest import read_manifest
from contract.due.arrived import committed
from contract.due.lacking import content
from contract.due.training import first_training_is_due
from contract.layout import STEPS, Layout
from microstep_airflow.alerts import callbacks
from microstep_airflow.alerts.callbacks import RunAlerts
from microstep_airflow.schedule.lacking import KEY, days_of_run
from microstep_airflow.schedule.window import days_that_train, training_window
from microstep_airflow.settings import Settings

HISTORY, FIRST, LAST = date(2026, 11, 23), date(2027, 1, 1), date(2027, 4, 2)
OFF = [date(2027, 2, 9) + timedelta(days=number) for number in range(9)]  # a Tuesday to a Wednesday, a Monday within
CORRECTED = {date(2027, 1, 21): date(2027, 1, 19), date(2027, 3, 18): date(2027, 3, 11)}
"""The morning on which a day's file is another one."""
NO_ROWS, NEW_WORD = date(2027, 3, 2), date(2027, 3, 9)
DELAY = 7
MOST_MAILS = 8
CONFIG = f"""
[source]
kind = "files"
[table]
key = "id"
target = "y"
task = "binary"
positive = "yes"
[columns.x]
type = "number"
[columns.plan]
type = "category"
[columns.y]
type = "category"
values = ["no", "yes"]
[training]
window_days = 28
target_delay_days = {DELAY}
folds = 2
[[training.candidates]]
name = "linear"
estimator = "sklearn.linear_model.LogisticRegression"
[gate]
baseline = "off"
min_test_rows = 5
resamples = 99
[drift]
false_alarms = 0.05
false_watches = 0.1
resamples = 40
[schedule]
first_day = {HISTORY}
expected = "weekdays"
catch_up_days = 42
[alerts]
to = ["team@example.com"]
"""
MISSING = [step for step in STEPS if not (ROOT / ".venvs" / step / "bin" / "python").exists()]


def mornings():
    return [FIRST + timedelta(days=number) for number in range((LAST - FIRST).days + 1)]


def weekdays(first, last):
    days = [first + timedelta(days=number) for number in range((last - first).days + 1)]
    return [day for day in days if day.weekday() < 5]


class Feed:
    """Who drops files: a day's rows in its evening, its labels a week later."""

    def __init__(self, root):
        self.root = root

    def folder(self, day):
        path = self.root / "inbox" / str(day)
        path.mkdir(parents=True, exist_ok=True)
        return path

    def rows(self, day, *, corrected=False):
        if day == NO_ROWS:
            (self.folder(day) / "_EMPTY").touch()
            return
        plans = ["small", "large", *(["klarna"] if day == NEW_WORD else [])]
        lines = [
            f"{day}-{n},{(n * 37 + day.toordinal()) % 100 + 50 * corrected},{plans[n % len(plans)]}" for n in range(60)
        ]
        (self.folder(day) / "rows.csv").write_text("\n".join(["id,x,plan", *lines]) + "\n")
        (self.folder(day) / "_SUCCESS").touch()

    def labels(self, day):
        if day == NO_ROWS:
            return
        words = [("yes" if (n * 37 + day.toordinal()) % 100 > 45 + n % 11 else "no") for n in range(60)]
        lines = [f"{day}-{n},{word}" for n, word in enumerate(words)]
        (self.folder(day) / "labels.csv").write_text("\n".join(["id,y", *lines]) + "\n")

    def until(self, morning, since):
        """What came since the last morning."""
        for day in weekdays(HISTORY, morning):
            if since <= day < morning:
                self.rows(day)
            if since <= day + timedelta(days=DELAY) < morning:
                self.labels(day)
            if day == CORRECTED.get(morning):
                self.rows(day, corrected=True)


class Clock(datetime):
    """The time of a callback: the morning that is played."""

    morning = LAST

    @classmethod
    def now(cls, tz=None):
        return datetime.combine(cls.morning, time(6), tz)


class Ti:
    try_number = 1

    def __init__(self):
        self.pushed = {}

    def xcom_push(self, key, value):
        self.pushed[key] = value

    def get_previous_dagrun(self, state):
        return None


class Operator:
    """What Airflow does of a morning: the decisions are the DAGs' own, the steps are the real ones."""

    def __init__(self, home, runners):
        self.root, self.file, self.runners = home / "data", home / "pipeline.toml", runners
        self.root.mkdir(parents=True)
        self.file.write_text(CONFIG)
        self.config, self.layout = load(self.file), Layout(self.root)
        machine = Settings.read({"MICROSTEP_HOST_ROOT": "/srv", "MICROSTEP_DATA_ROOT": str(self.root)})
        self.days, self.trained, self.ran = {}, [], []
        self.alerts = RunAlerts(self.config, replace(machine, mails=home / "mails"))
        with DAG("d", schedule=None):
            for step in ("generate", "predict"):
                self.days[step] = days_of_run(step, self.config, machine).operator.python_callable
        with DAG("t", schedule=None):
            window = training_window(self.config)
            self.window = window.operator.python_callable
            self.there = days_that_train(window, self.config, machine).operator.python_callable

    def run(self, step, day, *codes):
        ended = self.runners[step].run(self.root, self.file, day=str(day))
        assert ended.code in (0, *codes), ended.output
        self.ran.append((step, str(day), "up to date" in ended.output))
        return ended

    def over(self, dag, own, tasks, *, started=None, **ti):
        """A scheduled run of the day `own` went well: its callback sends what there is to tell."""
        end = datetime.combine(date.fromisoformat(own) + timedelta(days=1), time(3, 15), UTC)
        dag_run = SimpleNamespace(
            run_type="scheduled", conf=None, run_after=end, data_interval_end=end, start_date=started
        )
        self.alerts.succeeded(
            {
                "dag": SimpleNamespace(dag_id=dag, tasks=[SimpleNamespace(task_id=task) for task in tasks]),
                "ti": FakeTi(tasks, run_id=f"scheduled__{own}", **ti),
                "run_id": f"scheduled__{own}",
                "params": {},
                "dag_run": dag_run,
            }
        )

    def morning(self, day, *, train):
        own = str(day - timedelta(days=1))
        Clock.morning = day
        generated, _ = self.decided("generate", own)
        for each in generated:
            self.run("generate", each)
        self.over("generate", own, {"generate": "success"})
        if first_training_is_due(self.config, self.layout, date.fromisoformat(own)) and not train:
            self.train(own, "first")
        days, lacks = self.decided("predict", own)
        for predicted in days:
            self.run("preprocess", predicted)
            self.run("predict", predicted)
        self.over("predict", own, {"predict": "success"}, lacks=lacks, days=days)

    def decided(self, step, own):
        ti = Ti()
        try:
            days = self.days[step](own, dag_run=SimpleNamespace(run_type="scheduled", conf=None), ti=ti)
        except AirflowSkipException:
            days = []
        # of a day that did not come there is nothing to do, its wait ends in vain
        return [day for day in days if committed(self.layout.raw_data(day)) or step == "generate"], ti.pushed[KEY]

    def train(self, own, why):
        window = self.window(own, dag_run=SimpleNamespace(run_type="scheduled", conf=None), ti=Ti())
        for day in self.there(window, own):
            self.run("preprocess", day)
        started = datetime.now(UTC)
        self.run("train", own)
        judged = self.run("validate", own, 80)
        refused = judged.code == 80
        xcoms = {("validate", None): failure(judged.output.strip().splitlines()[-1])} if refused else {}
        self.over("train", own, {"validate": "skipped" if refused else "success"}, started=started, xcoms=xcoms)
        self.trained.append((own, why, window))


@pytest.fixture(scope="module")
def quarter(tmp_path_factory):
    """The root after the quarter, and one for which all had come in time."""
    sys.path.insert(0, str(ROOT / "tests"))
    from faults.steps import Runner

    # nobody looks at the pages here, and to draw them takes most of a prediction
    runners = {step: Runner(step, None, ["oracle.plain_pages"] * (step in ("validate", "predict"))) for step in STEPS}
    mails = []
    patch = pytest.MonkeyPatch()
    patch.setattr(callbacks, "Variable", Variables())
    patch.setattr(callbacks, "datetime", Clock)
    patch.setattr(callbacks, "enqueue", lambda mail, to, folder, now: mails.append(mail.subject))
    home = tmp_path_factory.mktemp("quarter")
    try:
        operator = Operator(home / "late", runners)
        feed, since, monday = Feed(operator.root), HISTORY, False
        for morning in mornings():
            feed.until(morning, since)
            since = morning
            monday = monday or morning.weekday() == 0
            if morning in OFF:
                continue
            operator.morning(morning, train=monday)
            if monday:
                # after the machine was off Airflow makes up for the last run that was due
                due = morning - timedelta(days=morning.weekday())
                operator.train(str(due - timedelta(days=1)), "weekly")
                monday = False
        in_time = Operator(home / "in-time", runners)
        shutil.copytree(operator.root / "inbox", in_time.root / "inbox")
        for day in weekdays(HISTORY, LAST - timedelta(days=1)):
            in_time.run("generate", day)
            in_time.run("preprocess", day)
    finally:
        for runner in runners.values():
            runner.close()
        patch.undo()
    operator.mails = mails
    return operator, in_time


skipped = pytest.mark.skipif(
    MISSING != [], reason=f"no environment for {', '.join(MISSING)}: dev/env {' '.join(MISSING)}"
)
EXPECTED = [str(day) for day in weekdays(HISTORY, LAST - timedelta(days=1))]


@skipped
def test_every_expected_day_is_predicted_with_its_rows_as_they_are_at_last(quarter):
    operator, _ = quarter
    for day in EXPECTED:
        predictions, rows = (
            read_manifest(path) for path in (operator.layout.predictions(day), operator.layout.raw_data(day))
        )
        assert predictions.counts["rows_out"] == rows.counts["rows_out"] == (0 if day == str(NO_ROWS) else 60)
        assert predictions.run["rows_of"] == content(rows), day
    assert sorted(path.name for path in (operator.root / "predictions").iterdir()) == EXPECTED


@skipped
def test_there_are_thirteen_weekly_trainings_and_the_first_one_that_no_schedule_asked_for(quarter):
    operator, _ = quarter
    assert [why for _, why, _ in operator.trained] == ["first"] + ["weekly"] * 13


@skipped
def test_every_label_is_used_in_the_next_training_after_it_came(quarter):
    operator, _ = quarter
    for own, _, window in operator.trained:
        model = read_manifest(operator.layout.model(own))
        with_rows = [f"processed/{day}" for day in window if day != str(NO_ROWS)]
        assert [source.path for source in model.inputs] == with_rows, own
        assert date.fromisoformat(window[-1]) + timedelta(days=DELAY) <= date.fromisoformat(own)


@skipped
def test_the_bytes_are_those_of_a_quarter_in_which_all_had_come_in_time(quarter):
    operator, in_time = quarter
    for day in EXPECTED:
        for part in ("raw_data", "raw_target"):
            path = getattr(operator.layout, part)(day)
            other = getattr(in_time.layout, part)(day)
            if path.exists() or other.exists():
                assert read_manifest(path).identity == read_manifest(other).identity, path
        # days whose labels no training has needed yet were processed without them
        late = date.fromisoformat(operator.trained[-1][2][-1])
        if date.fromisoformat(day) <= late:
            assert read_manifest(operator.layout.processed(day)).identity == (
                read_manifest(in_time.layout.processed(day)).identity
            ), day


@skipped
def test_what_was_caught_up_is_told_in_a_mail_each_time(quarter):
    operator, _ = quarter
    told = [mail.removeprefix("[microstep] predict ") for mail in operator.mails if "caught up" in mail]
    assert told == [
        "2026-12-31: caught up 28 days, 2026-11-23 to 2026-12-30",
        "2027-01-20: caught up 2027-01-19",
        "2027-02-17: caught up 7 days, 2027-02-08 to 2027-02-16",
        "2027-03-17: caught up 2027-03-11",
    ]


@skipped
def test_a_quarter_is_eight_mails_at_most(quarter):
    operator, _ = quarter
    print("\n".join(operator.mails))
    assert len(operator.mails) <= MOST_MAILS, operator.mails


@skipped
def test_nothing_is_generated_or_predicted_twice_that_was_up_to_date(quarter):
    operator, _ = quarter
    corrected = {str(day) for day in CORRECTED.values()}
    generated = [day for step, day, _ in operator.ran if step == "generate"]
    # its rows, its labels, and once more where a file was mended
    assert all(generated.count(day) <= 2 + (day in corrected) for day in EXPECTED)
    assert set(generated) == set(EXPECTED)
    predicted = [day for step, day, _ in operator.ran if step == "predict"]
    assert {day for day in predicted if predicted.count(day) > 1} == corrected
