"""The connection: reads one request strictly, forwards what the rules made of it, hands the answer back.

One request per connection, so no byte after it is ever read as a second one.
"""

import asyncio
import json
import logging
from contextlib import suppress
from http import HTTPStatus
from pathlib import Path
from typing import NamedTuple

import h11

from socket_proxy.rules import Refusal, Request, bind, judge, looks_at
from socket_proxy.settings import House

READ_SIZE = 64 * 1024
BODY_LIMIT = 256 * 1024
SECONDS_TO_SEND_A_REQUEST = 10
# Headers of one hop only; framing and connection are set anew on each side.
HOP_HEADERS = {b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"trailer"}

CLOSE = (b"connection", b"close")

log = logging.getLogger("socket_proxy")


class Peer(NamedTuple):
    """One side's two streams."""

    says: asyncio.StreamReader
    hears: asyncio.StreamWriter


async def serve(says: asyncio.StreamReader, hears: asyncio.StreamWriter, socket: Path, house: House) -> None:
    """Serves one connection: its one request, to the engine behind `socket`, and closes it."""
    client = Peer(says, hears)
    connection = h11.Connection(h11.SERVER)
    try:
        verdict = await _read(connection, says)
        if isinstance(verdict, Request):
            verdict = judge(verdict, house)
        if isinstance(verdict, Request) and verdict.container is not None:
            verdict = await _bind(verdict, socket, house)
        if isinstance(verdict, Refusal):
            log.warning("refused: %s", verdict.message)
            await _refuse(connection, client, verdict)
        else:
            log.info("%s %s", verdict.method, verdict.target)
            await _forward(connection, client, verdict, socket)
    except (OSError, h11.ProtocolError) as error:
        log.warning("connection ended early: %r", error)
    finally:
        hears.close()
        with suppress(OSError):
            await hears.wait_closed()


async def _read(connection: h11.Connection, says: asyncio.StreamReader) -> Request | Refusal:
    """Reads the one request; anything that two programs could read in two ways is refused."""
    try:
        async with asyncio.timeout(SECONDS_TO_SEND_A_REQUEST):
            return await _parse(connection, says)
    except h11.RemoteProtocolError as error:
        return Refusal(f"not a valid HTTP/1.1 request: {error}", HTTPStatus(error.error_status_hint))
    except TimeoutError:
        message = f"the request was not complete after {SECONDS_TO_SEND_A_REQUEST} seconds"
        return Refusal(message, HTTPStatus.REQUEST_TIMEOUT)


