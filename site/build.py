#!/usr/bin/env python3
"""Build the site of the documentation into .site/html, with warnings as errors, and serve it on this machine.

The pages are the Markdown files of the checkout, where they are: this stages a copy whose links lead to pages of the
site, and adds the reference, which is made from the code. Nothing in the result is fetched from elsewhere.
"""

from __future__ import annotations

import argparse
import functools
import http.server
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "libs" / "contract"))

import commands_reference as reference  # noqa: E402 - after the contract's path
import diagrams  # noqa: E402
import pages  # noqa: E402
from settings_reference import with_a_heading_for_each_key  # noqa: E402

HERE = ROOT / "site"
_BASE = re.compile(r"^\| (\d+) \| .+? \| (.+?) \|$", re.MULTILINE)


def stage(target: Path) -> None:
    """Write the pages, the reference and the configuration of the site below a directory."""
    docs = target / "pages"
    shutil.rmtree(docs, ignore_errors=True)
    sources = pages.listed()
    for source in sources:
        page = docs / pages.address(source)
        page.parent.mkdir(parents=True, exist_ok=True)
        if source.endswith(".md"):
            page.write_text(_page(source, sources), encoding="utf-8")
        else:
            shutil.copyfile(ROOT / source, page)
    shutil.copytree(HERE / "theme", docs, dirs_exist_ok=True)
    architecture = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    airflow = {int(code): does for code, does in _BASE.findall(architecture)}
    modules = _contract_modules()
    made = {
        "commands": reference.commands(),
        "exit-codes": reference.exit_codes(airflow),
        "make": reference.make_targets((ROOT / "Makefile").read_text(encoding="utf-8")),
        "environment": reference.variables((ROOT / ".env.example").read_text(encoding="utf-8")),
        **{module: f"::: {module}\n" for module in modules},
    }
    (docs / "reference").mkdir()
    for name, text in made.items():
        address = f"reference/{name}.md"
        (docs / address).write_text(pages.with_rank(text, address), encoding="utf-8")
    _write_configuration(target, sources, modules)


def _page(source: str, sources: list[str]) -> str:
    text = (ROOT / source).read_text(encoding="utf-8")
    if source == "docs/configuration.md":
        text = with_a_heading_for_each_key(text)
    text = pages.with_links_of_the_site(text, source, sources)
    return pages.with_rank(diagrams.drawn(text), pages.address(source))


def _contract_modules() -> list[str]:
    """The modules of the contract, by their dotted names; packages stand for what they hold themselves."""
    package = ROOT / "libs" / "contract" / "contract"
    paths = sorted(path.relative_to(package.parent) for path in package.rglob("*.py") if path.name != "__main__.py")
    names = [".".join(path.with_suffix("").parts).removesuffix(".__init__") for path in paths]
    return [name for name in names if name != "contract"]


def _write_configuration(target: Path, sources: list[str], modules: list[str]) -> None:
    settings: dict[str, Any] = yaml.safe_load((HERE / "mkdocs.yml").read_text(encoding="utf-8"))
    settings |= {"docs_dir": str(target / "pages"), "site_dir": str(target / "html")}
    settings["theme"] |= {"custom_dir": str(HERE / "theme")}
    # anchors as in the checkout, where tests/test_docs.py holds the links
    settings["markdown_extensions"]["toc"] = {"permalink": True, "slugify": "SLUG"}
    settings["plugins"]["mkdocstrings"]["handlers"]["python"]["paths"] = [str(ROOT / "libs" / "contract")]
    decisions = [pages.address(source) for source in sources if source.startswith("docs/decisions/")]
    for section in settings["nav"]:
        if "Decisions" in section:
            section["Decisions"] = sorted(decisions, key=lambda page: (not page.endswith("README.md"), page))
        if "Reference" in section:
            section["Reference"].append({"Contract": [{name: f"reference/{name}.md"} for name in modules]})
    text = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
    function = "!!python/object/apply:pymdownx.slugs.slugify {kwds: {case: lower}}"
    (target / "mkdocs.yml").write_text(text.replace("slugify: SLUG", f"slugify: {function}"), encoding="utf-8")


def build(target: Path) -> int:
    """Stage and build; mkdocs ends with another code than 0 when it warns."""
    stage(target)
    mkdocs = Path(sys.executable).with_name("mkdocs")
    # a notice of the theme's authors about another program's next version, which the lock keeps away
    environment = os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    command = [str(mkdocs), "build", "--strict", "--config-file", str(target / "mkdocs.yml")]
    # not --quiet, which would have it overlook the warnings, too
    done = subprocess.run(command, env=environment, check=False, capture_output=True, text=True)
    told = done.stderr.splitlines() if done.returncode else []
    print(*(line for line in told if not line.startswith(("INFO", "DEBUG"))), sep="\n", end="", file=sys.stderr)
    return done.returncode


def serve(html: Path, port: int) -> None:
    """Serve the site on this machine alone until Ctrl-C; port 0 is a free one."""
    handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=str(html))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        print(f"the documentation is at http://127.0.0.1:{server.server_port}/ until Ctrl-C", flush=True)
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            print()


def main() -> int:
    """Build, and serve when asked to."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--to", type=Path, default=ROOT / ".site", metavar="DIR", help="default: .site in the checkout")
    parser.add_argument("--serve", action="store_true", help="serve it afterwards on 127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="of --serve (default: a free one)")
    args = parser.parse_args()
    target: Path = args.to.resolve()
    target.mkdir(parents=True, exist_ok=True)
    if code := build(target):
        return code
    print(f"built {target / 'html' / 'index.html'}")
    if args.serve:
        serve(target / "html", args.port)
    return 0


if __name__ == "__main__":
    sys.exit(main())
