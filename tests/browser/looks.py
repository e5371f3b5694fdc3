"""The ways in which a page is looked at."""

import os
from pathlib import Path

LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1100, "height": 900}},
    "dark": {"color_scheme": "dark", "viewport": {"width": 1100, "height": 900}},
    "phone": {"color_scheme": "light", "viewport": {"width": 390, "height": 844}},
}
SHOTS = os.environ.get("MICROSTEP_SHOTS")


def look_at(browser, file, look, shot):
    """The page of a file, with what it asked for and said; MICROSTEP_SHOTS is a folder for a picture of it."""
    page = browser.new_page(**LOOKS[look])
    page.noticed = []
    page.on("console", lambda message: page.noticed.append(message.text))
    page.on("pageerror", lambda error: page.noticed.append(str(error)))
    page.on(
        "request",
        lambda asked: page.noticed.append(asked.url) if asked.url not in (file.as_uri(), "data:,") else None,
    )
    page.goto(file.as_uri())
    if SHOTS:
        page.screenshot(path=Path(SHOTS, f"{shot}-{look}.png"), full_page=True)
    return page


def assert_readable_in_light_and_dark(open_in):
    """Ink and paper are far apart in both, and the other way round."""
    colours = []
    for look in ("light", "dark"):
        page = open_in(look)
        colours.append(
            page.evaluate("[getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor]")
        )
        page.close()
    (ink, paper), (dark_ink, dark_paper) = colours
    assert (_brightness(paper) - _brightness(ink)) > 150
    assert (_brightness(dark_ink) - _brightness(dark_paper)) > 150


def _brightness(colour):
    return sum(int(part) for part in colour.split("(")[1].rstrip(")").split(",")[:3]) / 3
