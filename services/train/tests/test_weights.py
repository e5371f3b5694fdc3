import json

import joblib
import numpy as np
import pytest

from analysis.matrix import frame
from contract.datasets.dataset import Dataset
from contract.models.champion import Champion
from contract.models.model_file import signature
from train.rows import read
from train.weights import class_weights


def configured(project, setting):
    text = (project.root / "pipeline.toml").read_text()
    (project.root / "pipeline.toml").write_text(
        text.replace("[training]\n", f"[training]\nclass_weights = {setting}\n")
    )
    return project.config


def rows(project):
    return read([Dataset.open(project.root / "processed/2026-01-01")], project.config)


def test_balanced_classes_weigh_alike_together(project):
    config = configured(project, '"balanced"')
    weights, target = class_weights(config, rows(project))[rows(project).codes], rows(project).target
    sums = [weights[target == name].sum() for name in np.unique(target)]
    assert sums[0] == pytest.approx(sums[1])


def test_a_weight_for_each_class_is_each_rows(project):
    names = project.config.columns[project.config.table.target].values
    config = configured(project, f"{{ {names[0]} = 1, {names[1]} = 3.5 }}")
    weights, target = class_weights(config, rows(project))[rows(project).codes], rows(project).target
    assert set(weights[target == names[1]]) == {3.5}


def test_weights_reach_the_fit(project):
    names = project.config.columns[project.config.table.target].values

    def share():
        model = joblib.load(Dataset.open(project.root / "models/2026-01-02").file("model"))
        return (model.predict(frame(rows(project).columns)) == names[1]).mean()

    project.train()
    plain = share()
    configured(project, f"{{ {names[0]} = 1, {names[1]} = 20 }}")
    project.train()
    assert share() > plain + 0.1


def test_an_estimator_that_cannot_weigh_rows_or_was_told_twice_is_refused(project, capsys):
    for estimator, params, message in (
        ("sklearn.neighbors.KNeighborsClassifier", "{}", "must take row weights for training.class_weights"),
        ("sklearn.linear_model.LogisticRegression", '{ class_weight = "balanced" }', "must not be given beside"),
    ):
        project.configure(estimator=estimator, params=params)
        configured(project, '"balanced"')
        assert project.train() == 78
        assert message in capsys.readouterr().err


def test_early_stopping_is_seeded_and_its_rounds_are_in_the_card(project):
    estimator = "sklearn.ensemble.HistGradientBoostingClassifier"
    project.configure(estimator=estimator, params="{ early_stopping = true, max_iter = 200, n_iter_no_change = 3 }")
    assert project.train() == 0
    card = json.loads(Dataset.open(project.root / "models/2026-01-02").file("card").read_text())
    assert 1 <= card["iterations"] < 200
    before = project.snapshot()
    assert project.train("--force") == 0
    after = project.snapshot()
    manifest = "models/2026-01-02/manifest.json"
    assert {k: v for k, v in before.items() if k != manifest} == {k: v for k, v in after.items() if k != manifest}


def test_a_signed_model_says_so_and_without_a_key_nothing_is_trained(project, monkeypatch, capsys, tmp_path):
    text = (project.root / "pipeline.toml").read_text()
    (project.root / "pipeline.toml").write_text(text.replace("[training]\n", "[training]\nsign = true\n"))
    monkeypatch.setenv("MICROSTEP_MODEL_KEY_FILE", str(tmp_path / "none"))
    assert project.train() == 77
    assert "there is no key" in capsys.readouterr().err
    assert not (project.root / "models").exists()
    key = "a-key-that-is-long-enough-to-protect"
    monkeypatch.setenv("MICROSTEP_MODEL_KEY", key)
    assert project.train() == 0
    champion = Champion.of("models/2026-01-02", Dataset.open(project.root / "models/2026-01-02").manifest)
    assert champion.signature == signature(champion.sha256, key.encode())
    assert champion.tags()["signature"] == champion.signature
    assert not any(key.encode() in content for content in project.snapshot().values())
    assert key not in capsys.readouterr().err
