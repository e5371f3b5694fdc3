"""The calls that pass, by who makes them. What no line names is refused: another method, another spelling of a path.

A call that could lead MLflow to a place of the caller's choosing, or move an alias, is also judged by its body, which
must be a JSON object with the keys named here and no others: MLflow itself takes several spellings of a key.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

Fields = Mapping[str, str]
"""Key of a body -> what its value must match when it is text."""

PEOPLE = "admin"
_ID = "[0-9A-Za-z_-]{1,64}"
_ANY = "(?s:.*)"
# an experiment gets the server's own place for artifacts; one with another would have MLflow read and write there
_EXPERIMENT = {"name": _ANY, "tags": _ANY}
# a model that MLflow itself keeps, not a path or an address that it would fetch from
_VERSION = {
    **dict.fromkeys(("name", "run_id", "run_link", "description", "tags", "model_id"), _ANY),
    "source": r"(?:models:/m-|runs:/(?!/)|mlflow-artifacts:/(?!/))(?!.*(?:\.\.|[?#%\\]))[\w./ =-]{1,1000}",
}


@dataclass(frozen=True)
class Rule:
    """A kind of call: methods and paths that match, and the keys that its body may have, where that matters."""

    methods: str
    path: str
    fields: Fields | None = None


def _api(methods: str, path: str, fields: Fields | None = None) -> Rule:
    return Rule(methods, rf"/api/2\.0/mlflow/{path}", fields)


def _alias(methods: str, alias: str) -> Rule:
    return _api(methods, "registered-models/alias", {"name": _ANY, "version": "[0-9]{1,18}", "alias": alias})


READ = (
    Rule("GET", "/version"),
    _api("GET", "registered-models/(?:alias|get)"),
    _api("GET", "model-versions/(?:get|search)"),
    Rule("GET", r"/api/3\.0/mlflow/server-info"),
)
"""Which model is in use."""

REGISTER = (
    *READ,
    _api("GET", "experiments/(?:get|get-by-name)"),
    _api("POST", "experiments/create", _EXPERIMENT),
    _api("POST", "runs/(?:create|update|log-batch|log-metric|log-parameter|log-inputs|outputs|set-tag)"),
    _api("GET", "runs/get"),
    _api("GET", "metrics/get-history"),
    _api("POST", "logged-models"),
    _api("GET|PATCH", f"logged-models/{_ID}"),
    _api("POST", f"logged-models/{_ID}/params"),
    _api("PATCH", f"logged-models/{_ID}/tags"),
    Rule("PUT", r"/api/2\.0/mlflow-artifacts/artifacts/.+"),
    _api("POST", "registered-models/create"),
    _api("POST", "model-versions/create", _VERSION),
)
"""Runs with their files, and models made of them; nothing is deleted or renamed."""

_PAGE = r"/(?:ajax-)?api/[23]\.0/mlflow"
PAGE = (
    Rule("GET", "/|/version|/(?:static-files|build)/.+|(?:/model-versions)?/get-artifact"),
    Rule("GET", rf"{_PAGE}(?:-artifacts)?/.+"),
    Rule("POST", "/graphql"),
    Rule("POST", rf"{_PAGE}/experiments/create", _EXPERIMENT),
    Rule("POST", rf"{_PAGE}/model-versions/create", _VERSION),
    Rule("POST", rf"{_PAGE}/(?:experiments|runs|registered-models|model-versions)/(?!create$)[a-z-]+"),
    Rule("POST", rf"{_PAGE}/(?:registered-models/create|runs/create|metrics/.+|traces/search|logged-models/search)"),
    Rule("POST", rf"{_PAGE}/(?:datasets/search|experiments/search-datasets|ui-telemetry)"),
    Rule("PATCH|DELETE", rf"{_PAGE}/(?:registered-models|model-versions)/[a-z-]+"),
    Rule("PATCH|DELETE", rf"{_PAGE}/logged-models/{_ID}(?:/tags(?:/[^/]+)?)?"),
    # not the page's: `make prune` takes the files of what was deleted
    Rule("DELETE", r"/api/2\.0/mlflow-artifacts/artifacts/.+"),
)
"""What the page for people asks for. Nothing by which the server itself would call somebody or run something."""

MAY: Mapping[str, tuple[Rule, ...]] = {
    # it closes the runs that killed trainings have left open, which it must find, and brings its experiment back
    "train": (
        *REGISTER,
        _api("POST", "runs/search"),
        _api("POST", "experiments/restore", {"experiment_id": "[0-9]{1,32}"}),
        _alias("POST", "challenger"),
    ),
    # a model that the registry has lost is registered again before it gets the alias
    "validate": (*REGISTER, _alias("POST|DELETE", "champion")),
    "predict": READ,
    "airflow": READ,
    PEOPLE: PAGE,
}
OPEN = (Rule("GET", "/health"),)
"""For everybody, without a log-in."""


def rule_of(rules: tuple[Rule, ...], method: str, path: str) -> Rule | None:
    """The first rule that a call matches; `path` is decoded, as MLflow's router sees it."""
    matches = (rule for rule in rules if re.fullmatch(rule.methods, method) and re.fullmatch(rule.path, path))
    return next(matches, None)


def judge_body(fields: Fields, query: str, body: bytes) -> None:
    """Raises ValueError with what a body must not have."""
    if query:
        raise ValueError(f"this call takes no query, got {query[:200]!r}")
    try:
        fields_given = json.loads(body.decode("utf-8"), object_pairs_hook=_once)
    except RecursionError:
        raise ValueError("the body is nested too deeply") from None
    if not isinstance(fields_given, dict):
        raise ValueError(f"the body must be a JSON object, got {type(fields_given).__name__}")
    for key, value in fields_given.items():
        if key not in fields:
            raise ValueError(f"{key}: may not be given here; allowed are {', '.join(fields)}")
        if fields[key] != _ANY and not (isinstance(value, str) and re.fullmatch(fields[key], value)):
            raise ValueError(f"{key}: must be text that matches {fields[key]}, got {value!r:.200}")


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("the body has a key twice")
    return fields
