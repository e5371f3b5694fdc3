"""Whose the stack on the engine is: its containers by the place that they were started from, its volumes by its id."""

from __future__ import annotations

from pathlib import Path
from shlex import quote

from archives.archive import in_volume
from stack_id import IN_DATA, IN_VOLUME, TYPE, Mark, read_mark, read_text, refusal

from checkout.compose import docker, volume, volumes
from checkout.ending import CONFIGURATION, refuse
from checkout.settings import ROOT, USUAL_PROJECT, beside, project, same_directory

_PROJECT = "com.docker.compose.project"


def containers_must_be_ours() -> None:
    """End this program when the stack on the engine is another checkout's, or ours under another name.

    Nothing of the first is ours to stop or to copy, and a second one beside ours would work in the same data/.
    """
    form = f'{{{{.Label "{_PROJECT}.working_dir"}}}}'
    directories = docker("ps", "--all", f"--filter=label={_PROJECT}={project()}", f"--format={form}").stdout
    # a container of one of our images that compose did not start has the project's label, but no place
    if others := sorted(
        {directory for directory in directories.splitlines() if directory and not same_directory(directory)}
    ):
        refuse(
            CONFIGURATION,
            f"the stack on this engine belongs to {', '.join(others)}, this checkout is {ROOT}; type there: make down"
            "\n(was that folder moved here? then type here: docker compose down --remove-orphans;"
            f" to have both, each with a stack of its own: {beside()})",
        )
    if names := other_names():
        refuse(CONFIGURATION, f"MICROSTEP_PROJECT: {why_another_name(names)}{TYPE}{stop_other_names(names)}")


def other_names() -> tuple[str, ...]:
    """Names, other than the one of now, under which the engine has containers that were started from this checkout."""
    form = "\t".join(f'{{{{.Label "{label}"}}}}' for label in (_PROJECT, f"{_PROJECT}.config_files"))
    lines = docker("ps", "--all", f"--filter=label={_PROJECT}.config_files", f"--format={form}").stdout.splitlines()
    found = dict(line.split("\t") for line in lines)
    ours = {name for name, files in found.items() if _is_our_file(files.partition(",")[0])}
    return tuple(sorted(ours - {project()}))


def _is_our_file(path: str) -> bool:
    file = Path(path)
    return file.name == "docker-compose.yml" and same_directory(str(file.parent))


def why_another_name(names: tuple[str, ...]) -> str:
    """What is wrong where the name was changed while a stack was there."""
    return f"is {project()}, but this checkout's stack is on the engine under the name {', '.join(names)}"


def stop_other_names(names: tuple[str, ...]) -> str:
    """What to type then."""
    stop = "; ".join(f"MICROSTEP_PROJECT={name} make down" for name in names)
    return f"{stop} (or, to go on with it: {_name_again(names[0])})"


def _name_again(name: str) -> str:
    forget = "sed -i /MICROSTEP_PROJECT/d .env"
    if name == USUAL_PROJECT:
        return forget
    again = f"echo MICROSTEP_PROJECT={name} >> .env"
    return again if project() == USUAL_PROJECT else f"{forget}; {again}"


def must_be_ours() -> Mark | None:
    """End this program when containers or volumes are another checkout's; returns what the volumes say of themselves.

    None when there are no volumes yet.
    """
    containers_must_be_ours()
    mark = volumes_mark()
    if mark is not None and (words := why_not_ours(mark)):
        refuse(CONFIGURATION, f"{words}\n(to have both, each with a stack of its own: {beside()})")
    if words := why_others_are_ours(mark):
        refuse(CONFIGURATION, words)
    return mark


def why_others_are_ours(mark: Mark | None) -> str:
    """Why volumes that are not there, or say nothing, are not ours: data/ has those of another name; else empty.

    A `docker compose run` under a new name has compose make such volumes.
    """
    if (mark is not None and mark.stack) or not (own := own_id()):
        return ""
    there = set(docker("volume", "ls", "--format={{.Name}}").stdout.split())
    stacks = {name.removesuffix("_secrets") for name in there if name.endswith("_secrets")} - {project()}
    for stack in sorted(stacks):
        # other programs have volumes of that name, too, and those are not ours to look into
        if volume("mlflow-artifacts", stack) in there and _mark_of(stack).stack == own:
            return (
                f"MICROSTEP_PROJECT: is {project()}, but data/ belongs to the volumes of {stack}, with its databases"
                f"{TYPE}{_name_again(stack)} (to rename a stack: make backup, then make restore with the new name;"
                " data/ is a copy? then: rm data/.stack)"
            )
    return ""


def volumes_mark() -> Mark | None:
    """What the volumes say; None when there are none."""
    if "secrets" not in volumes():
        return None
    return _mark_of(project())


def _mark_of(stack: str) -> Mark:
    show = f"if [ -e /volume/{IN_VOLUME} ]; then cat /volume/{IN_VOLUME}; fi"
    return read_mark(docker(*in_volume("secrets", "ro", "sh", "-c", show, of=stack)[1:]).stdout)


def own_id() -> str:
    """The id in data/, empty when it has none; ends this program when it cannot be read."""
    try:
        return read_text(ROOT / "data" / IN_DATA).strip()
    except OSError as error:
        refuse(CONFIGURATION, f"data/{IN_DATA}, the id of the stack, cannot be read: {error}")


def why_not_ours(mark: Mark) -> str:
    """Why these volumes are not this checkout's, and what to do; empty when they are."""
    own = own_id()
    return refusal(own, mark, str(ROOT)) or _why_a_copy(own, mark)


def _why_a_copy(own: str, mark: Mark) -> str:
    """A checkout that was copied with its data/ has the id of the first one, which is still there."""
    if not own or not mark.home or same_directory(mark.home):
        return ""
    first = Path(mark.home) / "data"
    try:
        copied = read_text(first / IN_DATA).strip() == own and not first.samefile(ROOT / "data")
    except OSError:  # what cannot be looked at is not there for us: moved here, or the path is of another machine
        return ""
    if not copied:
        return ""
    return (
        f"data/ here and {first} have the same stack id {own}: one is a copy of the other. The volumes on this engine"
        f" were last up in {mark.home}{TYPE}make -C {quote(mark.home)} up (or, if this is the one to go on with:"
        f" rm {quote(str(first / IN_DATA))})"
    )


def word_of_adoption(mark: Mark | None) -> str:
    """What to tell when data/ and volumes are about to be taken for one stack, though no id says so; else empty."""
    own = own_id()
    if mark is not None and not mark.stack:
        return f"the volumes have no stack id yet: they are taken for this checkout's, and get {own or 'one'} now"
    if mark is None and not own and any(path.name != ".gitignore" for path in (ROOT / "data").iterdir()):
        return "data/ has no stack id yet: it gets one now, together with the new volumes"
    return ""
