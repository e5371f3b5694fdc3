import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from sklearn.frozen import FrozenEstimator
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.svm import LinearSVC

from analysis.rows import columns
from contract.errors import DataError
from predict.scorer import Scorer


def batch_of(day, count=8):
    return day.rows(count).combine_chunks().to_batches()[0]


def score(day, model, features=("age", "plan"), batch=None):
    scorer = Scorer(model, day.config, "2026-11-16 v3")
    rows = batch if batch is not None else batch_of(day)
    return scorer, scorer.score(rows, columns(rows, features))


def expected(model, day, count=8):
    rows = day.rows(count).to_pydict()
    plans = [float("nan") if plan is None else plan for plan in rows["plan"]]
    return pd.DataFrame({"age": np.array(rows["age"], dtype=float), "plan": pd.Series(plans, dtype=object)})


def test_a_binary_model_gives_the_chance_of_the_positive_class(day, model):
    scorer, scored = score(day, model)
    frame = expected(model, day)
    assert scored.schema.names == ["id", "prediction", "score", "model"]
    assert scored["prediction"].to_pylist() == model.predict(frame).tolist()
    assert scored["score"].to_pylist() == model.predict_proba(frame)[:, 1].tolist()
    assert scored["model"].to_pylist() == ["2026-11-16 v3"] * 8
    assert scored["id"].to_pylist() == [f"c{n}" for n in range(8)]
    assert scorer.classes == {"no": 8}


def test_the_positive_class_is_the_configurations_not_the_last(day, model):
    day.raw_config["table"]["positive"] = "no"
    _, scored = score(day, model)
    assert scored["score"].to_pylist() == model.predict_proba(expected(model, day))[:, 0].tolist()


class Counting(LogisticRegression):
    """Counts its calls."""

    calls = 0

    def predict_proba(self, X):  # noqa: N803 - scikit-learn's name
        type(self).calls += 1
        return super().predict_proba(X)


@pytest.mark.parametrize("positive", ["no", "yes"])
def test_a_model_with_a_threshold_is_asked_once_and_predicts_what_it_would_itself(day, make_model, positive):
    model = make_model(Counting(max_iter=5000))
    frame = expected(model, day, 60)
    # one that a row reaches exactly
    threshold = float(np.sort(model.predict_proba(frame)[:, list(model.classes_).index(positive)])[40])
    last = FixedThresholdClassifier(
        FrozenEstimator(model[-1]), threshold=threshold, pos_label=positive, response_method="predict_proba"
    )
    model.steps[-1] = ("fixed", last.fit(model[:-1].transform(frame), np.array(["no", "yes"] * 30, dtype=object)))
    y_pred = model.predict(frame).tolist()
    Counting.calls = 0
    _, scored = score(day, model, batch=batch_of(day, 60))
    assert scored["prediction"].to_pylist() == y_pred
    assert y_pred.count(positive) in range(20, 30)
    assert Counting.calls == 1


def test_a_multiclass_model_gives_a_chance_for_each_class_nought_for_one_it_never_saw(day, make_model):
    model = make_model(classes=("a", "b", "c"))
    day.raw_config["table"] = {"key": "id", "target": "bought", "task": "multiclass"}
    day.raw_config["columns"]["bought"]["values"] = ["c", "never", "a", "b"]
    _, scored = score(day, model)
    assert scored.schema.names == ["id", "prediction", "score_c", "score_never", "score_a", "score_b", "model"]
    chances = model.predict_proba(expected(model, day))
    assert scored["score_c"].to_pylist() == chances[:, 2].tolist()
    assert scored["score_never"].to_pylist() == [0.0] * 8


def test_a_regression_gives_numbers_and_no_score(day, make_model):
    model = make_model(classes=())
    day.raw_config["table"] = {"key": "id", "target": "bought", "task": "regression"}
    day.raw_config["columns"]["bought"] = {"type": "number"}
    scorer, scored = score(day, model)
    assert scored.schema.names == ["id", "prediction", "model"]
    assert scored["prediction"].to_pylist() == model.predict(expected(model, day)).tolist()
    assert scorer.means() == {"prediction": pytest.approx(np.mean(scored["prediction"].to_numpy()), rel=1e-11)}
    assert not scorer.classes


def test_batches_do_not_change_the_predictions_nor_the_means(day, model):
    scorer, names = Scorer(model, day.config, "m"), ["age", "plan"]
    rows = batch_of(day, 40)
    whole = scorer.score(rows, columns(rows, names))
    cut = Scorer(model, day.config, "m")
    batches = [cut.score(piece, columns(piece, names)) for piece in (rows.slice(start, 7) for start in range(0, 40, 7))]
    assert pa.Table.from_batches(batches).to_pylist() == whole.to_pylist()
    assert cut.means() == pytest.approx(scorer.means())
    assert cut.rows == scorer.rows == 40


def test_a_model_without_probabilities_gives_predictions_alone(day, make_model, caplog):
    _, scored = score(day, make_model(LinearSVC()))
    assert scored.schema.names == ["id", "prediction", "model"]
    assert "predictions without scores" in caplog.text


def test_a_model_of_other_classes_is_refused(day, make_model):
    with pytest.raises(DataError, match=r"champion 2026-11-16 v3: .*\(no, yes\), got 0, 1; train and validate again"):
        score(day, make_model(classes=("0", "1")))


def test_a_regression_model_is_no_classifier_and_the_other_way_round(day, make_model, model):
    with pytest.raises(DataError, match=r"\(no, yes\), got none"):
        score(day, make_model(classes=()))
    day.raw_config["table"] = {"key": "id", "target": "bought", "task": "regression"}
    day.raw_config["columns"]["bought"] = {"type": "number"}
    with pytest.raises(DataError, match=r"\(none\), got no, yes"):
        score(day, model)


def test_a_column_that_changed_from_numbers_to_text_is_refused(day, model):
    rows = batch_of(day)
    texts = rows.set_column(1, "age", pa.array(["young"] * 8).dictionary_encode())
    with pytest.raises(DataError, match="cannot score the rows as they are now: .*young"):
        score(day, model, batch=texts)


def test_a_model_that_is_no_pipeline_scores_too(day):
    frame = pd.DataFrame({"age": [18.0, 20.0, 60.0, 70.0]})
    bare = LogisticRegression().fit(frame, np.array(["no", "no", "yes", "yes"], dtype=object))
    _, scored = score(day, bare, features=["age"])
    assert scored["score"].to_pylist() == bare.predict_proba(expected(bare, day)[["age"]])[:, 1].tolist()
