import json
from dataclasses import replace
from urllib.parse import quote_plus

import pytest
from sample import ID, NAME, SETTINGS, body, own

from socket_proxy import rules
from socket_proxy.rules import Refusal, Request, bind


def judge(request):
    return rules.judge(request, SETTINGS)


NEEDED = [
    Request("GET", "/_ping"),
    Request("GET", "/v1.45/_ping"),
    Request("GET", "/version"),
    Request("GET", "/v1.45/images/microstep-train/json"),
    Request("GET", f"/v1.45/containers/{ID}/json"),
    Request("GET", f"/v1.45/containers/{NAME}/json"),
    Request("POST", f"/v1.45/containers/{ID}/start"),
    Request("POST", f"/v1.45/containers/{ID}/wait"),
    Request("GET", f"/v1.45/containers/{ID}/logs?stderr=1&stdout=1&timestamps=0&follow=0&tail=all"),
    Request("POST", f"/v1.45/containers/{ID}/stop?t=3"),
    Request("POST", f"/v1.45/containers/{ID}/kill?signal=SIGKILL"),
    Request("DELETE", f"/v1.45/containers/{ID}?v=False&link=False&force=True"),
]

CLOSED = {
    "list containers": Request("GET", "/v1.45/containers/json?all=1"),
    "list images": Request("GET", "/v1.45/images/json"),
    "engine": Request("GET", "/v1.45/info"),
    "events": Request("GET", "/v1.45/events"),
    "pull": Request("POST", "/v1.45/images/create?fromImage=debian"),
    "build": Request("POST", "/v1.45/build"),
    "load": Request("POST", "/v1.45/images/load"),
    "tag": Request("POST", "/v1.45/images/microstep-train/tag?repo=microstep-predict"),
    "commit": Request("POST", f"/v1.45/commit?container={ID}"),
    "exec": Request("POST", f"/v1.45/containers/{ID}/exec"),
    "archive": Request("PUT", f"/v1.45/containers/{ID}/archive?path=/"),
    "rename": Request("POST", f"/v1.45/containers/{ID}/rename?name=x"),
    "update": Request("POST", f"/v1.45/containers/{ID}/update"),
    "attach": Request("POST", f"/v1.45/containers/{ID}/attach?logs=0&stdout=1&stderr=1&stream=1"),
    "attach by websocket": Request("GET", f"/v1.45/containers/{ID}/attach/ws"),
    "volumes": Request("POST", "/v1.45/volumes/create"),
    "networks": Request("POST", "/v1.45/networks/create"),
    "swarm": Request("POST", "/v1.45/swarm/init"),
    "prune": Request("POST", "/v1.45/containers/prune"),
}

AROUND = {
    "a container of the stack": "/v1.45/containers/microstep-postgres-1/json",
    "a step run by compose": "/v1.45/containers/microstep-train-run-0123456789ab/json",
    "the beginning of an id": f"/v1.45/containers/{ID[:12]}/json",
    "a name that goes on": f"/v1.45/containers/{NAME}x/json",
    "a climbing path": f"/v1.45/containers/{ID}/../../containers/json",
    "an escaped slash": f"/v1.45/containers/{ID}%2Fjson",
    "an escaped letter": "/v1.45/containers/%6Ason",
    "two slashes": f"/v1.45//containers/{ID}/json",
    "a slash at the end": f"/v1.45/containers/{ID}/json/",
    "two versions": f"/v1.45/v1.45/containers/{ID}/json",
    "an old version's spelling": f"/v1/containers/{ID}/json",
    "a fragment": f"/v1.45/containers/{ID}/json#",
    "a semicolon": f"/v1.45/containers/{ID}/json;x",
    "another host": f"http://engine/v1.45/containers/{ID}/json",
    "capitals": f"/V1.45/Containers/{ID}/json",
    "an old interface": f"/v1.24/containers/{ID}/json",
    "an image by its id": f"/v1.45/images/sha256:{ID}/json",
    "an image of others": "/v1.45/images/debian/json",
    "an image of another registry": "/v1.45/images/example.com/microstep-train/json",
    "the proxy's own image": "/v1.45/images/microstep-socket-proxy/json",
    "an unknown parameter": f"/v1.45/containers/{ID}/json?size=1",
    "a nameless parameter": f"/v1.45/containers/{ID}/json?=",
    "no value": f"/v1.45/containers/{ID}/logs?follow",
}


@pytest.mark.parametrize("request_", NEEDED, ids=lambda r: f"{r.method} {r.target[:40]}")
def test_every_call_of_the_step_operator_passes_in_the_same_words(request_):
    assert replace(judge(request_), container=None) == request_


def test_a_container_is_created_from_a_body_that_was_made_anew():
    requested = Request("POST", f"/v1.45/containers/create?name={NAME}", body=json.dumps(body()).encode())
    forwarded = judge(requested)
    assert forwarded.target == requested.target
    assert json.loads(forwarded.body)["Labels"].pop("microstep.root") == SETTINGS.root


