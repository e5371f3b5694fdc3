import hashlib
from datetime import date

import msgspec
import pytest
from conftest import pipeline

from contract.config.parse import load
from contract.datasets.dataset import Dataset
from contract.datasets.manifest import Input
from contract.datasets.observed import Observed
from contract.datasets.publish import DatasetWriter
from contract.layout import Layout
from contract.models.champion import Champion
from contract.models.ledger import Line
from contract.models.registry import NoAnswer
from contract.steps.run import Run
from microstep_airflow.operators import skip_check
from microstep_airflow.operators.skip_check import Changed, Machine, up_to_date

DAY = "2026-01-03"
IMAGE = "sha256:" + "ab" * 32
CHAMPION = Champion(day=DAY, file="models/m.joblib", sha256="1" * 64, manifest="2" * 64, sklearn="1.9.1", version="7")


class Checkout:
    """A checkout on the engine's host itself, with what steps have written there; no step decides anything here."""

    def __init__(self, home, monkeypatch):
        self.home, self.root, self.config = home, home / "data", home / "pipeline.toml"
        self.root.mkdir()
        self.config.write_text(pipeline())
        self.layout = Layout(self.root)
        monkeypatch.setenv("MICROSTEP_IMAGE", IMAGE)

    def write(self, directory, *inputs, observed=None, step="step"):
        """Commit a dataset as a step's container does."""
        content = self.config.read_bytes()
        sha256 = hashlib.sha256(content).hexdigest()
        run = Run(step, self.home, date.fromisoformat(DAY), self.root, load(self.config), config_sha256=sha256)
        with DatasetWriter(directory) as writer:
            writer.file("card", "card.json").write_text("{}")
            sources = [
                source if isinstance(source, Input) else Dataset.open(source).as_input(self.root) for source in inputs
            ]
            writer.publish(run.recipe({}, *sources, observed=observed), {}, run.provenance())

    def file(self, name, content="1"):
        """A file of somebody else's, as an input."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
        return Input(name, hashlib.sha256(content.encode()).hexdigest())

    def up_to_date(self, step="preprocess", image=IMAGE):
        machine = Machine(self.root, self.config, str(self.home), image, "http://mlflow:5000")
        return up_to_date(step, DAY, machine)

    def changed(self, **more):
        """Why the step must be asked."""
        with pytest.raises(Changed) as raised:
            self.up_to_date(**more)
        return str(raised.value)


@pytest.fixture
def checkout(tmp_path, monkeypatch):
    return Checkout(tmp_path, monkeypatch)


@pytest.fixture
def preprocessed(checkout):
    """A day that was preprocessed before its target came."""
    checkout.write(checkout.layout.raw_data(DAY))
    absent = (f"raw/{DAY}/target",)
    checkout.write(checkout.layout.processed(DAY), checkout.layout.raw_data(DAY), observed=Observed(absent=absent))
    return checkout


def put_in_use(checkout, champion):
    line = Line(decision="promoted", why="better", day=DAY, before=None, model=champion, metrics={}).after("")
    checkout.layout.ledger.write_bytes(msgspec.json.encode(line) + b"\n")


@pytest.fixture
def predicted(checkout, monkeypatch):
    """A day that was predicted by the ledger's champion, who is the registry's, too."""
    monkeypatch.setattr(skip_check, "registered_champion", lambda address, name: CHAMPION)
    put_in_use(checkout, CHAMPION)
    checkout.write(checkout.layout.processed(DAY))
    rows, model, observed = (
        checkout.layout.processed(DAY),
        checkout.file("models/m.joblib"),
        Observed(champion=CHAMPION),
    )
    checkout.write(checkout.layout.predictions(DAY), rows, model, observed=observed)
    checkout.write(
        checkout.layout.report("predict", DAY), rows, checkout.layout.predictions(DAY), model, observed=observed
    )
    return checkout


def test_a_step_whose_inputs_image_and_configuration_are_the_same_would_find_nothing_to_do(preprocessed):
    assert preprocessed.up_to_date() == [f"processed/{DAY}"]


def test_all_datasets_of_a_step_are_looked_at(predicted):
    assert predicted.up_to_date("predict") == [f"predictions/{DAY}", f"reports/predict/{DAY}"]


def test_an_input_that_was_made_again_from_the_same_is_the_same(preprocessed):
    preprocessed.write(preprocessed.layout.raw_data(DAY))
    assert preprocessed.up_to_date()


def test_the_step_is_asked_when_its_dataset_is_not_there(checkout):
    assert f"processed/{DAY}/manifest.json: not there" in checkout.changed()


def test_the_step_is_asked_when_one_of_its_two_datasets_is_not_there(predicted):
    (predicted.layout.report("predict", DAY) / "manifest.json").unlink()
    assert "manifest.json: not there" in predicted.changed(step="predict")


def test_the_step_is_asked_when_its_manifest_is_damaged(preprocessed):
    (preprocessed.layout.processed(DAY) / "manifest.json").write_text("{")
    assert "not a manifest" in preprocessed.changed()


@pytest.mark.parametrize(("content", "why"), [(None, "it is not there"), ("", "must have 2 bytes"), ("[]", "sha256")])
def test_the_step_is_asked_when_a_file_of_its_dataset_is_damaged(preprocessed, content, why):
    (card,) = preprocessed.layout.processed(DAY).glob("card-*")
    card.unlink() if content is None else card.write_text(content)
    assert why in preprocessed.changed()


def test_the_step_is_asked_when_its_image_is_another_one(preprocessed):
    assert "image microstep-step is another one now" in preprocessed.changed(image="sha256:" + "cd" * 32)


def test_the_step_is_asked_when_nobody_knows_which_image_wrote_its_dataset(preprocessed, monkeypatch):
    monkeypatch.delenv("MICROSTEP_IMAGE")
    directory = preprocessed.layout.processed(DAY)
    preprocessed.write(directory, preprocessed.layout.raw_data(DAY), observed=Observed())
    assert "image" in preprocessed.changed()


def test_the_step_is_asked_when_the_configuration_has_changed_by_a_byte(preprocessed):
    preprocessed.config.write_text(pipeline() + "# a word more\n")
    assert preprocessed.changed() == "pipeline.toml is another one now"


def test_the_step_is_asked_when_the_configuration_is_wrong_now(preprocessed):
    preprocessed.config.write_text("[")
    assert "pipeline.toml: " in preprocessed.changed()


def test_the_step_is_asked_when_an_input_is_another_one(preprocessed):
    preprocessed.write(preprocessed.layout.raw_data(DAY), preprocessed.file("inbox/more.csv"))
    assert preprocessed.changed() == f"raw/{DAY}/data: is another one now"


def test_the_step_is_asked_when_an_input_is_gone(preprocessed):
    (preprocessed.layout.raw_data(DAY) / "manifest.json").unlink()
    assert f"raw/{DAY}/data/manifest.json: not there" in preprocessed.changed()


def test_the_step_is_asked_when_an_input_has_arrived_that_was_not_there(preprocessed):
    preprocessed.write(preprocessed.layout.raw_target(DAY))
    assert preprocessed.changed() == f"raw/{DAY}/target: has arrived"


def test_the_step_is_asked_when_a_file_of_the_inbox_has_changed_or_another_one_has_come(checkout):
    listed = {f"inbox/{DAY}": ("_SUCCESS", "a.csv")}
    file = checkout.file(f"inbox/{DAY}/a.csv")
    checkout.file(f"inbox/{DAY}/_SUCCESS")
    for directory in (checkout.layout.raw_data(DAY), checkout.layout.raw_target(DAY)):
        checkout.write(directory, file, observed=Observed(listed=listed))
    assert checkout.up_to_date("generate")
    checkout.file(f"inbox/{DAY}/a.csv", "2")
    assert checkout.changed(step="generate") == f"inbox/{DAY}/a.csv: is another one now"
    checkout.file(f"inbox/{DAY}/a.csv")
    checkout.file(f"inbox/{DAY}/b.csv")
    assert checkout.changed(step="generate") == f"inbox/{DAY}: has other files now"


def test_the_step_is_asked_when_the_champion_is_another_one(predicted):
    put_in_use(predicted, msgspec.structs.replace(CHAMPION, version="8"))
    assert predicted.changed(step="predict") == f"the champion is {DAY} v8 now"


def test_the_step_is_asked_when_the_ledger_is_lost_or_damaged(predicted):
    predicted.layout.ledger.write_text("{}\n")
    assert "line 1 is damaged" in predicted.changed(step="predict")
    predicted.layout.ledger.unlink()
    assert predicted.changed(step="predict") == "the champion is lost now"


def test_the_step_is_asked_when_the_registry_names_another_model_as_champion(predicted, monkeypatch):
    other = msgspec.structs.replace(CHAMPION, sha256="3" * 64)
    monkeypatch.setattr(skip_check, "registered_champion", lambda address, name: other)
    assert predicted.changed(step="predict") == f"the registry's champion is {DAY} v7 now"


def test_the_number_that_a_registry_gives_the_champion_changes_nothing(predicted, monkeypatch):
    again = msgspec.structs.replace(CHAMPION, version="1")
    monkeypatch.setattr(skip_check, "registered_champion", lambda address, name: again)
    assert predicted.up_to_date("predict")


def test_the_step_is_asked_when_the_registry_does_not_answer(predicted, monkeypatch):
    def refuse(address, name):
        raise NoAnswer(f"{address} names no champion of {name!r}: it is down")

    monkeypatch.setattr(skip_check, "registered_champion", refuse)
    assert "http://mlflow:5000 names no champion of 'microstep': it is down" in predicted.changed(step="predict")


def test_the_step_is_asked_when_it_does_not_say_what_it_decides_by(checkout):
    for directory in (checkout.layout.raw_data(DAY), checkout.layout.raw_target(DAY)):
        checkout.write(directory, step="generate")
    assert checkout.changed(step="generate") == "generate decides by more than can be seen from here"


def test_the_step_is_asked_when_what_it_says_about_that_is_damaged(preprocessed):
    path = preprocessed.layout.processed(DAY) / "manifest.json"
    path.write_text(path.read_text().replace('"absent": [', '"absent": [1, '))
    assert "Expected `str`" in preprocessed.changed()


def test_the_step_is_asked_when_it_writes_more_than_datasets_of_its_day(checkout):
    assert checkout.changed(step="validate") == "models/champion.json: is of no day, so only validate itself can tell"


def test_the_step_is_asked_when_somebody_is_at_work_there_or_was_killed(preprocessed):
    (preprocessed.layout.processed(DAY) / ".staging-x").mkdir()
    assert preprocessed.changed() == f"processed/{DAY}/.staging-x: must be swept, or somebody is at work there"


@pytest.mark.parametrize("part", ["data", "pipeline.toml"])
@pytest.mark.parametrize(
    ("certain", "why"),
    [
        (True, "{0}: is not what {0} is now, which was replaced; type: docker compose restart"),
        (False, "{0}: cannot be compared with what {0} is now: a link, or a file system of its own"),
    ],
    ids=["replaced", "a link, or a file system of its own"],
)
def test_the_step_is_asked_when_a_mount_may_show_what_was_there_before(preprocessed, monkeypatch, part, certain, why):
    shown = preprocessed.home / part
    monkeypatch.setattr(skip_check, "is_current", lambda path, source: path != shown)
    monkeypatch.setattr(skip_check, "was_replaced", lambda path, source: certain)
    assert preprocessed.changed() == why.format(shown)


def test_generate_is_asked_while_a_folder_has_labels_that_nobody_has_given_to_their_days(checkout):
    for path in (checkout.layout.raw_data(DAY), checkout.layout.raw_target(DAY)):
        checkout.write(path, observed=Observed())
    assert len(checkout.up_to_date("generate")) == 2
    checkout.file("inbox/labels/may.csv")
    assert "inbox/labels: has labels" in checkout.changed(step="generate")
    checkout.layout.spread.write_text("{}")
    assert len(checkout.up_to_date("generate")) == 2
