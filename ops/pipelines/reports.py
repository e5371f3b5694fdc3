"""Write data/index.html: each pipeline with its newest report and the page that lists all of its own."""

from __future__ import annotations

import html
import os
import sys
import time
from pathlib import Path
from urllib.parse import quote

from checkout.ending import end_tidily_when_asked_to
from checkout.settings import ROOT

from pipelines.places import all_of, data_of

PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<title>Microstep: reports of all pipelines</title>
<style>body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 50rem; padding: 0 1rem }}
table {{ border-collapse: collapse; width: 100% }}
th, td {{ text-align: left; padding: .4rem .6rem; border-bottom: 1px solid #ccc }}</style>
<h1>Reports of all pipelines</h1>
<table>
<tr><th>Pipeline<th>Newest training<th>Newest predictions
{rows}
</table>
<p>As of {now}; make reports writes it again.</p>
"""


def write_index(root: Path = ROOT) -> Path | None:
    """The page, whole or as it was; None where pipeline.toml is the only one, whose own page lists all."""
    pipelines = all_of(root)
    if pipelines == ("",):
        return None
    page, staged = root / "data" / "index.html", root / "data" / ".index.html"
    rows = "\n".join(_row(name, data_of(name, root)) for name in pipelines)
    staged.write_text(PAGE.format(rows=rows, now=time.strftime("%Y-%m-%d %H:%M")), encoding="utf-8")
    os.replace(staged, page)
    return page


def refresh_index() -> None:
    """The same beside other work, which goes on where the page cannot be written: data/ may be somebody else's."""
    try:
        write_index()
    except OSError as error:
        print(f"data/index.html: cannot be written, so it stays as it is: {error.strerror}", file=sys.stderr)


def _row(name: str, data: Path) -> str:
    index = data / "reports" / "index.html"
    title = (
        f'<a href="{quote(name)}/reports/index.html">{html.escape(name)}</a>' if index.exists() else html.escape(name)
    )
    return f"<tr><td>{title}" + "".join(f"<td>{_newest(name, data, kind)}" for kind in ("train", "predict"))


def _newest(name: str, data: Path, kind: str) -> str:
    days = sorted(path.parent.name for path in (data / "reports" / kind).glob("*/manifest.json"))
    if not days:
        return "none yet"
    pages = sorted((data / "reports" / kind / days[-1]).glob("*.html"))
    if not pages:
        return days[-1]
    return f'<a href="{quote(pages[-1].relative_to(data.parent).as_posix())}">{days[-1]}</a>'


def main() -> int:
    """Write it, and say where."""
    end_tidily_when_asked_to()
    page = write_index()
    print(page or f"{ROOT / 'data/reports/index.html'}, which the steps write")
    return 0


if __name__ == "__main__":
    sys.exit(main())
