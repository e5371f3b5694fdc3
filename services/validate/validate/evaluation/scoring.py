"""Score models on the labelled test rows, batch by batch: what grows with the rows are targets and scores alone."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
from sklearn.model_selection import FixedThresholdClassifier
from sklearn.pipeline import Pipeline

from analysis.answers import answers
from analysis.drift.findings import Column
from analysis.drift.reference import binned
from analysis.model_parts import parts, ready
from analysis.rows import Categorical, Columns, classes, columns, encode_target, groups, labelled_rows
from contract.config import GROUP, Config
from contract.datasets.dataset import Dataset
from contract.datasets.prefetch import prefetch
from contract.split import in_test
from contract.steps.progress import progress
from validate.evaluation.models import CannotCompare
from validate.evaluation.sample import Sample
from validate.measures.clusters import Array
from validate.measures.scored_rows import ScoredRows

MISSING = "(missing)"
"""The slice of the rows without a value."""


def score(
    model: Pipeline,
    days: list[Dataset],
    config: Config,
    title: str,
    fraction: float | None = None,
    sample: Sample | None = None,
) -> ScoredRows:
    """The labelled test rows of the days as a model scores them; `title` names it to who watches the progress.

    With `fraction` those alone that a smaller `table.test_fraction` would leave in the test part. `sample` sees them
    stream by.

    Raises CannotCompare when the rows, or the classes, are not what the model was trained on.
    """
    class_names, target = classes(config), config.table.target
    # even without any row both have their kind and their width
    targets = [np.empty(0, np.intp if class_names else np.float64)]
    scores = [np.empty((0, len(class_names)) if class_names else 0)]
    predicted = [np.empty(0, np.intp)]
    group_of_row = [np.empty(0, np.uint64)]
    features, slices = list(model.feature_names_in_), config.gate.slices
    wanted = list(dict.fromkeys([*features, *slices]))
    words: dict[str, list[Array]] = {name: [np.empty(0, object)] for name in slices}
    for day in days:
        if lacking := [name for name in features if name not in {field.name for field in day.manifest.schema}]:
            raise CannotCompare(f"it was trained on {', '.join(lacking)}, which processed/{day.path.name} lacks")
    for batch in labelled_batches(days, wanted, target, title, fraction):
        values = columns(batch, wanted)
        try:
            batch_scores, batch_predicted = answer(model, {name: values[name] for name in features}, class_names)
        except (ValueError, TypeError) as error:
            raise CannotCompare(f"it cannot score these rows: {error}") from None
        if sample is not None:
            sample.add(batch)
        group_of_row.append(groups(batch))
        targets.append(encode_target(batch, config))
        scores.append(batch_scores)
        if batch_predicted is not None:
            predicted.append(batch_predicted)
        for name in slices:
            words[name].append(_slice_categories(values[name]))
    return ScoredRows(
        np.concatenate(targets),
        np.concatenate(scores),
        threshold_of(model, class_names),
        {name: np.concatenate(arrays) for name, arrays in words.items()},
        recorded=np.concatenate(predicted) if class_names else None,
        groups=np.concatenate(group_of_row),
    )


def answer(model: Pipeline, rows: Columns, class_names: list[str]) -> tuple[Array, Array | None]:
    """A model's scores of rows, and of each row the index of the class that it predicts in `class_names`.

    The scores are numbers, and there are no classes; or probabilities in the order of `class_names`.
    """
    prepare, estimator = parts(model)
    matrix = ready(prepare, rows)
    if not class_names:
        return np.asarray(estimator.predict(matrix)), None
    own = list(estimator.classes_)
    if strange := sorted(set(own) - set(class_names)):
        raise CannotCompare(f"it knows the class {strange[0]!r}, which columns.<target>.values lacks")
    places = np.array([class_names.index(name) for name in own], dtype=np.intp)
    known = estimator.predict_proba(matrix)
    # 0 for a class that the model never saw
    probabilities = np.zeros((len(known), len(class_names)))
    probabilities[:, places] = known
    return probabilities, places[answers(estimator, matrix, known)]


def predict_scores(model: Pipeline, rows: Columns, class_names: list[str]) -> Array:
    """The scores alone, as `answer` gives them."""
    return answer(model, rows, class_names)[0]


def score_distribution(scored: ScoredRows, config: Config) -> Column:
    """A drift reference under the name of a column of predictions: from rows that the model was not fitted on."""
    if config.table.task == "regression":
        return binned("prediction", scored.scores)[0]
    if config.table.task == "binary":
        return binned("score", scored.scores[:, 1])[0]
    # also of two classes: only predictions of a binary task have one score
    return binned("prediction", Categorical(scored.predicted, classes(config)))[0]


def threshold_of(model: Pipeline, class_names: list[str]) -> float | None:
    """The probability from which a model predicts the positive class, when the training gave it one.

    Raises CannotCompare for the threshold of another class: it was chosen by what the errors of that one cost.
    """
    last = model[-1]
    if len(class_names) != 2 or not isinstance(last, FixedThresholdClassifier):
        return None
    if last.pos_label != class_names[-1]:
        raise CannotCompare(f"its threshold is for the class {last.pos_label}, table.positive is {class_names[-1]}")
    return float(last.threshold)


def labelled_batches(
    days: list[Dataset], columns: list[str], target: str, title: str, fraction: float | None = None
) -> Iterator[pa.RecordBatch]:
    """The labelled test rows of the days, the columns, the target and the group, batch by batch; none of them empty."""
    wanted = list(dict.fromkeys([*columns, target, GROUP, "split"]))
    with progress(f"score {title}", sum(day.rows() for day in days)) as advance:
        for day in days:
            for batch in prefetch(day.batches(wanted)):
                labelled = labelled_rows(batch, target, "test")
                if fraction is not None:
                    labelled = labelled.filter(pa.array(in_test(groups(labelled), fraction)))
                if labelled.num_rows:
                    yield labelled
                advance(batch.num_rows)


def _slice_categories(column: Array | Categorical) -> Array:
    assert isinstance(column, Categorical), "contract.config lets only categories be slices"
    # a word that reads like the mark of a missing value is one all the same
    words = [repr(word) if word == MISSING else word for word in column.categories]
    return np.array([*words, MISSING], dtype=object)[column.codes]
