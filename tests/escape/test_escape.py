"""A compromised Airflow tries to get hold of the machine through the socket proxy. Every way is tried on the real engine.

A way has failed when the proxy refuses it and the engine is as it was before. The ways that are bodies are also sent to
the engine itself: there each must give a container something that no step has, or be refused by the engine; so the
look at what was gained is proven on every way.
"""

import time

import pytest
from bodies import BODIES, NAME, TEXT, VOLUMES
from calls import CALLS, ON_ITS_OWN, OTHER
from conftest import removed
from engine import SOCKET, docker, gains, inspect, request, send, state

CREATE = f"/v1.45/containers/create?name={NAME}"


@pytest.fixture
def clean():
    """Takes away what an attempt has made, and no volume that was there before: the stack's own may be."""
    before = state()["volumes"]
    yield
    removed(NAME, "microstep-escape-made")
    for volume in VOLUMES.difference(before):
        send(SOCKET, request("DELETE", f"/v1.45/volumes/{volume}"))


@pytest.fixture
def own(proxy, checkout, clean):
    """The id of a container that was made through the proxy."""
    answer = send(proxy, request("POST", CREATE, TEXT.replace("/srv/microstep", str(checkout)).encode()))
    assert answer.status == 201, answer.raw
    return answer.json["Id"]


def test_there_are_at_least_sixty_ways():
    assert len({*BODIES, *CALLS, *ON_ITS_OWN}) >= 60


def test_what_the_operator_asks_for_passes_and_runs_hardened(proxy, checkout, own):
    assert gains(inspect(own), checkout) == []
    assert send(proxy, request("POST", f"/v1.45/containers/{own}/start")).status == 204
    assert "StatusCode" in send(proxy, request("POST", f"/v1.45/containers/{own}/wait")).json
    assert b"preprocess" in send(proxy, request("GET", f"/v1.45/containers/{own}/logs?stderr=1&stdout=1")).raw
    assert send(proxy, request("DELETE", f"/v1.45/containers/{own}?force=1")).status == 204
    assert inspect(own) is None


@pytest.mark.parametrize("way", BODIES)
def test_no_body_makes_a_container_that_is_more_than_a_step(proxy, checkout, clean, way):
    body = BODIES[way].replace("/srv/microstep", str(checkout)).encode()
    before = state()
    answer = send(proxy, request("POST", CREATE, body))
    assert 400 <= answer.status < 500, answer.raw
    assert state() == before
    # the control: the same body without the proxy
    straight = send(SOCKET, request("POST", CREATE, body))
    assert straight.status >= 400 or gains(inspect(NAME), checkout), "the engine made an ordinary step's container"


TRICKS = [
    "privileged",
    "small letters",
    "small letters inside",
    "a key given twice",
    "a key given twice, the last one wins",
    "two spellings side by side",
    "an escaped letter",
]


@pytest.mark.parametrize("way", TRICKS)
def test_without_the_proxy_the_known_tricks_do_make_a_privileged_container(checkout, clean, way):
    body = BODIES[way].replace("/srv/microstep", str(checkout)).encode()
    assert send(SOCKET, request("POST", CREATE, body)).status == 201
    assert "privileged" in gains(inspect(NAME), checkout)


@pytest.mark.parametrize("way", CALLS)
def test_no_other_call_passes_and_no_request_hides_in_another(proxy, clean, way):
    before = state()
    answer = send(proxy, CALLS[way])
    assert 400 <= answer.status < 500, answer.raw
    assert answer.answers == 1
    assert state() == before


@pytest.mark.parametrize("way", ON_ITS_OWN)
def test_a_container_of_its_own_is_run_and_no_more(proxy, own, way):
    method, rest, body = ON_ITS_OWN[way]
    before = inspect(own)
    upgrade = b"Connection: Upgrade\r\nUpgrade: tcp\r\n"
    for headers in (b"", upgrade) if "attach" in rest else (b"",):
        answer = send(proxy, request(method, f"/v1.45/containers/{own}/{rest}", body, headers))
        assert 400 <= answer.status < 500, answer.raw
    assert inspect(own) == before


def test_no_raw_stream_is_opened_on_which_a_second_call_could_follow(proxy, own):
    before = state()
    upgrade = b"Connection: Upgrade\r\nUpgrade: tcp\r\n"
    attach = request("POST", f"/v1.45/containers/{own}/attach?stream=1&stdout=1", headers=upgrade)
    attach = attach.replace(b"Connection: close\r\n", b"")
    answer = send(proxy, attach, CALLS["another under its own name"], seconds=3)
    assert 400 <= answer.status < 500, answer.raw
    assert answer.answers == 1
    assert state() == before
    # the control: the engine itself opens one
    assert send(SOCKET, attach, seconds=1).status == 101


def test_an_upgrade_of_a_call_that_passes_is_refused(proxy, own):
    upgrade = b"Connection: Upgrade\r\nUpgrade: tcp\r\n"
    for method, path in (("GET", "/_ping"), ("POST", f"/v1.45/containers/{own}/start")):
        assert send(proxy, request(method, path, headers=upgrade)).status == 400
    assert inspect(own)["State"]["Status"] == "created"


def test_a_line_that_is_left_open_ends_by_itself(proxy):
    began = time.monotonic()
    answer = send(proxy, b"POST /v1.45/containers/create HTTP/1.1\r\nHost: x\r\nContent-Length: 99\r\n\r\n{")
    assert answer.status == 408
    assert time.monotonic() - began < 15


def test_a_name_that_went_to_another_container_is_not_followed(proxy, checkout, own):
    removed(NAME)
    docker("create", f"--name={NAME}", "--network=none", "debian:trixie-slim", "true")
    answer = send(proxy, request("DELETE", f"/v1.45/containers/{NAME}?force=1"))
    assert answer.status == 403
    assert inspect(NAME) is not None


def test_the_bystander_could_have_been_stopped(proxy):
    """The control of every call on a container that is not the proxy's own."""
    assert inspect(OTHER)["State"]["Running"]
    assert send(SOCKET, request("POST", f"/v1.45/containers/{OTHER}/stop?t=0")).status == 204
    assert not inspect(OTHER)["State"]["Running"]


def test_a_refusal_says_what_the_rule_was(proxy, checkout):
    body = BODIES["privileged"].replace("/srv/microstep", str(checkout)).encode()
    message = send(proxy, request("POST", CREATE, body)).json["message"]
    assert "HostConfig.Privileged: is no part of a step's container; leave it out" in message
