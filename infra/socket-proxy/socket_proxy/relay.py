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

from socket_proxy.rules import Refusal, Request, bind, inspection, judge
from socket_proxy.settings import Settings

READ_SIZE = 64 * 1024
BODY_LIMIT = 256 * 1024
SECONDS_TO_SEND_A_REQUEST = 10
# Headers of one hop only; framing and connection are set anew on each side.
HOP_HEADERS = {b"connection", b"keep-alive", b"transfer-encoding", b"upgrade", b"trailer"}

CLOSE = (b"connection", b"close")

log = logging.getLogger("socket_proxy")


class Peer(NamedTuple):
    """One side's two streams."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, socket: Path, settings: Settings) -> None:
    """Serves one connection: its one request, to the engine behind `socket`, and closes it."""
    client = Peer(reader, writer)
    connection = h11.Connection(h11.SERVER)
    try:
        verdict = await _read(connection, reader)
        if isinstance(verdict, Request):
            verdict = judge(verdict, settings)
        if isinstance(verdict, Request) and verdict.container is not None:
            verdict = await _bind(verdict, socket, settings)
        if isinstance(verdict, Refusal):
            log.warning("refused: %s", verdict.message)
            await _refuse(connection, client, verdict)
        else:
            log.info("%s %s", verdict.method, verdict.target)
            await _forward(connection, client, verdict, socket)
    except (OSError, h11.ProtocolError) as error:
        log.warning("connection ended early: %r", error)
    finally:
        writer.close()
        with suppress(OSError):
            await writer.wait_closed()


async def _read(connection: h11.Connection, reader: asyncio.StreamReader) -> Request | Refusal:
    """Reads the one request; anything that two programs could read in two ways is refused."""
    try:
        async with asyncio.timeout(SECONDS_TO_SEND_A_REQUEST):
            return await _parse(connection, reader)
    except h11.RemoteProtocolError as error:
        return Refusal(f"not a valid HTTP/1.1 request: {error}", HTTPStatus(error.error_status_hint))
    except TimeoutError:
        message = f"the request was not complete after {SECONDS_TO_SEND_A_REQUEST} seconds"
        return Refusal(message, HTTPStatus.REQUEST_TIMEOUT)


async def _parse(connection: h11.Connection, reader: asyncio.StreamReader) -> Request | Refusal:
    head = await _next_event(connection, reader)
    if not isinstance(head, h11.Request):
        raise ConnectionResetError("the client left without a request")
    if refusal := _ambiguous(head):
        return refusal
    body = bytearray()
    while isinstance(event := await _next_event(connection, reader), h11.Data):
        body += event.data
        if len(body) > BODY_LIMIT:
            return Refusal(f"the body has more than {BODY_LIMIT} bytes", HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    if connection.trailing_data[0]:
        return Refusal("bytes follow the request; send one request per connection", HTTPStatus.BAD_REQUEST)
    return Request(head.method.decode(), head.target.decode(), bytes(body))


async def _next_event(connection: h11.Connection, reader: asyncio.StreamReader) -> h11.Event:
    """Returns the next event of a connection, either side's; raises h11.RemoteProtocolError when it is no HTTP."""
    while not isinstance(event := connection.next_event(), h11.Event):
        connection.receive_data(await reader.read(READ_SIZE))
    return event


def _ambiguous(head: h11.Request) -> Refusal | None:
    if head.http_version != b"1.1":
        return Refusal(f"HTTP/{head.http_version.decode()} is not spoken here; send HTTP/1.1", HTTPStatus.BAD_REQUEST)
    for name in (b"transfer-encoding", b"expect", b"upgrade"):
        if any(name == header for header, _ in head.headers):
            message = f"the header {name.decode()} is not taken; send a plain request, its body with content-length"
            return Refusal(message, HTTPStatus.BAD_REQUEST)
    return None


