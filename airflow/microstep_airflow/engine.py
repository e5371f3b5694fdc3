"""The Docker engine's client, with the rules that hold for every container of ours."""

from __future__ import annotations

from typing import Any

from airflow.sdk.exceptions import AirflowException
from docker import APIClient
from docker.errors import APIError

RULES: dict[str, Any] = {
    # process 1 passes signals on and reaps, so that a stop ends the step at once
    "init": True,
    "read_only": True,
    "tmpfs": {"/tmp": "rw,nosuid,nodev,noexec,size=512m,mode=1777"},  # noqa: S108 - inside the container
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "pids_limit": 512,
}
_CONFLICT = 409
_ENDED = ("exited", "dead")


class LockedError(AirflowException):
    """Another container works on the same step and day; worth a retry."""


class Engine(APIClient):  # type: ignore[misc]  # docker ships no types
    """An APIClient that adds the rules to every container and remembers how the last one ended.

    The provider builds the host configuration and reads the exit code itself; both go through
    these methods, so none of its code has to be copied.
    """

    exit_code: int

    def __init__(self, base_url: str, *, cpus: float) -> None:
        super().__init__(base_url=base_url)
        self._nano_cpus = round(cpus * 1e9)

    def create_host_config(self, *args: Any, **kwargs: Any) -> Any:
        """The host configuration with the rules in it; memory that is not there is not swapped for."""
        limits = {"nano_cpus": self._nano_cpus, "memswap_limit": kwargs["mem_limit"]}
        return super().create_host_config(*args, **kwargs, **RULES, **limits)

    def create_container(self, *args: Any, name: str, **kwargs: Any) -> Any:
        """The container; its name is the lock of its step and day. Raises LockedError when it is held."""
        try:
            return super().create_container(*args, name=name, **kwargs)
        except APIError as error:
            if error.status_code != _CONFLICT:
                raise
        self._remove_if_ended(name)
        return super().create_container(*args, name=name, **kwargs)

    def wait(self, *args: Any, **kwargs: Any) -> Any:
        """Wait for the end, and keep the exit code: the provider passes it on only inside a message."""
        result = super().wait(*args, **kwargs)
        self.exit_code = result["StatusCode"]
        return result

    def _remove_if_ended(self, name: str) -> None:
        """Remove what a killed task left behind; raise LockedError when the container is at work."""
        holder = self.inspect_container(name)
        if holder["State"]["Status"] in _ENDED:
            self.remove_container(name)
            return
        labels = holder["Config"]["Labels"] or {}
        who = ", ".join(f"{key} {labels.get(f'microstep.{key}', '?')}" for key in ("dag", "run", "task", "try"))
        raise LockedError(
            f"{name}: must be the only one of its step and day, is already {holder['State']['Status']} for {who}; "
            f"will be tried again. If nothing is at work: docker rm --force {name}"
        )
