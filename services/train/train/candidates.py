"""From the names in `pipeline.toml` to scikit-learn's objects, with errors that say which is wrong and why."""

from __future__ import annotations

import importlib
import inspect
import math
from collections.abc import Callable
from typing import Any

import msgspec
from sklearn.base import BaseEstimator, is_classifier, is_regressor
from sklearn.dummy import DummyClassifier, DummyRegressor
from sklearn.ensemble import VotingClassifier, VotingRegressor
from sklearn.metrics import get_scorer, get_scorer_names
from sklearn.utils import all_estimators

from contract.config import Config
from contract.config.model import Candidate, Encode, Range
from contract.errors import ConfigError, did_you_mean
from train.weights import check_weights

Scorer = Callable[[Any, Any, Any], float]


def check(config: Config) -> None:
    """Raise ConfigError for whatever is wrong with [training], before any row is read."""
    scorer(config)
    for candidate in config.training.candidates:
        estimator = build(candidate, config.training.seed)
        task = config.table.task
        if not (is_regressor if task == "regression" else is_classifier)(estimator):
            wanted = "regressor" if task == "regression" else "classifier"
            raise ConfigError(
                f"{_section(candidate)}.estimator must be a {wanted} for task {task!r}, got {candidate.estimator!r}"
            )
        if task != "regression" and not hasattr(estimator, "predict_proba"):
            raise ConfigError(
                f"{_section(candidate)}.estimator must give probabilities (predict_proba) for task {task!r}, "
                f"and {candidate.estimator!r} with these params does not"
            )
        if candidate.passes and not hasattr(estimator, "partial_fit"):
            raise ConfigError(
                f"{_section(candidate)}.passes must be left out for an estimator that does not learn in parts "
                f"(partial_fit), got {candidate.estimator!r}; sklearn.linear_model.SGDClassifier does, for example"
            )
        if candidate.passes and candidate.encode.category == "target":
            raise ConfigError(
                f'{_section(candidate)}.encode.category must not be "target" beside passes, in which a row would meet '
                'the mean that its own target is in; take "frequent", or leave one of them out'
            )
        if isinstance(estimator, VotingClassifier | VotingRegressor):
            _check_members(candidate, config)
            continue
        check_weights(config, candidate, estimator)
        _check_search(candidate, config.training.seed)


def members(candidate: Candidate) -> list[str]:
    """The names of the candidates whose answers it takes the mean of; none for one that is fitted itself."""
    if not issubclass(_kind(candidate), VotingClassifier | VotingRegressor):
        return []
    names = candidate.params.get("estimators")
    if not isinstance(names, list) or len({name for name in names if isinstance(name, str)}) < max(2, len(names)):
        raise ConfigError(
            f"{_section(candidate)}.params.estimators must be names of other candidates, two at least, "
            f'such as ["linear", "trees"], got {names!r}'
        )
    return names


def _check_members(candidate: Candidate, config: Config) -> None:
    """Raise ConfigError for a mean of what cannot be averaged, or for a setting that only a fit of its own has."""
    before: list[str] = []
    for other in config.training.candidates:
        if other is candidate:
            break
        if not members(other) and not other.passes:
            before.append(other.name)
    names = members(candidate)
    if strange := [name for name in names if name not in before]:
        raise ConfigError(
            f"{_section(candidate)}.params.estimators must name candidates that stand before it, without passes and "
            f"no means themselves, got {strange[0]!r}{did_you_mean(strange[0], before)}"
        )
    # its parameters and its members are one list of names to scikit-learn, `__` leads to parameters of a member
    taken = inspect.signature(_kind(candidate)).parameters
    if bad := [name for name in names if name in taken or "__" in name]:
        raise ConfigError(
            f"{_section(candidate)}.params.estimators must be names without __ that are no parameter of "
            f"{candidate.estimator}, got {bad[0]!r}; give that candidate another name"
        )
    _check_shares(candidate, len(names))
    of_fits = {"search": candidate.search, "passes": candidate.passes, "encode": candidate.encode != Encode()}
    if given := [name for name, value in of_fits.items() if value]:
        raise ConfigError(
            f"{_section(candidate)}.{given[0]} must be left out: the mean of others is not fitted itself; give it to "
            f"{' or '.join(names)}"
        )