async def _refuse(connection: h11.Connection, client: Peer, refusal: Refusal) -> None:
    body = json.dumps({"message": refusal.message}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body)), CLOSE]
    response = h11.Response(status_code=refusal.status, headers=headers)
    await _send(connection, client, response)
    with suppress(h11.LocalProtocolError):  # the answer to HEAD has no body
        await _send(connection, client, h11.Data(data=body), h11.EndOfMessage())


async def _bind(judged: Request, socket: Path, settings: Settings) -> Request | Refusal:
    """Inspects the container that a call is about, and returns the call for it, or why it does not pass."""
    try:
        engine, upstream = await _ask(inspection(str(judged.container)), socket)
        try:
            answer = await _next_event(upstream, engine.reader)
            inspected = bytearray()
            while isinstance(event := await _next_event(upstream, engine.reader), h11.Data):
                inspected += event.data
        finally:
            engine.writer.close()
    except OSError as error:
        return _no_engine(socket, error)
    if not isinstance(answer, h11.Response) or answer.status_code != HTTPStatus.OK:
        if isinstance(answer, h11.Response) and answer.status_code == HTTPStatus.NOT_FOUND:
            return Refusal(f"No such container: {judged.container}", HTTPStatus.NOT_FOUND)
        return Refusal(f"the engine does not tell what {judged.container} is: {answer!r}", HTTPStatus.BAD_GATEWAY)
    return bind(judged, bytes(inspected), settings)


async def _forward(connection: h11.Connection, client: Peer, request: Request, socket: Path) -> None:
    """Sends the rebuilt request and passes the answer on as it comes, as long as the client is there."""
    try:
        engine, upstream = await _ask(request, socket)
    except OSError as error:
        await _refuse(connection, client, _no_engine(socket, error))
        return
    relay = asyncio.create_task(_relay(connection, client, engine, upstream))
    # Nothing more may come from the client; end of file or a stray byte both mean that nobody waits for the answer.
    gone = asyncio.create_task(client.reader.read(1))
    try:
        await asyncio.wait({relay, gone}, return_when=asyncio.FIRST_COMPLETED)
        if not relay.done():
            relay.cancel()
            raise ConnectionResetError("the client left before the answer was complete")
        await relay
    finally:
        gone.cancel()
        engine.writer.close()


async def _ask(request: Request, socket: Path) -> tuple[Peer, h11.Connection]:
    """Sends a request to the engine on a connection of its own; the answer is still to be read."""
    engine = Peer(*await asyncio.open_unix_connection(socket))
    upstream = h11.Connection(h11.CLIENT)
    headers = [(b"host", b"docker"), (b"content-length", b"%d" % len(request.body)), CLOSE]
    headers += [(b"content-type", b"application/json")] if request.body else []
    call = h11.Request(method=request.method, target=request.target, headers=headers)
    await _send(upstream, engine, call, h11.Data(data=request.body), h11.EndOfMessage())
    return engine, upstream


def _no_engine(socket: Path, error: OSError) -> Refusal:
    message = f"the engine's socket {socket} does not answer ({error}); is the engine running?"
    return Refusal(message, HTTPStatus.BAD_GATEWAY)


async def _relay(connection: h11.Connection, client: Peer, engine: Peer, upstream: h11.Connection) -> None:
    answer = await _next_event(upstream, engine.reader)
    if not isinstance(answer, h11.Response):
        raise ConnectionResetError(f"the engine gave no final answer: {answer!r}")
    headers = [header for header in answer.headers if header[0] not in HOP_HEADERS]
    await _send(connection, client, h11.Response(status_code=answer.status_code, headers=[*headers, CLOSE]))
    while isinstance(event := await _next_event(upstream, engine.reader), h11.Data):
        await _send(connection, client, h11.Data(data=event.data))
    await _send(connection, client, h11.EndOfMessage())


async def _send(connection: h11.Connection, peer: Peer, *events: h11.Event) -> None:
    for event in events:
        peer.writer.write(connection.send(event) or b"")
    await peer.writer.drain()