async def _parse(connection: h11.Connection, says: asyncio.StreamReader) -> Request | Refusal:
    head = await _next_event(connection, says)
    if not isinstance(head, h11.Request):
        raise ConnectionResetError("the client left without a request")
    if refusal := _ambiguous(head):
        return refusal
    body = bytearray()
    while isinstance(event := await _next_event(connection, says), h11.Data):
        body += event.data
        if len(body) > BODY_LIMIT:
            return Refusal(f"the body has more than {BODY_LIMIT} bytes", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if connection.trailing_data[0]:
        return Refusal("bytes follow the request; send one request per connection", HTTPStatus.BAD_REQUEST)
    upgrades = [value for name, value in head.headers if name == b"upgrade"]
    if upgrades not in ([], [b"tcp"]):
        return Refusal(f"Upgrade may only be tcp, not {upgrades}", HTTPStatus.BAD_REQUEST)
    return Request(head.method.decode(), head.target.decode(), bool(upgrades), bytes(body))


async def _next_event(connection: h11.Connection, says: asyncio.StreamReader) -> h11.Event:
    """Returns what was said next on a connection, either side's; raises h11.RemoteProtocolError when it is no HTTP."""
    while not isinstance(event := connection.next_event(), h11.Event):
        connection.receive_data(await says.read(READ_SIZE))
    return event


def _ambiguous(head: h11.Request) -> Refusal | None:
    if head.http_version != b"1.1":
        return Refusal(f"HTTP/{head.http_version.decode()} is not spoken here; send HTTP/1.1", HTTPStatus.BAD_REQUEST)
    for name in (b"transfer-encoding", b"expect"):
        if any(name == header for header, _ in head.headers):
            message = f"the header {name.decode()} is not taken; send a body with content-length alone"
            return Refusal(message, HTTPStatus.BAD_REQUEST)
    return None


async def _refuse(connection: h11.Connection, client: Peer, refusal: Refusal) -> None:
    body = json.dumps({"message": refusal.message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), CLOSE]
    response = h11.Response(status_code=refusal.status, headers=headers)
    await _say(connection, client, response)
    with suppress(h11.LocalProtocolError):  # the answer to HEAD has no body
        await _say(connection, client, h11.Data(data=body), h11.EndOfMessage())


async def _bind(judged: Request, socket: Path, house: House) -> Request | Refusal:
    """Asks the engine what the container is that a call is about."""
    question = looks_at(str(judged.container))
    try:
        engine, upstream = await _ask(question, socket)
        try:
            answer = await _next_event(upstream, engine.says)
            seen = bytearray()
            while isinstance(event := await _next_event(upstream, engine.says), h11.Data):
                seen += event.data
        finally:
            engine.hears.close()
    except OSError as error:
        return _no_engine(socket, error)
    if not isinstance(answer, h11.Response) or answer.status_code != HTTPStatus.OK:
        if isinstance(answer, h11.Response) and answer.status_code == HTTPStatus.NOT_FOUND:
            return Refusal(f"No such container: {judged.container}", HTTPStatus.NOT_FOUND)
        return Refusal(f"the engine does not say what {judged.container} is: {answer!r}", HTTPStatus.BAD_GATEWAY)
    return bind(judged, bytes(seen), house)


async def _forward(connection: h11.Connection, client: Peer, request: Request, socket: Path) -> None:
    """Sends the rebuilt request and passes the answer on as it comes, as long as the client is there."""
    try:
        engine, upstream = await _ask(request, socket)
    except OSError as error:
        await _refuse(connection, client, _no_engine(socket, error))
        return
    relay = asyncio.create_task(_relay(connection, client, engine, upstream))
    # Nothing more may come from the client; end of file or a stray byte both mean that nobody waits for the answer.
    gone = asyncio.create_task(client.says.read(1))
    try:
        await asyncio.wait({relay, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not relay.done():
            relay.cancel()
            raise ConnectionResetError("the client left before the answer was complete")
        await relay
    finally:
        gone.cancel()
        engine.hears.close()


async def _ask(request: Request, socket: Path) -> tuple[Peer, h11.Connection]:
    """Opens a connection to the engine and says the request on it; the answer is still to be read."""
    engine = Peer(*await asyncio.open_unix_connection(socket))
    upstream = h11.Connection(h11.CLIENT)
    headers = [("host", "docker"), ("content-length", str(len(request.body)))]
    headers += [("content-type", "application/json")] if request.body else []
    headers += [("connection", "upgrade"), ("upgrade", "tcp")] if request.upgrade else [("connection", "close")]
    call = h11.Request(method=request.method, target=request.target, headers=headers)
    await _say(upstream, engine, call, h11.Data(data=request.body), h11.EndOfMessage())
    return engine, upstream


def _no_engine(socket: Path, error: OSError) -> Refusal:
    message = f"the engine's socket {socket} does not answer ({error}); is the engine running?"
    return Refusal(message, HTTPStatus.BAD_GATEWAY)


async def _relay(connection: h11.Connection, client: Peer, engine: Peer, upstream: h11.Connection) -> None:
    answer = await _next_event(upstream, engine.says)
    if isinstance(answer, h11.InformationalResponse) and answer.status_code == HTTPStatus.SWITCHING_PROTOCOLS:
        await _say(connection, client, answer)
        # One way only: what the container says. Nobody writes into a step, so nothing of the client's goes on.
        client.hears.write(upstream.trailing_data[0])
        while chunk := await engine.says.read(READ_SIZE):
            client.hears.write(chunk)
            await client.hears.drain()
        return
    if not isinstance(answer, h11.Response):
        raise ConnectionResetError("the engine closed the connection without an answer")
    kept = [header for header in answer.headers if header[0] not in HOP_HEADERS]
    await _say(connection, client, h11.Response(status_code=answer.status_code, headers=[*kept, CLOSE]))
    while isinstance(event := await _next_event(upstream, engine.says), h11.Data):
        await _say(connection, client, h11.Data(data=event.data))
    await _say(connection, client, h11.EndOfMessage())


async def _say(connection: h11.Connection, peer: Peer, *events: h11.Event) -> None:
    for event in events:
        peer.hears.write(connection.send(event) or b"")
    await peer.hears.drain()
