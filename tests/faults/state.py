"""What a data root holds, and whether it is whole."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path


def datasets(root: Path) -> dict[str, tuple[str, ...]]:
    """Each dataset's identity: its fingerprint and the hashes of its files. Fails when one is not as it says."""
    identities = {}
    for path in sorted(root.rglob("manifest.json")):
        manifest = json.loads(path.read_bytes())
        for file in manifest["files"]:
            content = (path.parent / file["path"]).read_bytes()
            assert hashlib.sha256(content).hexdigest() == file["sha256"], f"{path}: {file['path']} is not as it says"
        name = str(path.parent.relative_to(root))
        # pages tell the time at which they were made
        hashes = (file["sha256"] for file in manifest["files"] if file["role"] not in ("page", "verdict", "card"))
        identities[name] = (manifest["fingerprint"], *hashes)
    return identities


def champion(root: Path) -> dict | None:
    """The pointer, without the moment of its promotion; its model must be there, and be as it says."""
    path = root / "models" / "champion.json"
    if not path.exists():
        return None
    pointer = json.loads(path.read_bytes())
    assert hashlib.sha256((root / pointer["file"]).read_bytes()).hexdigest() == pointer["sha256"]
    return {name: pointer[name] for name in ("day", "sha256")}


def ledger(root: Path) -> list[str]:
    """The whole lines' decisions; a line that a crash has torn is none."""
    path = root / "ledger.jsonl"
    lines = path.read_bytes().split(b"\n")[:-1] if path.exists() else []
    return [f"{json.loads(line)['day']} {json.loads(line)['decision']}" for line in lines]


def staging(root: Path) -> list[str]:
    """What a writer has begun and not finished."""
    return sorted(str(path.relative_to(root)) for path in root.rglob(".staging-*"))
