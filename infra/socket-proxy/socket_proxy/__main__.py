"""Listens on :2375 and passes the allowed calls to /var/run/docker.sock; started as root, it serves without it."""

import asyncio
import logging
import os
import signal
import sys
from functools import partial
from pathlib import Path

from socket_proxy import privileges, relay
from socket_proxy.settings import Settings

ENGINE = Path("/var/run/docker.sock")
PORT = 2375


async def listen(settings: Settings) -> None:
    """Serves until SIGTERM; connections still open then are cut."""
    server = await asyncio.start_server(partial(relay.serve, socket=ENGINE, settings=settings), port=PORT)
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    logging.getLogger("socket_proxy").info("listening on port %d for %s", PORT, settings.root)
    await stop.wait()
    server.close()


logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
try:
    settings = Settings.read(os.environ, Path("/proc/self/uid_map").read_text())
except ValueError as error:
    sys.exit(f"socket-proxy: {error}")
privileges.drop(ENGINE)
asyncio.run(listen(settings))
