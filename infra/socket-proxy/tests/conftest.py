import asyncio
import contextlib
import json
import re
from functools import partial

import pytest
from sample import ID, SETTINGS, own

from socket_proxy import relay


class Engine:
    """Stands in for the container engine: keeps the requests that reach it, gives the answer that a test sets."""

    def __init__(self):
        self.requests = []
        self.containers = {ID: own()}
        """What it answers when a container is inspected; these requests are not kept."""
        self.answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nOK"
        self.breaks_off = False
        """Whether it closes the connection after its answer, complete or not."""
        self.asked = asyncio.Event()
        self.left = asyncio.Event()

    async def serve(self, reader, writer):
        head = await reader.readuntil(b"\r\n\r\n")
        if inspection := re.match(rb"GET /containers/([^/]+)/json ", head):
            container = self.containers.get(inspection[1].decode())
            content = json.dumps(container or {"message": "no"}).encode()
            status = b"200 OK" if container else b"404 Not Found"
            writer.write(b"HTTP/1.1 %s\r\nContent-Length: %d\r\n\r\n%s" % (status, len(content), content))
            writer.close()
            return
        self.requests.append(head)
        self.asked.set()
        writer.write(self.answer)
        if self.breaks_off:
            writer.close()
            return
        # until the proxy goes, and all that it still sends: a body, a raw stream
        while chunk := await reader.read(1024):
            self.requests[-1] += chunk
            if chunk == b"quit":
                break
        self.left.set()
        writer.close()


class Stack:
    """The proxy on a port of its own, with a stand-in engine behind it."""

    def __init__(self, engine, port):
        self.engine = engine
        self.port = port

    async def send(self, *chunks):
        """Sends bytes on one connection; returns all that comes back until the proxy closes."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        try:
            for chunk in chunks:
                writer.write(chunk)
            async with asyncio.timeout(5):
                return await reader.read()
        finally:
            writer.close()


@pytest.fixture
def stack(tmp_path):
    """Opens a stack: `async with stack() as s`."""

    @contextlib.asynccontextmanager
    async def open_stack():
        engine = Engine()
        socket = tmp_path / "engine.sock"
        async with (
            await asyncio.start_unix_server(engine.serve, socket),
            await asyncio.start_server(partial(relay.serve, socket=socket, settings=SETTINGS), "127.0.0.1", 0) as proxy,
        ):
            yield Stack(engine, proxy.sockets[0].getsockname()[1])

    return open_stack
