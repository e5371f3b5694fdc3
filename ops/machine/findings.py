"""What `doctor` asks a machine and its engine, and what it tells about each answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Finding:
    """What was looked at, its state, and what to type when that must or should change."""

    subject: str
    state: str
    remedy: str = ""
    needed: bool = True

    @property
    def lacks(self) -> bool:
        """Whether nothing starts like this."""
        return bool(self.remedy) and self.needed


@dataclass(frozen=True)
class Engine:
    """What the container engine says of itself; `trouble` is its last word when it says nothing else."""

    command: bool = True
    trouble: str = ""
    version: str = ""
    compose: str = ""
    buildx: str = ""
    init: bool = True
    memory: int = 0
    cpus: int = 0
    images: tuple[str, ...] = ()
    published: frozenset[int] = frozenset()
    others: tuple[str, ...] = ()
    """Other checkouts whose stack the engine has."""
    names: tuple[str, ...] = ()
    """Other names under which it has this checkout's stack."""
    foreign_volumes: str = ""
    """Why the volumes are not this checkout's, with what to do."""
    volumes_of_data: str = ""
    """Why there must not be new volumes, with what to do: data/ has some under another name."""
    rootless: bool = False
    """Its root is an ordinary user of the machine."""
    limits: bool = True
    """It can limit memory and processors."""
    cgroups: str = "2"
    """The version that it uses; with 1 no delegation gives limits to a rootless engine."""
    socket: str = ""
    """The path of the socket that the docker command talks to; empty for an address."""


@dataclass(frozen=True)
class Machine:
    """What the machine says of itself."""

    python: tuple[int, int]
    has_venv: bool
    free_disk: int
    closed_files: tuple[str, ...] = ()
    ports: dict[str, int] = field(default_factory=dict)
    taken: frozenset[int] = frozenset()
    wrong: str = ""
    """What is wrong with pipeline.toml; empty when nothing is."""
    pipelines: tuple[str, ...] = ()
    """Those that have files in pipelines/; none where pipeline.toml is the only one."""
    wrong_pipelines: Mapping[str, str] = field(default_factory=dict)
    """What is wrong with their files, by file."""
    migrating: str = ""
    """The pipeline whose migration has not come to its end."""
    root: str = ""
    """This checkout."""
    home: str = ""
    """What MICROSTEP_HOST_ROOT says that it is, if it is set."""
    home_is_here: bool = False
    home_from: str = ".env"
    elsewhere: bool = False
    """The engine sees this checkout under another path, as a person has said."""
    unreadable: str = ""
    """Why .env could not be read."""
    settings: Mapping[str, str] = field(default_factory=dict)
    """The value of each setting that the tools ask for."""
    names: frozenset[str] = frozenset()
    """Of the settings in .env."""
    known: frozenset[str] = frozenset()
    """Of all settings that are read."""
    typed_project: str = ""
    """The name by which a typed `docker compose` goes, where it is another one than that of make."""
    user: str = ""
    """What MICROSTEP_USER says that steps run as, if it is set."""
    socket: str = ""
    """What MICROSTEP_ENGINE_SOCKET says, if it is set."""
    no_proxy: str = ""
    """What MICROSTEP_NO_PROXY says."""
    clients_no_proxy: str = ""
    """Names that the docker client's configuration keeps out of its proxy; empty without a proxy."""
    restoring: str = ""
    """The backup whose restore has not come to its end."""
