"""The links of a trace for people, one a line, indented by depth."""

from __future__ import annotations

from contract.visible import visible
from predict.trace.links import Link


def tree(links: list[Link]) -> str:
    """The lines: state, subject, detail."""
    rows = [(link, visible(link.subject)) for link in links]
    width = max(len(subject) + 2 * link.depth for link, subject in rows)
    return "\n".join(
        f"{link.state:<9}{'  ' * link.depth}{subject.ljust(width - 2 * link.depth)}  {visible(link.detail)}".rstrip()
        for link, subject in rows
    )
