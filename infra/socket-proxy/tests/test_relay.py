import asyncio
import json

import pytest
from sample import ID, NAME, body, own

from socket_proxy import relay

PING = b"GET /_ping HTTP/1.1\r\nHost: proxy\r\n\r\n"
CREATE = b"POST /v1.45/containers/create?name=microstep-train-2026-11-22 HTTP/1.1\r\nHost: proxy\r\n"
ATTACH = (
    b"POST /v1.45/containers/%s/attach?stream=1&stdout=1 HTTP/1.1\r\n"
    b"Host: proxy\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n" % ID.encode()
)

AMBIGUOUS = {
    "chunks": (CREATE + b"Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n", 400),
    "chunks and a length": (CREATE + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}", 400),
    "two lengths": (CREATE + b"Content-Length: 2\r\nContent-Length: 5\r\n\r\n{}", 400),
    "a negative length": (CREATE + b"Content-Length: -2\r\n\r\n{}", 400),
    "a promise to go on": (CREATE + b"Content-Length: 2\r\nExpect: 100-continue\r\n\r\n", 400),
    "no host": (b"GET /_ping HTTP/1.1\r\n\r\n", 400),
    "the old protocol": (b"GET /_ping HTTP/1.0\r\nHost: proxy\r\n\r\n", 400),
    "a folded header": (b"GET /_ping HTTP/1.1\r\nHost: proxy\r\nA : b\r\n\r\n", 400),
    "a bare line end in a header": (b"GET /_ping HTTP/1.1\r\nHost: proxy\r\nA: b\rc\r\n\r\n", 400),
    "a second request behind the first": (PING + PING, 400),
    "a body longer than announced": (CREATE + b"Content-Length: 2\r\n\r\n{}GET /v1.45/info HTTP/1.1\r\n\r\n", 400),
    "a body cut short": (CREATE + b"Content-Length: 20\r\n\r\n{}", 408),
    "a raw stream": (ATTACH, 400),
    "another upgrade": (PING[:-2] + b"Upgrade: h2c\r\n\r\n", 400),
    "headers without end": (b"GET /_ping HTTP/1.1\r\n" + b"A: b\r\n" * 20000, 431),
    "no HTTP": (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 400),
}


@pytest.mark.parametrize(("raw", "status"), AMBIGUOUS.values(), ids=AMBIGUOUS)
def test_what_can_be_read_in_two_ways_never_reaches_the_engine(stack, monkeypatch, raw, status):
    monkeypatch.setattr(relay, "SECONDS_TO_SEND_A_REQUEST", 0.2)

    async def scenario():
        async with stack() as s:
            answer = await s.send(raw)
            assert answer.startswith(b"HTTP/1.1 %d " % status)
            assert s.engine.requests == []

    asyncio.run(scenario())


def test_a_refusal_reads_like_an_error_of_the_engine(stack):
    async def scenario():
        async with stack() as s:
            head, _, body = (await s.send(b"GET /v1.45/info HTTP/1.1\r\nHost: proxy\r\n\r\n")).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 403 ")
            assert "GET /v1.45/info" in json.loads(body)["message"]
            assert s.engine.requests == []

    asyncio.run(scenario())


def test_only_the_rebuilt_request_reaches_the_engine(stack):
    async def scenario():
        async with stack() as s:
            content = json.dumps(body(), indent=4).encode()
            raw = CREATE + b"X-Registry-Auth: secret\r\nUser-Agent: docker\r\nContent-Length: %d\r\n\r\n%s"
            answer = await s.send(raw % (len(content), content))
            assert answer.startswith(b"HTTP/1.1 200 ")
            assert answer.endswith(b"\r\n\r\nOK")
            head, _, rebuilt = s.engine.requests[0].partition(b"\r\n\r\n")
            assert head.splitlines() == [
                b"POST /v1.45/containers/create?name=microstep-train-2026-11-22 HTTP/1.1",
                b"host: docker",
                b"content-length: %d" % len(rebuilt),
                b"connection: close",
                b"content-type: application/json",
            ]
            expected = body()
            expected["Labels"]["microstep.root"] = "/srv/microstep"
            assert json.loads(rebuilt) == expected

    asyncio.run(scenario())


def test_a_call_goes_to_the_container_that_was_looked_at(stack):
    async def scenario():
        async with stack() as s:
            s.engine.containers = {NAME: own()}
            await s.send(b"POST /v1.45/containers/%s/start HTTP/1.1\r\nHost: proxy\r\n\r\n" % NAME.encode())
            assert s.engine.requests[0].startswith(b"POST /v1.45/containers/%s/start " % ID.encode())

    asyncio.run(scenario())


@pytest.mark.parametrize(("containers", "status"), [({}, 404), ({NAME: own("/srv/other")}, 403)])
def test_nothing_reaches_a_container_that_is_not_ours(stack, containers, status):
    async def scenario():
        async with stack() as s:
            s.engine.containers = containers
            answer = await s.send(b"DELETE /containers/%s?force=1 HTTP/1.1\r\nHost: proxy\r\n\r\n" % NAME.encode())
            assert answer.startswith(b"HTTP/1.1 %d " % status)
            assert s.engine.requests == []

    asyncio.run(scenario())


def test_a_body_beyond_the_limit_is_refused(stack, monkeypatch):
    monkeypatch.setattr(relay, "BODY_LIMIT", 10)

    async def scenario():
        async with stack() as s:
            assert (await s.send(CREATE + b"Content-Length: 11\r\n\r\n" + b"x" * 11)).startswith(b"HTTP/1.1 413 ")
            assert s.engine.requests == []

    asyncio.run(scenario())


def test_an_answer_without_a_length_comes_through_as_it_is_made(stack):
    async def scenario():
        async with stack() as s:
            s.engine.answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nline\r\n"
            reader, writer = await asyncio.open_connection("127.0.0.1", s.port)
            writer.write(b"GET /containers/%s/logs?follow=1 HTTP/1.1\r\nHost: proxy\r\n\r\n" % ID.encode())
            async with asyncio.timeout(5):
                head = await reader.readuntil(b"\r\n\r\n")
                assert b"transfer-encoding: chunked" in head.lower()
                assert await reader.readexactly(len(b"4\r\nline\r\n")) == b"4\r\nline\r\n"
            writer.close()

    asyncio.run(scenario())


def test_an_answer_that_breaks_off_does_not_look_complete(stack):
    async def scenario():
        async with stack() as s:
            s.engine.answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\nline\r\n"
            s.engine.breaks_off = True
            answer = await s.send(b"GET /containers/%s/logs?follow=1 HTTP/1.1\r\nHost: proxy\r\n\r\n" % ID.encode())
            assert answer.endswith(b"4\r\nline\r\n")

    asyncio.run(scenario())


def test_the_engine_is_left_when_the_client_leaves(stack):
    async def scenario():
        async with stack() as s:
            s.engine.answer = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            _, writer = await asyncio.open_connection("127.0.0.1", s.port)
            writer.write(b"POST /containers/%s/wait HTTP/1.1\r\nHost: proxy\r\n\r\n" % ID.encode())
            async with asyncio.timeout(5):
                await s.engine.asked.wait()
                assert not s.engine.left.is_set()
                writer.close()
                await s.engine.left.wait()

    asyncio.run(scenario())


def test_an_engine_that_is_not_there_is_said_so(stack, tmp_path):
    async def scenario():
        async with stack() as s:
            (tmp_path / "engine.sock").unlink()
            head, _, body = (await s.send(PING)).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 502 ")
            assert "is the engine running?" in json.loads(body)["message"]

    asyncio.run(scenario())
