import msgspec
import pytest

from analysis.trained_for import misfit, question
from contract.config.parse import parse
from contract.datasets.manifest import Manifest, encode
from contract.layout import MANIFEST, Layout
from contract.models.champion import Champion

FIELDS = ("step", "fingerprint", "code")


def config(name="y", task="multiclass", positive=None, values=("a", "b", "c")):
    column = {"type": "number"} if task == "regression" else {"type": "category", "values": list(values)}
    table = {"target": name, "task": task} | ({"positive": positive} if positive else {})
    return parse(
        {
            "pipeline": {"name": "trial"},
            "source": {"kind": "files"},
            "schedule": {"first_day": "2026-01-01"},
            "table": table,
            "columns": {name: column, "x": {"type": "number"}},
            "training": {"candidates": [{"name": "one", "estimator": "sklearn.dummy.DummyClassifier"}]},
        }
    )


@pytest.fixture
def trained(tmp_path):
    """Makes a training for a configuration; gives the model."""

    def train(settings):
        manifest = Manifest(
            **dict.fromkeys(FIELDS, "s"),
            day="2026-01-02",
            settings=settings,
            inputs=[],
            schema=[],
            files=[],
            counts={},
            notes={},
            run={},
        )
        path = Layout(tmp_path).model("2026-01-02")
        path.mkdir(parents=True, exist_ok=True)
        (path / MANIFEST).write_bytes(encode(manifest))
        return Champion(day="2026-01-02", file="m", sha256="0" * 64, manifest=manifest.identity, sklearn="1")

    return train


@pytest.mark.parametrize(
    ("then", "now", "reason"),
    [
        (config(), config(), None),
        (config(), config(values=("c", "b", "a", "new")), None),
        (config(), config("z"), "was trained for the target y, pipeline.toml: table.target is z"),
        (config(), config(task="regression"), "was trained for the task multiclass, pipeline.toml: table.task is reg"),
        (
            config(),
            config(values=("a", "b", "d")),
            "was trained for the class c, which pipeline.toml: columns.y.values",
        ),
        (
            config(task="binary", positive="a", values=("a", "b")),
            config(task="binary", positive="b", values=("a", "b")),
            "was trained for the positive class a, pipeline.toml: table.positive is b",
        ),
    ],
    ids=["same", "a class more", "target", "task", "class", "positive"],
)
def test_a_model_fits_when_what_it_says_answers_what_is_asked(tmp_path, trained, then, now, reason):
    answer = misfit(Layout(tmp_path), trained(question(then)), now)
    assert answer is reason is None or answer.startswith(reason)


def test_when_nothing_tells_that_is_said(tmp_path, trained, caplog):
    model = trained(question(config()))
    trained(question(config("z")))
    assert misfit(Layout(tmp_path), model, config("z")) is None
    assert "2026-01-02: its training's manifest is not in models/2026-01-02 any more" in caplog.text
    assert misfit(Layout(tmp_path), msgspec.structs.replace(model, day="2026-01-09"), config("z")) is None
