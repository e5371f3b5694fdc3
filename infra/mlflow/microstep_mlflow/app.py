"""MLflow's own server behind a log-in and a table of calls: what `mlflow server --app-name microstep` runs (ASGI)."""

import json
import os
from collections.abc import Awaitable, Callable, MutableMapping
from http import HTTPStatus
from pathlib import Path
from typing import Any

from microstep_mlflow import logins, rules

LOGINS = "MICROSTEP_MLFLOW_LOGINS"
_LARGEST_BODY = 1024**2
"""Of the calls that are judged by their body: names and tags, a few thousand bytes."""

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class Refused(Exception):
    """A call that does not pass: the status of the answer, and why."""

    def __init__(self, status: HTTPStatus, why: str) -> None:
        super().__init__(why)
        self.status = status


class Guard:
    """Lets through what `rules` allows to whom `logins` knows; all else gets 401 or 403 and a reason."""

    def __init__(self, inner: Application, known: logins.Logins) -> None:
        self._inner, self._known = inner, known

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One connection: the server's own start and end pass, a websocket does not."""
        if scope["type"] == "websocket":
            return await send({"type": "websocket.close", "code": 1008})
        try:
            if scope["type"] == "http":
                receive = await self._judged(scope, receive)
        except Refused as refusal:
            return await _answer(send, refusal)
        return await self._inner(scope, receive, send)

    async def _judged(self, scope: Scope, receive: Receive) -> Receive:
        """What gives the body of a call that may pass. Raises Refused."""
        method, path = scope["method"], scope["path"]
        if rules.rule_of(rules.OPEN, method, path):
            return receive
        headers = [value for name, value in scope["headers"] if name == b"authorization"]
        user = logins.user_of(headers[0].decode("latin-1"), self._known) if len(headers) == 1 else None
        if user is None:
            raise Refused(HTTPStatus.UNAUTHORIZED, "MLflow: a log-in is needed; `make up` prints the one for people")
        rule = rules.rule_of(rules.MAY[user], method, path)
        if rule is None:
            raise Refused(HTTPStatus.FORBIDDEN, f"{user} may not {method} {path} of MLflow")
        if rule.fields is None:
            return receive
        body = await _read(receive)
        try:
            rules.judge_body(rule.fields, scope["query_string"].decode("latin-1"), body)
        except ValueError as error:
            raise Refused(HTTPStatus.FORBIDDEN, f"{user}: {method} {path}: {error}") from None
        return _again(body, receive)


def create_app() -> Guard:
    """The application that `mlflow server` runs. Raises KeyError, OSError or ValueError when the log-ins are wrong."""
    known = logins.read(Path(os.environ[LOGINS]), frozenset(rules.MAY))
    from mlflow.server.fastapi_app import app  # reads what `mlflow server` has put into the environment by now

    return Guard(app, known)


async def _read(receive: Receive) -> bytes:
    """The whole body. Raises Refused when it is too large."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
        if len(body) > _LARGEST_BODY:
            raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"the body must have at most {_LARGEST_BODY} bytes")
    return body


def _again(body: bytes, receive: Receive) -> Receive:
    """Gives the very bytes that were judged, then whatever comes."""
    given = False

    async def once() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return once


async def _answer(send: Send, refusal: Refused) -> None:
    """Answers as MLflow's own errors do, so that its client shows the reason."""
    code, headers = "PERMISSION_DENIED", [(b"content-type", b"application/json")]
    if refusal.status == HTTPStatus.UNAUTHORIZED:
        code = "UNAUTHENTICATED"
        headers.append((b"www-authenticate", b'Basic realm="MLflow"'))
    await send({"type": "http.response.start", "status": refusal.status, "headers": headers})
    content = json.dumps({"error_code": code, "message": str(refusal)})
    await send({"type": "http.response.body", "body": content.encode()})
