"""What the step operator sends, as it sends it; also the beginning of every attempt in tests/escape."""

from socket_proxy.settings import Settings

SETTINGS = Settings("/srv/microstep", 2 * 1024**3, 1.0)
NAME = "microstep-train-2026-11-22"
ID = "4f" * 32


def own(label="/srv/microstep"):
    """What the engine says of a container, as far as the proxy reads it."""
    return {"Id": ID, "Config": {"Labels": {"microstep.root": label}}}


def body(**changed):
    """The operator's body for the step train; `changed` replaces keys at its top."""
    return {
        "Image": "microstep-train",
        "Cmd": ["--day", "2026-11-22"],
        "User": "1000:1000",
        "Env": [
            "MICROSTEP_DATA_ROOT=/data",
            "MICROSTEP_CONFIG=/config/pipeline.toml",
            "MICROSTEP_LOG_FORMAT=text",
            "MLFLOW_TRACKING_URI=http://mlflow:5000",
            "MICROSTEP_IMAGE=sha256:" + "ab" * 32,
        ],
        "Labels": {
            "microstep.root": "/srv/microstep",
            "microstep.step": "train",
            "microstep.day": "2026-11-22",
            "microstep.dag": "train",
            "microstep.run": "scheduled__2026-11-22T02:00:00+00:00",
            "microstep.task": "train",
            "microstep.try": "1",
        },
        "ExposedPorts": {},
        "Tty": False,
        "OpenStdin": False,
        "StdinOnce": False,
        "AttachStdin": False,
        "AttachStdout": True,
        "AttachStderr": True,
        "NetworkDisabled": False,
        "HostConfig": host(),
    } | changed


def host(**changed):
    """The host part of the operator's body; `changed` replaces keys of it."""
    return {
        "NetworkMode": "microstep-steps",
        "Mounts": [
            {"Type": "bind", "Source": "/srv/microstep/data", "Target": "/data", "ReadOnly": False},
            {
                "Type": "bind",
                "Source": "/srv/microstep/pipeline.toml",
                "Target": "/config/pipeline.toml",
                "ReadOnly": True,
            },
            login("train"),
        ],
        "Memory": 2 * 1024**3,
        "MemorySwap": 2 * 1024**3,
        "NanoCpus": 1_000_000_000,
        "CpuShares": 1024,
        "PidsLimit": 512,
        "Init": True,
        "ReadonlyRootfs": True,
        "CapDrop": ["ALL"],
        "SecurityOpt": ["no-new-privileges"],
        "Tmpfs": {"/tmp": "rw,nosuid,nodev,noexec,size=512m,mode=1777"},
        "PortBindings": {},
        "Ulimits": [],
        "LogConfig": {"Type": "local", "Config": {"max-size": "1g", "max-file": "2", "compress": "false"}},
    } | changed


def login(step):
    """The mount of a step's own log-in to MLflow."""
    return {"Type": "volume", "Source": f"microstep_registry-{step}", "Target": "/run/registry", "ReadOnly": True}


def other(step, network, *, registry=False, **changed):
    """The body of another step than train."""
    made = body(Image=f"microstep-{step}", **changed)
    made["Labels"]["microstep.step"] = step
    made["HostConfig"]["NetworkMode"] = network
    made["HostConfig"]["Mounts"][2:] = [login(step)] if registry else []
    if not registry:
        made["Env"].remove("MLFLOW_TRACKING_URI=http://mlflow:5000")
    return made
