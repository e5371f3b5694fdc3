"""What is special where the stack lands: a proxy, an engine without root."""

from __future__ import annotations

from shlex import quote

from machine.findings import Engine, Finding, Machine

USUAL_SOCKET = "/var/run/docker.sock"
OWN = frozenset(("localhost", "127.0.0.1", "::1"))
"""Names that the stack keeps out of a proxy by itself, beside those of its parts."""
_CGROUPS_2 = "systemd.unified_cgroup_hierarchy=1 on the kernel's command line"
_DELEGATE = (
    "sudo mkdir -p /etc/systemd/system/user@.service.d; printf '[Service]\\nDelegate=cpu cpuset io memory pids\\n' |"
    " sudo tee /etc/systemd/system/user@.service.d/delegate.conf; sudo systemctl daemon-reload; log out and in again"
)


def judge_landing(machine: Machine, engine: Engine) -> list[Finding]:
    """Findings about what is there; none about what is as it is on most machines."""
    return [*_judge_rootless(machine, engine), *_judge_proxy(machine)]


def _judge_rootless(machine: Machine, engine: Engine) -> list[Finding]:
    if not engine.rootless:
        # as root of the machine, a step by hand could write files that no other step may touch
        wrong = machine.user.startswith("0:")
        return [Finding("MICROSTEP_USER", f"is {machine.user}, root", "sed -i /MICROSTEP_USER/d .env")] if wrong else []
    findings = [Finding("engine without root", "steps run as its root, which is you")]
    if machine.user not in ("", "0:0"):
        state = f"is {machine.user}, whom a rootless engine takes for another user than you"
        findings.append(Finding("MICROSTEP_USER", state, "sed -i /MICROSTEP_USER/d .env (make up then writes 0:0)"))
    if engine.socket not in ("", machine.socket or USUAL_SOCKET):
        state = f"is {machine.socket or 'not set'}, the engine's socket is {engine.socket}"
        remedy = f"echo MICROSTEP_ENGINE_SOCKET={quote(engine.socket)} >> .env"
        findings.append(Finding("MICROSTEP_ENGINE_SOCKET", state, remedy))
    if not engine.limits:
        # all works without them, but for what a step out of memory does to the rest of the machine
        state = "not given to your user's engine: a step may take all of the machine's"
        remedy = _DELEGATE if engine.cgroups != "1" else f"boot with {_CGROUPS_2}, then {_DELEGATE}"
        findings.append(Finding("limits of memory and processors", state, remedy, needed=False))
    return findings


def _judge_proxy(machine: Machine) -> list[Finding]:
    """The stack's own list wins against the client's, so what stands there alone would go to the proxy."""
    given = {name.strip() for name in machine.no_proxy.split(",")}
    names = [name.strip() for name in machine.clients_no_proxy.split(",")]
    if not (missing := [name for name in names if name and name not in OWN | given]):
        return []
    every = ",".join([*(name for name in machine.no_proxy.split(",") if name), *missing])
    state = f"the docker client's noProxy has {', '.join(missing)}, containers of the stack would not"
    return [Finding("proxy", state, f"echo {quote(f'MICROSTEP_NO_PROXY={every}')} >> .env", needed=False)]
