"""Ways that are calls, or no proper calls at all: (name, bytes). OTHER is a container that the proxy did not make."""

from bodies import NAME
from engine import request

OTHER = "microstep-escape-bystander"
V = "/v1.45"
EVIL = b'{"Image": "debian:trixie-slim", "HostConfig": {"Privileged": true}}'
CREATE = f"{V}/containers/create?name={NAME}"


def _raw(head: str, body: bytes = b"") -> bytes:
    return head.replace("\n", "\r\n").encode() + b"\r\n\r\n" + body


INNER = request("POST", f"{V}/containers/create?name=microstep-escape-made", EVIL)

CALLS = {
    # calls that the operator never makes
    "pull": request("POST", f"{V}/images/create?fromImage=debian&tag=latest"),
    "import as a step's image": request("POST", f"{V}/images/create?fromSrc=-&repo=microstep-train", b"x"),
    "build": request("POST", f"{V}/build?t=microstep-train", b"x"),
    "load": request("POST", f"{V}/images/load", b"x"),
    "tag": request("POST", f"{V}/images/debian:trixie-slim/tag?repo=microstep-train&tag=latest"),
    "push": request("POST", f"{V}/images/microstep-train/push"),
    "remove an image": request("DELETE", f"{V}/images/microstep-train?force=1"),
    "save an image": request("GET", f"{V}/images/microstep-train/get"),
    "search": request("GET", f"{V}/images/search?term=x"),
    "list images": request("GET", f"{V}/images/json"),
    "look at another image": request("GET", f"{V}/images/postgres:17/json"),
    "a volume whose driver binds": request(
        "POST",
        f"{V}/volumes/create",
        b'{"Name": "microstep-escape-made", "DriverOpts": {"type": "none", "o": "bind", "device": "/"}}',
    ),
    "list volumes": request("GET", f"{V}/volumes"),
    "make a network": request("POST", f"{V}/networks/create", b'{"Name": "microstep-escape-made"}'),
    "join a network": request("POST", f"{V}/networks/bridge/connect", b'{"Container": "microstep-escape-bystander"}'),
    "start a swarm": request("POST", f"{V}/swarm/init", b'{"ListenAddr": "127.0.0.1"}'),
    "make a service": request("POST", f"{V}/services/create", b"{}"),
    "pull a plugin": request("POST", f"{V}/plugins/pull?remote=x"),
    "who am I": request("GET", f"{V}/info"),
    "how full": request("GET", f"{V}/system/df"),
    "events": request("GET", f"{V}/events?since=0&until=1"),
    "log in": request("POST", f"{V}/auth", b"{}"),
    "prune": request("POST", f"{V}/containers/prune"),
    "commit": request("POST", f"{V}/commit?container={OTHER}&repo=microstep-train", b"{}"),
    "a session": request("POST", f"{V}/session", headers=b"Connection: Upgrade\r\nUpgrade: h2c\r\n"),
    "a raw line": request("POST", f"{V}/grpc", headers=b"Connection: Upgrade\r\nUpgrade: h2c\r\n"),
    "debug pages": request("GET", "/debug/pprof/cmdline"),
    # calls on what is not its own
    "list all containers": request("GET", f"{V}/containers/json?all=1"),
    "list with other filters": request(
        "GET", f"{V}/containers/json?all=1&filters=%7B%22status%22%3A%5B%22running%22%5D%7D"
    ),
    "look at another": request("GET", f"{V}/containers/{OTHER}/json"),
    "read another's log": request("GET", f"{V}/containers/{OTHER}/logs?stdout=1"),
    "stop another": request("POST", f"{V}/containers/{OTHER}/stop?t=0"),
    "kill another": request("POST", f"{V}/containers/{OTHER}/kill?signal=SIGKILL"),
    "remove another": request("DELETE", f"{V}/containers/{OTHER}?force=1"),
    "run in another": request("POST", f"{V}/containers/{OTHER}/exec", b'{"Cmd": ["id"], "Privileged": true}'),
    "copy into another": request("PUT", f"{V}/containers/{OTHER}/archive?path=/tmp", b"x"),
    "copy out of another": request("GET", f"{V}/containers/{OTHER}/archive?path=/etc/hostname"),
    "export another": request("GET", f"{V}/containers/{OTHER}/export"),
    "rename another to a step": request("POST", f"{V}/containers/{OTHER}/rename?name={NAME}"),
    "another without a name": request("POST", f"{V}/containers/create", EVIL),
    "another under its own name": request("POST", f"{V}/containers/create?name=microstep-escape-made", EVIL),
    "a name given twice": request("POST", f"{CREATE}&name=microstep-escape-made", EVIL),
    "a platform": request("POST", f"{CREATE}&platform=linux", EVIL),
    # other spellings of paths
    "a climbing path": request("POST", f"{V}/containers/{NAME}/../create?name=microstep-escape-made", EVIL),
    "an escaped path": request("POST", f"{V}/containers/%63reate?name=microstep-escape-made", EVIL),
    "two slashes": request("POST", f"//v1.45//containers/create?name={NAME}", EVIL),
    "an old interface": request("POST", f"/v1.24/containers/create?name={NAME}", EVIL),
    "another host": request("POST", f"http://x{CREATE}", EVIL),
    "a fragment": request("POST", f"{CREATE}#", EVIL),
    "line ends in the name": request("POST", f"{CREATE}%0d%0aX:%20y", EVIL),
    "a tunnel": _raw("CONNECT /var/run/docker.sock HTTP/1.1\nHost: x"),
    # smuggling: two programs, two readings
    "chunks": _raw(
        f"POST {CREATE} HTTP/1.1\nHost: x\nTransfer-Encoding: chunked", b"%x\r\n%s\r\n0\r\n\r\n" % (len(EVIL), EVIL)
    ),
    "a length and chunks": _raw(
        f"POST {V}/containers/{OTHER}/stop HTTP/1.1\nHost: x\nContent-Length: 5\nTransfer-Encoding: chunked",
        b"0\r\n\r\n" + INNER,
    ),
    "chunks in disguise": _raw("GET /_ping HTTP/1.1\nHost: x\nTransfer-Encoding : chunked", b"0\r\n\r\n" + INNER),
    "chunks with a tab": _raw("GET /_ping HTTP/1.1\nHost: x\nTransfer-Encoding:\tchunked", b"0\r\n\r\n" + INNER),
    "two lengths": _raw("GET /_ping HTTP/1.1\nHost: x\nContent-Length: 0\nContent-Length: 9", INNER),
    "a length with a sign": _raw(f"GET /_ping HTTP/1.1\nHost: x\nContent-Length: +{len(INNER)}", INNER),
    "a length beyond all": _raw("GET /_ping HTTP/1.1\nHost: x\nContent-Length: 18446744073709551616", INNER),
    "a request in the body": request("GET", "/_ping", INNER),
    "a second request": request("GET", "/_ping").replace(b"Connection: close\r\n", b"") + INNER,
    "the second request in the head": _raw(f"GET /_ping HTTP/1.1\nHost: x\nX: y\r\rPOST {CREATE} HTTP/1.1"),
    "bare line ends": f"POST {CREATE} HTTP/1.1\nHost: x\nContent-Length: {len(EVIL)}\n\n".encode() + EVIL,
    "a folded header": _raw("GET /_ping HTTP/1.1\nHost: x\nX: y\n Content-Length: 9", INNER),
    "a zero byte": _raw("GET /_ping\0/../containers/json HTTP/1.1\nHost: x"),
    "the old protocol": _raw(f"POST {CREATE} HTTP/1.0\nConnection: keep-alive\nContent-Length: {len(EVIL)}", EVIL),
    "no protocol": f"GET {V}/containers/json\r\n\r\n".encode(),
    "the new protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes(9),
    "a promise": _raw(f"POST {CREATE} HTTP/1.1\nHost: x\nExpect: 100-continue\nContent-Length: {len(EVIL)}", EVIL),
    "a method that stands for another": _raw(
        f"GET {CREATE} HTTP/1.1\nHost: x\nX-HTTP-Method-Override: POST\nContent-Length: {len(EVIL)}", EVIL
    ),
    "a connection that names headers": _raw(
        f"POST {CREATE} HTTP/1.1\nHost: x\nConnection: close, content-length\nContent-Length: {len(EVIL)}", EVIL
    ),
}

# calls on a container of its own that give more than running it
ON_ITS_OWN = {
    "run in it": ("POST", "exec", b'{"Cmd": ["id"], "User": "0"}'),
    "copy into it": ("PUT", "archive?path=/tmp", b"x"),
    "change its limits": ("POST", "update", b'{"Memory": 0, "PidsLimit": -1}'),
    "give it another name": ("POST", "rename?name=microstep-escape-made", b""),
    "attach to it": ("POST", "attach?stream=1&stdout=1&stderr=1", b""),
    "write into it": ("POST", "attach?stdin=1&stream=1", b""),
    "attach to it by websocket": ("GET", "attach/ws?stdout=1&stream=1", b""),
    "write into it by websocket": ("GET", "attach/ws?stdin=1&stream=1", b""),
    "start it with a host part": ("POST", "start", b'{"Privileged": true}'),
    "freeze it": ("POST", "checkpoints", b"{}"),
}