def _check_shares(candidate: Candidate, count: int) -> None:
    """Raise ConfigError for weights of a mean that it cannot be taken with; scikit-learn finds that after all fits."""
    weights = candidate.params.get("weights")
    if weights is None:
        return
    if not isinstance(weights, list) or len(weights) != count:
        got = len(weights) if isinstance(weights, list) else repr(weights)
        raise ConfigError(
            f"{_section(candidate)}.params.weights must be one for each of estimators, {count}, got {got}"
        )
    numbers = all(isinstance(weight, int | float) and weight >= 0 for weight in weights)
    if not numbers or not 0 < sum(weights) < math.inf:
        raise ConfigError(
            f"{_section(candidate)}.params.weights must be numbers from 0 on, one at least above 0, got {weights!r}"
        )


def _check_search(candidate: Candidate, seed: int) -> None:
    """Raise ConfigError for a parameter that the estimator does not have, or a value that it does not take."""
    known = list(inspect.signature(_kind(candidate)).parameters)
    for name, space in candidate.search.items():
        if name not in known:
            raise ConfigError(
                f"{_section(candidate)}.search: {candidate.estimator} has no parameter {name!r}"
                f"{did_you_mean(name, known)}"
            )
        for value in [space.low, space.high] if isinstance(space, Range) else space:
            whole = int(value) if isinstance(space, Range) and space.integer else value
            params = candidate.params | {name: whole}
            try:
                build(msgspec.structs.replace(candidate, params=params, search={}), seed)
            except ConfigError as error:
                raise ConfigError(str(error).replace(".params: ", ".search: ", 1)) from None


def scorer(config: Config) -> Scorer:
    """The score that candidates are compared by: greater is better. Raises ConfigError for one that cannot be."""
    task = config.table.task
    name = config.training.metric_for(task)
    if name not in get_scorer_names():
        raise ConfigError(
            f"pipeline.toml: training.metric must be a scikit-learn scorer, got {name!r}"
            f"{did_you_mean(name, get_scorer_names())}"
        )
    score: Scorer = get_scorer(name)
    features = [[0.0]] * 6
    target = {"binary": [0, 1] * 3, "multiclass": [0, 1, 2] * 2, "regression": [0.5, 1.0, 2.5, 3.0, 4.5, 7.0]}[task]
    probe = DummyRegressor() if task == "regression" else DummyClassifier()
    try:
        score(probe.fit(features, target), features, target)
    except (ValueError, TypeError, AttributeError) as error:
        raise ConfigError(f"pipeline.toml: training.metric must suit task {task!r}, got {name!r}: {error}") from None
    return score


def build(candidate: Candidate, seed: int) -> BaseEstimator:
    """A fresh estimator, seeded wherever it takes a seed that the user did not give.

    Raises ConfigError for an unknown estimator or parameter, or a parameter's wrong value.
    """
    kind, params = _kind(candidate), candidate.params
    known = list(inspect.signature(kind).parameters)
    for name in params:
        if name not in known:
            raise ConfigError(
                f"{_section(candidate)}.params: {candidate.estimator} has no parameter {name!r}"
                f"{did_you_mean(name, known)}"
            )
    if "estimators" in params and (names := members(candidate)):
        # fitted ones take these places, see train.blend
        params = params | {"estimators": [(name, "drop") for name in names]}
    try:
        estimator = kind(**params)
        seeds = [name for name in estimator.get_params() if name.split("__")[-1] == "random_state"]
        unset = {name: seed for name in seeds if estimator.get_params()[name] is None}
        estimator.set_params(**unset)._validate_params()  # noqa: SLF001 (the only check that needs no rows)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{_section(candidate)}.params: {error}") from None
    return estimator


def _kind(candidate: Candidate) -> type[BaseEstimator]:
    """The class that the dotted name means. Only scikit-learn's: nothing else is imported."""
    module, _, name = candidate.estimator.rpartition(".")
    if module.split(".")[0] != "sklearn":
        raise ConfigError(
            f"{_section(candidate)}.estimator must be a dotted name below sklearn, got {candidate.estimator!r}"
            f"{did_you_mean(candidate.estimator, _all_names())}"
        )
    try:
        kind = getattr(importlib.import_module(module), name, None)
    except ImportError:
        kind = None
    if not (inspect.isclass(kind) and issubclass(kind, BaseEstimator) and hasattr(kind, "predict")):
        raise ConfigError(
            f"{_section(candidate)}.estimator must be a scikit-learn estimator, got {candidate.estimator!r}"
            f"{did_you_mean(candidate.estimator, _all_names())}"
        )
    return kind


def _all_names() -> list[str]:
    """Every classifier and regressor by its public dotted name."""
    kinds = [kind for _, kind in all_estimators(["classifier", "regressor"])]
    return [
        ".".join([*(part for part in kind.__module__.split(".") if part[0] != "_"), kind.__name__]) for kind in kinds
    ]


def _section(candidate: Candidate) -> str:
    return f"pipeline.toml: training.candidates: {candidate.name!r}"
