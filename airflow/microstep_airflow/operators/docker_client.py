"""The Docker engine's client, with the rules that hold for every container of ours."""

from __future__ import annotations

import logging
import time
from codecs import getincrementaldecoder
from collections.abc import Iterable, Iterator
from contextlib import suppress
from typing import Any

from airflow.sdk.exceptions import AirflowFailException
from docker import APIClient
from docker.errors import APIError, DockerException, NotFound
from docker.types import LogConfig
from urllib3.exceptions import HTTPError

RULES: dict[str, Any] = {
    # process 1 passes signals on and reaps, so that a stop ends the step at once
    "init": True,
    "read_only": True,
    "tmpfs": {"/tmp": "rw,nosuid,nodev,noexec,size=512m,mode=1777"},  # noqa: S108 - inside the container
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "pids_limit": 512,
    # The log is read while it is written, and reading is slower: what the machine's default driver rotates away is
    # lost. This one keeps each byte as it was written (json-file does not), and rotates after a gigabyte.
    "log_config": LogConfig(type="local", config={"max-size": "1g", "max-file": "2", "compress": "false"}),
}
STOP_SECONDS = 3
"""Airflow kills a task 5 s after it asked it to end; by then the container must be gone."""

POLL_SECONDS = 1.0
GRACE_SECONDS = 10.0
"""How long a living task may take to start a container that it made, or to remove one that has ended."""

_NOT_FOUND = 404
_CONFLICT = 409
_AT_WORK = ("running", "paused", "restarting")
_ROOT = "microstep.root"
_OWNER = (_ROOT, "microstep.dag", "microstep.run", "microstep.task")

log = logging.getLogger(__name__)


class StepDockerClient(APIClient):  # type: ignore[misc]  # docker ships no types
    """An APIClient that adds the rules to every container and remembers how the last one ended.

    The provider builds the host configuration, runs the container and reads the exit code itself; all of it goes
    through these methods, so none of its code has to be copied.
    """

    exit_code: int

    def __init__(self, base_url: str, *, cpus: float) -> None:
        super().__init__(base_url=base_url)
        self._nano_cpus = round(cpus * 1e9)
        self._adopted: str | None = None

    def create_host_config(self, *args: Any, **kwargs: Any) -> Any:
        """The host configuration with the rules in it; memory that is not there is not swapped for."""
        limits = {"nano_cpus": self._nano_cpus, "memswap_limit": kwargs["mem_limit"]}
        return super().create_host_config(*args, **{**kwargs, **RULES, **limits})

    def create_container(self, *args: Any, name: str, labels: dict[str, str], **kwargs: Any) -> Any:
        """The container of a step and day; its name is the lock.

        When an earlier try of the same task has left it at work, or done, that one is adopted: its log is read from
        the beginning, its end is this task's. One of another task is waited for; another checkout's is left alone.
        """
        patience = Patience(name)
        while True:
            try:
                return super().create_container(*args, name=name, labels=labels, **kwargs)
            except APIError as error:
                if error.status_code != _CONFLICT:
                    raise
            with suppress(NotFound):  # removed in between
                holder = self.inspect_container(name)
                theirs, state = holder["Config"]["Labels"] or {}, holder["State"]
                at_work = state["Status"] in _AT_WORK
                if not all(theirs.get(key) == labels[key] for key in _OWNER):
                    if patience.lasts(at_work, theirs):
                        time.sleep(POLL_SECONDS)
                        continue
                elif at_work or (state["Status"] == "exited" and state["ExitCode"] == 0):
                    log.info("%s: adopted from try %s, which was lost", name, theirs.get("microstep.try"))
                    self._adopted = holder["Id"]
                    return holder
                if theirs.get(_ROOT) != labels[_ROOT]:
                    raise AirflowFailException(
                        f"{name}: the engine has a container of this name that belongs to"
                        f" {theirs.get(_ROOT) or 'others'}, not to {labels[_ROOT]}, and it does not run;"
                        f" remove it if nobody needs it: docker rm {name}"
                    )
                self.remove_container(holder["Id"], force=True)

    def attach(self, container: str, **_: Any) -> Iterator[bytes]:
        """The container's output from its first line to its end, as it comes.

        The provider attaches before it starts a container and reads afterwards. Here nothing is asked of the engine
        until the first read: then its log is followed, which needs no raw stream and starts with what an adopted
        container printed before. The provider decodes each chunk by itself, so no chunk ends within a character.
        Raises DockerException when the connection breaks before the end.
        """
        stream = self.logs(container, stream=True, follow=True)
        try:
            # the stream's own iterator takes a broken connection for the end of the log
            yield from _whole_characters(stream._stream)  # noqa: SLF001
        except (HTTPError, OSError) as error:
            raise DockerException(f"the log of {container[:12]} broke off: {error}") from error

    def start(self, container: str, *args: Any, **kwargs: Any) -> None:
        """Start a container, unless it was adopted: it has been started."""
        if container != self._adopted:
            super().start(container, *args, **kwargs)

    def wait(self, *args: Any, **kwargs: Any) -> Any:
        """Wait for the end, and keep the exit code: the provider passes it on only inside a message."""
        result = super().wait(*args, **kwargs)
        self.exit_code = result["StatusCode"]
        return result

    def remove_container(self, container: str, *args: Any, **kwargs: Any) -> None:
        """Remove a container, if nobody has done so before, or is at it."""
        try:
            super().remove_container(container, *args, **kwargs)
        except APIError as error:
            if error.status_code not in (_NOT_FOUND, _CONFLICT):
                raise


def _whole_characters(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes; the beginning of a character that ends in the next chunk comes with that one."""
    decoder, rest = getincrementaldecoder("utf-8")(errors="replace"), b""
    for chunk in chunks:
        joined = rest + chunk
        decoder.reset()
        decoder.decode(joined)
        rest, _ = decoder.getstate()  # the bytes that the decoder holds back
        if whole := joined.removesuffix(rest):
            yield whole
    if rest:
        yield rest


def end(client: APIClient, container: str) -> None:
    """Stop a container and remove it, unless somebody has."""
    try:
        client.stop(container, timeout=STOP_SECONDS)
        client.remove_container(container, force=True)
    except APIError as error:
        if error.status_code not in (_NOT_FOUND, _CONFLICT):  # it is gone, or being removed
            raise


class Patience:
    """How long the container of another task keeps its name."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._announced = False
        self._idle_since: float | None = None

    def lasts(self, at_work: bool, labels: dict[str, str]) -> bool:
        """As long as it is at work; when not, as long as a living task takes to start or to remove it."""
        if not self._announced:
            who = ", ".join(f"{key} {labels.get(f'microstep.{key}', '?')}" for key in ("dag", "run", "task", "try"))
            log.info("%s: must be the only one of its step and day; waiting for the one of %s", self._name, who)
            self._announced = True
        if at_work:
            self._idle_since = None
        elif self._idle_since is None:
            self._idle_since = time.monotonic()
        return self._idle_since is None or time.monotonic() - self._idle_since < GRACE_SECONDS
