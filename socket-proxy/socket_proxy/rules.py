"""Which calls pass, and in which words they go on to the engine.

`judge` is pure: a request in, the request to forward or a refusal out. What it returns is put together here from what
matched the rules, so nothing that they do not name (another spelling of a path, a second copy of a parameter, a header)
can reach the engine.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

STEP = "(?:generate|preprocess|train|validate|predict)"
IMAGE = rf"microstep-{STEP}(?::[A-Za-z0-9_][A-Za-z0-9_.-]{{0,127}})?"
# Made from step and day; the stack's own containers (microstep-postgres-1) do not match.
NAME = rf"microstep-{STEP}-[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}"
# Only the full id: a short one could be guessed.
CONTAINER = rf"(?:{NAME}|[0-9a-f]{{64}})"

FLAG = "(?i:0|1|true|false)"
NUMBER = "[0-9]{1,10}"


@dataclass(frozen=True)
class Request:
    """One call. `target` is path and query, as on the request line; `upgrade` asks for a raw stream (Upgrade: tcp)."""

    method: str
    target: str
    upgrade: bool = False
    body: bytes = b""


@dataclass(frozen=True)
class Refusal:
    """Why a call does not pass. `message` reaches the client as the engine's own errors do: {"message": …}."""

    message: str
    status: HTTPStatus = HTTPStatus.FORBIDDEN


@dataclass(frozen=True)
class Call:
    """A kind of call that passes: method, path, parameters with the values they may have, and what belongs to it."""

    method: str
    path: str
    parameters: Mapping[str, str] = field(default_factory=dict)
    required: frozenset[str] = frozenset()
    upgrade: bool = False
    body: bool = False


CALLS = (
    Call("GET", "/_ping"),
    Call("GET", "/version"),
    Call("GET", rf"/images/(?:{IMAGE}|sha256:[0-9a-f]{{64}})/json"),
    Call("POST", "/containers/create", {"name": NAME}, required=frozenset({"name"}), body=True),
    Call("GET", f"/containers/{CONTAINER}/json"),
    Call("POST", f"/containers/{CONTAINER}/start"),
    Call(
        "POST",
        f"/containers/{CONTAINER}/attach",
        {"logs": FLAG, "stream": FLAG, "stdout": FLAG, "stderr": FLAG},
        upgrade=True,
    ),
    Call("POST", f"/containers/{CONTAINER}/wait", {"condition": "not-running|next-exit|removed"}),
    Call(
        "GET",
        f"/containers/{CONTAINER}/logs",
        {
            **dict.fromkeys(("stdout", "stderr", "timestamps", "follow"), FLAG),
            **dict.fromkeys(("since", "until"), r"[0-9]{1,10}(?:\.[0-9]{1,9})?"),
            "tail": f"all|{NUMBER}",
        },
    ),
    Call("POST", f"/containers/{CONTAINER}/stop", {"t": NUMBER}),
    Call("POST", f"/containers/{CONTAINER}/kill", {"signal": "SIG[A-Z]{2,6}|[0-9]{1,2}"}),
    Call("DELETE", f"/containers/{CONTAINER}", {"v": FLAG, "link": "(?i:0|false)", "force": FLAG}),
)


def judge(request: Request) -> Request | Refusal:
    """Returns the request to forward instead of this one, or why there is none."""
    path, _, query = request.target.partition("?")
    versioned = re.fullmatch(r"(?P<version>/v1\.[0-9]{1,2})?(?P<rest>/.*)", path)
    if versioned is None:
        return Refusal(f"{path!r} is not a path of the engine's interface; give one such as /v1.45/_ping")
    call = next((c for c in CALLS if c.method == request.method and re.fullmatch(c.path, versioned["rest"])), None)
    if call is None:
        return Refusal(
            f"{request.method} {path} is not among the calls that the socket proxy lets through;"
            " socket-proxy/README.md lists them"
        )
    if request.upgrade != call.upgrade:
        rule = "needs the header Upgrade: tcp" if call.upgrade else "takes no Upgrade header"
        return Refusal(f"{request.method} {path} {rule}")
    if request.body and not call.body:
        return Refusal(f"{request.method} {path} takes no body; {len(request.body)} bytes came with it")
    try:
        parameters = _parameters(query, call)
    except ValueError as error:
        return Refusal(f"{request.method} {path}: {error}")
    target = f"{path}?{urlencode(parameters)}" if parameters else path
    return Request(request.method, target, request.upgrade, request.body)


def _parameters(query: str, call: Call) -> dict[str, str]:
    """Parses the query strictly: known names, each once, each with a value that its call allows; else ValueError."""
    parameters: dict[str, str] = {}
    pairs = parse_qsl(query, keep_blank_values=True, strict_parsing=True, errors="strict") if query else []
    for name, value in pairs:
        if name not in call.parameters:
            raise ValueError(f"takes no parameter {name!r}")
        if name in parameters:
            raise ValueError(f"parameter {name!r} is given twice; give it once")
        if not re.fullmatch(call.parameters[name], value):
            raise ValueError(f"parameter {name!r} may not be {value!r}")
        parameters[name] = value
    if missing := call.required - parameters.keys():
        raise ValueError(f"needs the parameter {', '.join(sorted(missing))}")
    return parameters
