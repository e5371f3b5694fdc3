import json

import pytest

from microstep_mlflow.rules import MAY, judge_body, rule_of

API = "/api/2.0/mlflow"
STEPS = ("train", "validate", "predict", "airflow")


def passes(user, method, path, body=None, query=""):
    """Whether a call would reach MLflow."""
    rule = rule_of(MAY[user], method, path)
    if rule is None:
        return False
    if rule.fields is None:
        return True
    try:
        judge_body(rule.fields, query, body if isinstance(body, bytes) else json.dumps(body).encode())
    except ValueError:
        return False
    return True


def alias(name, **more):
    return {"name": "shop", "alias": name, "version": "3", **more}


def test_everybody_may_look_up_the_model_in_use():
    for user in MAY:
        assert passes(user, "GET", f"{API}/registered-models/alias")


@pytest.mark.parametrize(("user", "may"), [("train", "challenger"), ("validate", "champion"), ("predict", None)])
def test_a_step_moves_its_own_alias_alone(user, may):
    path = f"{API}/registered-models/alias"
    assert [name for name in ("challenger", "champion", "") if passes(user, "POST", path, alias(name))] == (
        [may] if may else []
    )
    assert passes(user, "DELETE", path, {"name": "shop", "alias": "champion"}) == (user == "validate")


def test_train_alone_of_the_steps_looks_for_runs_that_were_left_open():
    assert [user for user in STEPS if passes(user, "POST", f"{API}/runs/search")] == ["train"]


def test_train_alone_of_the_steps_brings_a_deleted_experiment_back():
    restore = f"{API}/experiments/restore"
    assert [user for user in STEPS if passes(user, "POST", restore, {"experiment_id": "7"})] == ["train"]


@pytest.mark.parametrize("user", STEPS)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("DELETE", f"{API}/registered-models/delete"),
        ("POST", f"{API}/registered-models/rename"),
        ("PATCH", f"{API}/registered-models/update"),
        ("DELETE", f"{API}/model-versions/delete"),
        ("PATCH", f"{API}/model-versions/update"),
        ("POST", f"{API}/model-versions/set-tag"),
        ("DELETE", f"{API}/model-versions/delete-tag"),
        ("POST", f"{API}/model-versions/transition-stage"),
        ("POST", f"{API}/experiments/delete"),
        ("POST", f"{API}/experiments/update"),
        ("POST", f"{API}/runs/delete"),
        ("DELETE", f"{API}/logged-models/m-1"),
        ("DELETE", "/api/2.0/mlflow-artifacts/artifacts/1/x"),
        ("GET", "/get-artifact"),
        ("POST", "/graphql"),
        ("GET", "/"),
    ],
)
def test_no_step_takes_away_renames_or_reads_what_is_not_its_business(user, method, path):
    assert not passes(user, method, path, {})


@pytest.mark.parametrize("user", [*STEPS, "admin"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", f"{API}/webhooks"),
        ("POST", f"{API}/webhooks/1/test"),
        ("POST", "/ajax-api/2.0/mlflow/gateway-proxy"),
        ("POST", "/gateway/x/mlflow/invocations"),
        ("POST", "/ajax-api/3.0/mlflow/assistant/message"),
        ("POST", "/ajax-api/3.0/mlflow/scorer/invoke"),
        ("POST", "/ajax-api/3.0/jobs"),
        ("POST", "/api/3.0/mlflow/mcp-servers"),
        ("POST", "/api/3.0/mlflow/gateway/secrets/create"),
        ("POST", f"{API}//experiments/create"),
        ("POST", f"{API}/experiments/create/"),
        ("POST", f"{API}/x/../experiments/create"),
        ("POST", f"{API}/experiments/create\n"),
        ("TRACE", f"{API}/registered-models/get"),
    ],
)
def test_nobody_makes_the_server_call_somebody_or_finds_another_spelling(user, method, path):
    assert not passes(user, method, path, {"name": "x"})


WRITERS = [("train", "api"), ("validate", "api"), ("admin", "api"), ("admin", "ajax-api")]


@pytest.mark.parametrize(("user", "api"), WRITERS)
def test_an_experiment_has_its_artifacts_where_the_server_keeps_them(user, api):
    path = f"/{api}/2.0/mlflow/experiments/create"
    assert passes(user, "POST", path, {"name": "file:///etc"})
    assert passes(user, "POST", path, {"name": "a", "tags": [{"key": "a", "value": "b"}]})
    for body in (
        {"name": "a", "artifact_location": "file:///etc"},
        {"name": "a", "artifactLocation": "file:///etc"},
        {"name": "a", "artifact_location": ""},
        [{"name": "a"}],
        json.dumps({"name": "a", "artifact_location": "x"}),
        b'{"name": "a", "name": "b"}',
        b"[" * 100_000,
        b"\xff",
        b"",
    ):
        assert not passes(user, "POST", path, body), body
    assert not passes(user, "POST", path, {"name": "a"}, query="artifact_location=file:///etc")


@pytest.mark.parametrize(("user", "api"), WRITERS)
def test_a_version_is_made_of_what_the_server_keeps(user, api):
    path = f"/{api}/2.0/mlflow/model-versions/create"
    for source in ("models:/m-0123abcd", "runs:/abc/model", "mlflow-artifacts:/1/abc/artifacts/model"):
        assert passes(user, "POST", path, {"name": "a", "source": source, "run_id": "r", "tags": []}), source
    for source in (
        "file:///etc", "/etc", "http://x/m", "s3://x/m", "models:/other/1", "mlflow-artifacts://host/1", "runs://host/1",
        "mlflow-artifacts:/1/../../etc", "mlflow-artifacts:/1/%2e%2e/etc", "mlflow-artifacts:/1?x", "MODELS:/m-1", "",
        "models:/m-1\nfile:///etc", None, ["models:/m-1"], {"a": "models:/m-1"},
    ):  # fmt: skip
        assert not passes(user, "POST", path, {"name": "a", "source": source}), source


def test_people_may_do_by_hand_what_the_page_offers():
    for method, path in (
        ("GET", "/"),
        ("GET", "/static-files/main.js"),
        ("GET", "/get-artifact"),
        ("POST", "/ajax-api/2.0/mlflow/runs/search"),
        ("POST", "/ajax-api/2.0/mlflow/experiments/delete"),
        ("DELETE", "/ajax-api/2.0/mlflow/registered-models/delete"),
        ("PATCH", "/ajax-api/2.0/mlflow/model-versions/update"),
        ("DELETE", "/api/2.0/mlflow-artifacts/artifacts/1/x"),
    ):
        assert passes("admin", method, path), path