def test_a_call_on_a_container_goes_on_by_its_full_id_and_only_when_the_proxy_made_it():
    judged = judge(Request("POST", f"/v1.45/containers/{NAME}/stop?t=3"))
    assert judged.container == NAME
    seen = json.dumps(own()).encode()
    assert bind(judged, seen, SETTINGS).target == f"/v1.45/containers/{ID}/stop?t=3"
    for label in ("/srv/other", None):
        refusal = bind(judged, json.dumps(own(label)).encode(), SETTINGS)
        assert "was not made by the steps of /srv/microstep" in refusal.message
    assert isinstance(bind(judged, json.dumps({"Id": ID, "Config": {"Labels": None}}).encode(), SETTINGS), Refusal)


def listed(filters):
    query = "all=1&limit=-1&size=0&trunc_cmd=0&filters=" + quote_plus(json.dumps(filters))
    return judge(Request("GET", f"/v1.45/containers/json?{query}"))


def test_a_list_shows_what_this_checkout_has_of_all_runs():
    filters = {"label": ["microstep.run", "microstep.root=/srv/microstep"]}
    assert quote_plus(json.dumps(filters)) in listed(filters).target


def test_a_list_shows_what_this_checkout_has_of_one_run_alone():
    own = "microstep.root=/srv/microstep"
    labels = ["microstep.dag=train", "microstep.run=manual__2026-11-22T02:00:00+00:00", own]
    assert quote_plus(json.dumps({"label": labels})) in listed({"label": labels}).target
    for filters in (
        {},
        {"label": []},
        {"label": labels[:1]},
        {"label": labels[:2]},
        {"label": labels[1:]},
        {"label": [own]},
        {"label": ["microstep.run"]},
        {"label": ["microstep.run", "microstep.root=/srv/other"]},
        {"label": [*labels[:2], "microstep.root=/srv/other"]},
        {"label": [*labels[:2], "microstep.root"]},
        {"label": ["microstep.dag", own]},
        {"label": [*labels, "x=y"]},
        {"label": ["microstep.dag=a b", *labels[1:]]},
        {"label": labels, "name": ["x"]},
        {"label": dict.fromkeys(labels, True)},
        {"label": ["microstep.run=x", "microstep.dag=y", own]},
        {"label": [["microstep.dag=x"], 1, own]},
    ):
        assert isinstance(listed(filters), Refusal), filters


@pytest.mark.parametrize("request_", CLOSED.values(), ids=CLOSED)
def test_what_the_operator_does_not_need_is_refused(request_):
    assert isinstance(judge(request_), Refusal)


@pytest.mark.parametrize("target", AROUND.values(), ids=AROUND)
def test_another_spelling_does_not_get_around_the_rules(target):
    assert isinstance(judge(Request("GET", target)), Refusal)


def test_a_container_is_created_only_under_the_name_of_a_step_and_a_day():
    for query in (
        "",
        "?name=evil",
        "?name=microstep-postgres-1",
        f"?name={NAME}&name=evil",
        f"?name={NAME}&platform=x",
    ):
        assert isinstance(judge(Request("POST", f"/v1.45/containers/create{query}", body=b"{}")), Refusal), query


def test_a_parameter_given_twice_is_refused_and_named():
    refusal = judge(Request("POST", f"/v1.45/containers/{ID}/stop?t=1&t=2"))
    assert isinstance(refusal, Refusal)
    assert "'t' is given twice" in refusal.message


def test_a_body_passes_with_create_alone():
    refusal = judge(Request("POST", f"/v1.45/containers/{ID}/start", body=b'{"Privileged": true}'))
    assert isinstance(refusal, Refusal)
    assert "takes no body" in refusal.message


def test_a_refusal_names_the_call_and_where_the_rules_are():
    refusal = judge(Request("GET", "/v1.45/info"))
    assert isinstance(refusal, Refusal)
    assert refusal.status == 403
    assert "GET /v1.45/info" in refusal.message
    assert "infra/socket-proxy/README.md" in refusal.message


def test_a_stack_of_another_name_asks_for_its_own_images_and_containers_alone():
    theirs, name = replace(SETTINGS, project="shop"), NAME.replace("microstep", "shop")
    for target, other in (
        (f"/v1.45/containers/{name}/json", f"/v1.45/containers/{NAME}/json"),
        ("/v1.45/images/shop-train/json", "/v1.45/images/microstep-train/json"),
    ):
        assert isinstance(rules.judge(Request("GET", target), theirs), Request)
        assert isinstance(rules.judge(Request("GET", other), theirs), Refusal)
        assert isinstance(rules.judge(Request("GET", target), SETTINGS), Refusal)
