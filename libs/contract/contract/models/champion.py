"""The pointer to the champion, and the names that it has in the registry."""

from __future__ import annotations

from pathlib import Path

import msgspec

from contract.atomic import replace_file
from contract.datasets.files import sha256_of
from contract.datasets.manifest import Manifest
from contract.errors import DataError, MissingInput
from contract.models.trained_for import TrainedFor
from contract.pretty_json import pretty_json

CHAMPION = "champion"
CHALLENGER = "challenger"
TRAINED_FOR = "trained_for"
"""Where a training's manifest, in its notes, and a registered version, in a tag, have the record."""
_TAG = 5000
"""Characters that every MLflow takes in a tag. A longer record (hundreds of columns) is no tag; the ledger has it."""


class Champion(msgspec.Struct, frozen=True, kw_only=True):
    """A model that may be put in use.

    The same fields are the tags of its version in the registry (all but `version`), so that
    either alone is enough to find the file and to check it before it is opened.
    """

    day: str
    """The training day."""
    file: str
    """The model file, relative to the data root."""
    sha256: str
    """Of the model file."""
    manifest: str
    """Identity of the model's manifest."""
    sklearn: str
    """The scikit-learn version that wrote the file."""
    signature: str | None = None
    """The model file's, by `contract.models.model_file`; None when it was written without a key."""
    version: str | None = None
    """The registry's version number; None where no registry was in use."""
    trained_for: TrainedFor | None = None
    """What it is about; None when it was trained before there were records."""

    @property
    def label(self) -> str:
        """As predictions and messages name it: training day and version."""
        return self.day if self.version is None else f"{self.day} v{self.version}"

    @classmethod
    def of(cls, dataset: str, manifest: Manifest) -> Champion:
        """The model that train described in a manifest; `dataset` is its directory, relative to the data root."""
        (file,) = manifest.named("model")
        return cls(
            day=manifest.day,
            file=f"{dataset}/{file.path}",
            sha256=file.sha256,
            manifest=manifest.identity,
            sklearn=manifest.notes["sklearn"],
            signature=manifest.notes.get("signature"),
            version=manifest.run.get("version"),
            trained_for=about_of(manifest),
        )

    def same_as(self, other: Champion) -> bool:
        """The same file from the same training, whatever number a registry gave it."""
        return (self.sha256, self.manifest) == (other.sha256, other.manifest)

    def is_here(self, root: Path) -> bool:
        """Whether the model's file lies below a data root, with its content."""
        path = root / self.file
        return path.is_file() and sha256_of(path) == self.sha256

    def tags(self) -> dict[str, str]:
        """The fields as tags of the registered version; what it is about as JSON, unless that is too long for a tag."""
        fields = msgspec.to_builtins(self)
        del fields["version"], fields[TRAINED_FOR]
        tags = {name: value for name, value in fields.items() if value is not None}
        about = msgspec.json.encode(self.trained_for).decode()
        return tags if self.trained_for is None or len(about) > _TAG else tags | {TRAINED_FOR: about}

    @classmethod
    def from_tags(cls, tags: dict[str, str], version: str) -> Champion:
        """The champion that a registered version describes. Raises DataError when a tag is missing or wrong."""
        names = set(cls.__struct_fields__) - {"version", TRAINED_FOR}
        if missing := sorted(names - {"signature"} - set(tags)):
            raise DataError(f"registry: version {version} must carry the tags {', '.join(missing)}")
        try:
            about = msgspec.json.decode(tags.get(TRAINED_FOR, "null"), type=TrainedFor | None)
        except msgspec.MsgspecError as error:
            raise DataError(f"registry: version {version}: the tag {TRAINED_FOR} is damaged: {error}") from None
        return cls(**{name: tags[name] for name in names if name in tags}, version=version, trained_for=about)


def about_of(manifest: Manifest) -> TrainedFor | None:
    """The record in a training's manifest of what its model is about; None from a version that wrote none."""
    return msgspec.convert(manifest.notes.get(TRAINED_FOR), TrainedFor | None)


class Pointer(Champion, frozen=True, kw_only=True):
    """The content of models/champion.json."""

    line: str | None = None
    """Hash of the ledger's line that put it there."""


def read_champion(path: Path) -> Champion:
    """The pointer's champion; raises as `read_pointer` does."""
    pointer = read_pointer(path)
    return Champion(**{name: getattr(pointer, name) for name in Champion.__struct_fields__})


def read_pointer(path: Path) -> Pointer:
    """The pointer at `path`. Raises MissingInput when there is none, DataError when it is damaged."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Pointer)
    except FileNotFoundError:
        raise MissingInput(f"{path}: no champion yet; run train and validate first") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise DataError(
            f"{path}: not a champion pointer: {error}; remove it: validate writes it again from the ledger"
        ) from None


def write_champion(path: Path, champion: Champion) -> None:
    """Put the pointer in place in one rename."""
    replace_file(path, pretty_json(champion))
