#!/usr/bin/env python3
"""Which parts of the house a change affects, one per line or as JSON, for any CI host.

Where that cannot be told (no such base, a file that no rule below knows) the answer is: all of them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.append(str(ROOT / "ops"))
from checkout.steps import added, library_of, steps  # noqa: E402

# the library that they share, of which generate has the pages; train's and validate's tests talk to a real MLflow
_BESIDE = {
    "generate": ("libs/analysis/analysis/pages/",),
    "train": ("libs/analysis/", "infra/mlflow/"),
    "validate": ("libs/analysis/", "infra/mlflow/"),
    "predict": ("libs/analysis/",),
    **{step: ("libs/analysis/",) for step in added() if library_of(step) == "analysis"},
}

# all steps together
_CHAIN = ("services/", "libs/analysis/", "libs/contract/", "pipeline.toml")

_COMPOSE = (
    *("docker-compose.yml", "docker-compose.tls.yml", "docker-compose.celery.yml", "docker-compose.worker.yml"),
    *("machines/", ".env.example"),
)

# what a part is made from or tested with: folders end in "/", the rest are files; a part is a suite of dev/test
MADE_FROM: dict[str, tuple[str, ...]] = {
    # its boundary test counts the users of every name
    "contract": ("libs/contract/", "libs/analysis/", "pipeline.toml", "services/", "airflow/"),
    **{step: (f"services/{step}/", "libs/contract/", "pipeline.toml", *_BESIDE.get(step, ())) for step in steps()},
    # its tests let whole DAGs run, with the steps' own code, and ask the socket proxy about each step's container
    "airflow": (
        *("airflow/", "libs/analysis/", "libs/contract/", "pipeline.toml", "services/", "infra/socket-proxy/"),
        # a validator of JSON Schema is among its packages
        "pipeline.schema.json",
    ),
    "analysis": ("libs/analysis/", "libs/contract/"),
    "mlflow": ("infra/mlflow/", "infra/images/"),
    "socket-proxy": ("infra/socket-proxy/", "infra/images/"),
    "escape": ("infra/socket-proxy/", "tests/escape/", "airflow/microstep_airflow/operators/docker_client.py"),
    # its tests type the commands of the Makefile, in copies of the checkout
    "dev": (
        "dev/",
        "ops/",
        "microstep",
        "VERSION",
        "demo/",
        "bench/",
        "infra/airgap/",
        "infra/postgres/",
        "docker-compose.yml",
        "docker-compose.celery.yml",
        "docker-compose.worker.yml",
        "infra/gateway/",
        "machines/",
        "pipelines/",
        "secrets/",
        ".env.example",
        "tests/workflows/",
    ),
    "scaling": ("bench/scaling/",),
    # its reference is made from these, and its tests walk the tutorial
    "site": ("site/", "docs/images/", *_CHAIN, "demo/", "ops/", ".env.example"),
    "demo": (
        *_CHAIN,
        "airflow/",
        "infra/mlflow/",
        "demo/",
        "ops/",
        "microstep",
        "tests/test_demo.py",
        "tests/test_try.py",
        "tests/test_launch.py",
    ),
    "faults": (*_CHAIN, "tests/faults/"),
    # it runs the steps as tests/faults does
    "oracle": (*_CHAIN, "tests/oracle/", "tests/faults/"),
    "compatibility": (
        *_CHAIN,
        *("airflow/microstep_airflow/", "infra/mlflow/", "ops/keeper.py", "tests/compatibility/"),
    ),
    "browser": (*_CHAIN, "airflow/microstep_airflow/", "tests/browser/", "tests/faults/"),
    "notebooks": (*_CHAIN, "notebooks/", "tests/notebook/"),
    "conformance": (*_CHAIN, "tests/conformance/"),
    "end-to-end": (
        *(*_CHAIN, "airflow/", "infra/", "ops/", "demo/"),
        *_COMPOSE,
        *(
            "data/",
            "pipelines/",
            "secrets/",
            "tests/end_to_end/",
        ),
    ),
    "gateways": ("infra/gateway/", "infra/airgap/valkey/", "ops/", *_COMPOSE, "tests/machines/"),
    "machines": (*_CHAIN, "airflow/", "infra/", "ops/", *_COMPOSE, "tests/machines/"),
    # a step is added to a copy of the checkout, tested there as any other, and its image is run
    "growth": (
        *(*_CHAIN, "airflow/", "infra/socket-proxy/", "docker-compose.yml", "ops/checkout/"),
        *("tests/conformance/", "tests/test_docs.py", "tests/growth/"),
    ),
    "docs": ("docs/", "LICENSE", ".gitignore", "tests/test_docs.py", "tests/test_your_own_data.py"),
}
# these can change how any part is built or tested
FOR_ALL = (".github/", ".ci/", "dev/", "infra/images/install", "infra/images/uv.txt", "pyproject.toml", "Makefile")
# a page is read by people, by the docs' own test, and by the site, wherever it lies
PAGE = ".md"


def affected(paths: Iterable[str]) -> list[str]:
    """The parts that a change to these paths affects, in the order of MADE_FROM.

    `docs` is affected by every change: its test holds the pages against the code.
    """
    parts: set[str] = set()
    for path in paths:
        parts.add("docs")
        if path.endswith(PAGE):
            parts.add("site")
            continue
        users = {part for part, sources in MADE_FROM.items() if _among(path, sources)}
        if not users or _among(path, FOR_ALL):
            return list(MADE_FROM)
        parts |= users
    return [part for part in MADE_FROM if part in parts]


def changed_paths(base: str, head: str) -> list[str] | None:
    """The paths that differ between `head` and where it left `base`; None when git cannot tell.

    A renamed file counts under both of its names.
    """
    command = ["git", "diff", "--name-only", "--no-renames", "-z", "--end-of-options", f"{base}...{head}"]
    done = subprocess.run(command, check=False, capture_output=True)
    if done.returncode != 0:
        return None
    return [path.decode(errors="surrogateescape") for path in done.stdout.split(b"\0") if path]


def main(argv: Sequence[str] | None = None) -> int:
    """Print the parts; always succeeds, so that a job which asks never blocks a merge."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True, metavar="REV", help="the revision to compare with")
    parser.add_argument("--head", default="HEAD", metavar="REV", help="the changed revision (default: HEAD)")
    parser.add_argument("--format", choices=("lines", "json"), default="lines", help="json: one list on one line")
    args = parser.parse_args(argv)
    paths = changed_paths(args.base, args.head) if args.base else None  # git takes "" for HEAD
    if paths is None:
        print(f"affected.py: git cannot compare {args.base!r} with {args.head!r}: all parts", file=sys.stderr)
    parts = list(MADE_FROM) if paths is None else affected(paths)
    print(json.dumps(parts) if args.format == "json" else "\n".join(parts))
    return 0


def _among(path: str, sources: Iterable[str]) -> bool:
    return any(path.startswith(source) if source.endswith("/") else path == source for source in sources)


if __name__ == "__main__":
    sys.exit(main())
