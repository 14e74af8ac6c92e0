"""Take the pictures in docs/screenshots/ of a finished study's report.

    snakemake --cores 2 && python docs/screenshots.py

Needs Chromium; uses the report of the default study.
"""

import shutil
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
REPORT = ROOT / "reports" / "report.html"
FOLDER = ROOT / "docs" / "screenshots"

DESK: ViewportSize = {"width": 1100, "height": 900}
PHONE: ViewportSize = {"width": 360, "height": 740}

PARTS = {
    "finding": "[id='finding-shampoo.E6']",
    "forecasts": "section[aria-labelledby='forecasts-shampoo']",
    "pairs": "section[aria-labelledby='pairs-shampoo']",
    "trust": "section[aria-labelledby='trust-shampoo']",
}
"""Picture -> the part of the page that it shows."""


def open_report(browser: Browser, size: ViewportSize, scheme: Literal["light", "dark"]) -> Page:
    """The report in a window of this size, from its verdicts on."""
    page = browser.new_context(viewport=size, color_scheme=scheme).new_page()
    page.goto(f"{REPORT.as_uri()}#verdicts-shampoo")
    return page


def main() -> None:
    """Take every picture."""
    FOLDER.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox"]
        )
        light, dark = open_report(browser, DESK, "light"), open_report(browser, DESK, "dark")
        light.screenshot(path=FOLDER / "verdicts.png")
        dark.screenshot(path=FOLDER / "verdicts-dark.png")
        for name, part in PARTS.items():
            light.locator(part).screenshot(path=FOLDER / f"{name}.png")
        phone = open_report(browser, PHONE, "light")
        phone.screenshot(path=FOLDER / "phone.png")
        browser.close()


if __name__ == "__main__":
    main()
