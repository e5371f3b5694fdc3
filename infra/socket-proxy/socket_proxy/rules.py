"""Which calls pass, and what goes on to the engine in their place.

`judge` and `bind` are pure: a request in, the request to forward or a refusal out. What they return is put together
here from what matched the rules, so nothing that they do not name (another spelling of a path, a second copy of a
parameter, a header, a key of a body) can reach the engine.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from http import HTTPStatus
from urllib.parse import parse_qsl, urlencode

from socket_proxy import container_spec
from socket_proxy.settings import Settings

# older ones read some bodies in other ways
VERSION = r"/v1\.(?:4[0-9]|5[0-9])"
PIPELINE = "[a-z][a-z0-9_]{0,30}"
"""The name of a pipeline's file; a lone pipeline.toml has none."""
STEPS = (
    "generate",
    "preprocess",
    "train",
    "validate",
    "predict",
)
"""All that may be started: a list, since whatever else the engine has an image of must not be."""
STEP = f"(?:{'|'.join(STEPS)})"

FLAG = "(?i:0|1|true|false)"
NUMBER = "[0-9]{1,10}"


@dataclass(frozen=True)
class Request:
    """One call. `target` is path and query, as on the request line.

    `container` is the one that a judged call is about: `bind` must know what it is before the call goes on.
    """

    method: str
    target: str
    body: bytes = b""
    container: str | None = None


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
    body: bool = False


@cache
def calls(project: str) -> tuple[Call, ...]:
    """The calls that pass, for the images and containers of the stack of that name."""
    # made from pipeline, step and day; the stack's own containers (microstep-postgres-1) do not match
    name = rf"{project}-(?:{PIPELINE}\.)?{STEP}-[0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}"
    # only the full id: a short one could be guessed
    container = rf"(?P<container>{name}|[0-9a-f]{{64}})"
    return (
        Call("GET", "/_ping"),
        Call("GET", "/version"),
        Call("GET", rf"/images/{project}-{STEP}/json"),
        Call(
            "GET",
            "/containers/json",
            {"all": "1", "limit": "-1", "size": "0", "trunc_cmd": "0", "filters": ".*"},
            required=frozenset({"filters"}),
        ),
        Call("POST", "/containers/create", {"name": name}, required=frozenset({"name"}), body=True),
        Call("GET", f"/containers/{container}/json"),
        Call("POST", f"/containers/{container}/start"),
        Call("POST", f"/containers/{container}/wait", {"condition": "not-running|next-exit|removed"}),
        Call(
            "GET",
            f"/containers/{container}/logs",
            {
                **dict.fromkeys(("stdout", "stderr", "timestamps", "follow"), FLAG),
                **dict.fromkeys(("since", "until"), r"[0-9]{1,10}(?:\.[0-9]{1,9})?"),
                "tail": f"all|{NUMBER}",
            },
        ),
        Call("POST", f"/containers/{container}/stop", {"t": NUMBER}),
        Call("POST", f"/containers/{container}/kill", {"signal": "SIG[A-Z]{2,6}|[0-9]{1,2}"}),
        Call("DELETE", f"/containers/{container}", {"v": FLAG, "link": "(?i:0|false)", "force": FLAG}),
    )


def judge(request: Request, settings: Settings) -> Request | Refusal:
    """Returns the request to forward instead of this one, or why there is none."""
    path, _, query = request.target.partition("?")
    versioned = re.fullmatch(rf"(?P<version>{VERSION})?(?P<rest>/.*)", path)
    if versioned is None:
        return Refusal(f"{path!r} is not a path of the engine's interface; give one such as /v1.45/_ping")
    matches = (
        (call, re.fullmatch(call.path, versioned["rest"]))
        for call in calls(settings.project)
        if call.method == request.method
    )
    call, match = next(((call, match) for call, match in matches if match), (None, None))
    if call is None or match is None:
        return Refusal(
            f"{request.method} {path} is not among the calls that the socket proxy lets through;"
            " infra/socket-proxy/README.md lists them"
        )
    if request.body and not call.body:
        return Refusal(f"{request.method} {path} takes no body; {len(request.body)} bytes came with it")
    try:
        parameters = _parameters(query, call)
        if "filters" in parameters:
            parameters["filters"] = container_spec.filters(parameters["filters"], settings)
        content = container_spec.build(request.body, parameters["name"], settings) if call.body else b""
    except ValueError as error:
        return Refusal(f"{request.method} {path}: {error}")
    target = f"{path}?{urlencode(parameters)}" if parameters else path
    return Request(request.method, target, content, match.groupdict().get("container"))


def inspection(container: str) -> Request:
    """Returns the request for what `bind` judges by."""
    return Request("GET", f"/containers/{container}/json")


def bind(judged: Request, inspected: bytes, settings: Settings) -> Request | Refusal:
    """Returns the call on the inspected container, by its full id; refuses when this proxy did not make it."""
    container = json.loads(inspected)
    if (container["Config"]["Labels"] or {}).get(container_spec.ROOT_LABEL) != settings.root:
        return Refusal(f"container {judged.container}: was not made by the steps of {settings.root}; it is left alone")
    # by id: between this call and the next, a name may go to another container
    target = judged.target.replace(f"/containers/{judged.container}", f"/containers/{container['Id']}", 1)
    return replace(judged, target=target)


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
