"""Ways to ask for a container that can do more than a step: (name, body), each a step's body with something in it."""

import json
from copy import deepcopy

from sample import other

PLAIN = other("preprocess", "none")
NAME = "microstep-preprocess-2026-11-22"


def _host(**more):
    body = deepcopy(PLAIN)
    body["HostConfig"] |= more
    return json.dumps(body)


def _top(**more):
    return json.dumps(deepcopy(PLAIN) | more)


def _mount(**more):
    return _host(Mounts=[*PLAIN["HostConfig"]["Mounts"], {"Type": "bind", "Target": "/x", **more}])


def _spelled(key: str, value: str) -> str:
    """The step's body with one more key in its host part, in the very letters given."""
    return json.dumps(PLAIN).replace('"CpuShares"', f'"{key}": {value}, "CpuShares"')


TEXT = json.dumps(PLAIN)
VOLUMES = {"microstep_secrets", "microstep_registry-train", "microstep-escape-made"}
"""Those that a way names: the engine makes the ones that are not there."""
ROOT = "/srv/microstep"
"""Stands for the checkout; the tests put the real one in its place."""

BODIES = {
    # what is asked for plainly
    "privileged": _host(Privileged=True),
    "an added capability": _host(CapAdd=["SYS_ADMIN"]),
    "all capabilities": _host(CapAdd=["ALL"]),
    "no capability dropped": _host(CapDrop=[]),
    "no security options": _host(SecurityOpt=[]),
    "no seccomp": _host(SecurityOpt=["no-new-privileges", "seccomp=unconfined"]),
    "no apparmor": _host(SecurityOpt=["no-new-privileges", "apparmor=unconfined"]),
    "paths unmasked": _host(SecurityOpt=["no-new-privileges", "systempaths=unconfined"]),
    "masked paths emptied": _host(MaskedPaths=[], ReadonlyPaths=[]),
    "the host's processes": _host(PidMode="host"),
    "the host's shared memory": _host(IpcMode="host"),
    "the host's name": _host(UTSMode="host"),
    "the host's users": _host(UsernsMode="host"),
    "another control group": _host(CgroupParent="/system.slice"),
    "the host's network": _host(NetworkMode="host"),
    "the default network": _host(NetworkMode="bridge"),
    "another container's network": _host(NetworkMode="container:microstep-escape-bystander"),
    "another container's processes": _host(PidMode="container:microstep-escape-bystander"),
    "another container's volumes": _host(VolumesFrom=["microstep-escape-bystander"]),
    "a bind of the root": _host(Binds=["/:/host"]),
    "a bind of the socket": _host(Binds=["/var/run/docker.sock:/var/run/docker.sock"]),
    "a named volume": _host(Binds=["microstep_secrets:/x"]),
    "another step's log-in to MLflow": _mount(Type="volume", Source="microstep_registry-train", Target="/run/registry"),
    "a mount of the root": _mount(Source="/"),
    "a mount above the checkout": _mount(Source=f"{ROOT}/data/../.."),
    "a mount of all secrets": _mount(Source=f"{ROOT}/secrets"),
    "a mount of the checkout": _mount(Source=ROOT),
    "the root in place of the data": TEXT.replace(f'"{ROOT}/data"', '"/"'),
    "the configuration writable": TEXT.replace('"ReadOnly": true', '"ReadOnly": false'),
    "a shared mount": _mount(Source="/", BindOptions={"Propagation": "rslave"}),
    "a volume whose driver binds": _host(
        Mounts=[
            *PLAIN["HostConfig"]["Mounts"],
            {
                "Type": "volume",
                "Source": "microstep-escape-made",
                "Target": "/x",
                "VolumeOptions": {
                    "DriverConfig": {"Name": "local", "Options": {"type": "none", "o": "bind", "device": "/"}}
                },
            },
        ]
    ),
    "an anonymous volume": _top(Volumes={"/x": {}}),
    "a device": _host(Devices=[{"PathOnHost": "/dev/null", "PathInContainer": "/dev/x", "CgroupPermissions": "rwm"}]),
    "a rule for devices": _host(DeviceCgroupRules=["b 8:* rwm"]),
    "a graphics card": _host(DeviceRequests=[{"Count": -1, "Capabilities": [["gpu"]]}]),
    "another runtime": _host(Runtime="io.containerd.runc.v2"),
    "a kernel setting": _host(Sysctls={"net.ipv4.ip_forward": "1"}),
    "a group more": _host(GroupAdd=["0"]),
    "root": _top(User="0:0"),
    "root by name": _top(User="root"),
    "root by zeros": _top(User="00:00"),
    "a writable root": _host(ReadonlyRootfs=False),
    "another program": _top(Entrypoint=["sh", "-c", "id"]),
    "a preloaded library": _top(Env=[*PLAIN["Env"], "LD_PRELOAD=/data/evil.so"]),
    "a start-up file": _top(Env=[*PLAIN["Env"], "PYTHONSTARTUP=/data/evil.py"]),
    "a health check that runs": _top(Healthcheck={"Test": ["CMD-SHELL", "id"], "Interval": 1000000000}),
    "another image": _top(Image="debian:trixie-slim"),
    "the image of the proxy": _top(Image="microstep-socket-proxy"),
    "no bound for memory": _host(Memory=0, MemorySwap=0),
    "more memory": _host(Memory=2**40, MemorySwap=2**40),
    "swap without end": _host(MemorySwap=-1),
    "more processors": _host(NanoCpus=0),
    "no bound for processes": _host(PidsLimit=-1),
    "no end when memory ends": _host(OomKillDisable=True),
    "a published port": _host(PortBindings={"80/tcp": [{"HostIp": "0.0.0.0", "HostPort": "0"}]}, PublishAllPorts=True),
    "a restart for ever": _host(RestartPolicy={"Name": "always"}),
    "an open input": _top(OpenStdin=True, AttachStdin=True),
    "logs to another machine": _host(LogConfig={"Type": "syslog", "Config": {"syslog-address": "udp://127.0.0.1:9"}}),
    "names of other hosts": _host(ExtraHosts=["mlflow:10.0.0.1"]),
    "a second network": _top(NetworkingConfig={"EndpointsConfig": {"bridge": {}, "host": {}}}),
    # what a filter that reads the raw text would miss
    "small letters": TEXT.replace('"HostConfig"', '"hostconfig": {"Privileged": true}, "HostConfig"'),
    "small letters inside": _spelled("privileged", "true"),
    "a key given twice": TEXT.replace('"HostConfig"', '"HostConfig": {"Privileged": true}, "HostConfig"'),
    "a key given twice, the last one wins": _spelled("Privileged", 'false, "Privileged": true'),
    "two spellings side by side": _spelled("Privileged", 'false, "privileged": true'),
    "an escaped letter": _spelled("\\u0050rivileged", "true"),
    "an escaped letter in a list": TEXT.replace('"CapDrop": ["ALL"]', '"CapAdd": ["\\u0041LL"], "CapDrop": ["ALL"]'),
    "a letter that folds": _spelled("Pid\\u004dode", '"host"'),
    "a sign that folds to k": TEXT.replace(
        '"NetworkMode": "none"', '"NetworkMode": "none", "Networ\u212aMode": "host"'
    ),
    "blank space": json.dumps(json.loads(_host(Privileged=True)), indent="\t").replace('": ', '"\n\t:\n'),
}
