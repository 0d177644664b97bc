"""Take the pictures of the studio's pages that are shown in README, in its guide and where it is installed.

    python scripts/screenshots.py [FOLDER]

Starts a studio with a worker in FOLDER, or else in one that is deleted, paints a few pictures, and opens its
pages in Chromium (`scripts/browser`). What is in the folder already is not painted again.
"""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

import impasto
from impasto.web.routes.site import SITE

ROOT = Path(__file__).parents[1]
sys.path[:0] = [str(ROOT / "benchmarks")]

from studio import served  # noqa: E402

PHOTOS, GALLERY = ROOT / "examples" / "photos", ROOT / "docs" / "gallery"

DESK, PHONE = (1280, 800), (390, 844)
NAME = "Eilean Donan"
LOOKS = {
    "eilean_donan.webp": ("woodblock", "fauve", "harvest_at_la_crau"),
    "coffee.png": ("night_cafe", "watercolour", "mosaic"),
    "chelsea.png": ("pencil", "cubist"),
    "astronaut.png": ("hatching", "church_at_auvers", "flat_shapes"),
}
"""Looks in which photos are painted, for a gallery to be looked at."""


def main() -> None:
    """Paint what is missing, and take the pictures."""
    with tempfile.TemporaryDirectory() as spare:
        folder = sys.argv[1] if len(sys.argv) > 1 else spare
        with studio(Path(folder)) as url, sync_playwright() as playwright:
            job = painted(url)
            path = subprocess.run([ROOT / "scripts" / "browser"], check=True, capture_output=True, text=True)
            browser = playwright.chromium.launch(executable_path=path.stdout.strip(), args=["--no-sandbox"])
            take(browser, url, job)


@contextmanager
def studio(folder: Path) -> Iterator[str]:
    """A running studio; yields its address."""
    process, url = served(folder)
    try:
        yield url
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def painted(url: str) -> str:
    """Paint what is not there yet, and return the job of the picture that is shown alone."""
    client = impasto.Client(url)
    there = {job["name"]: job["id"] for job in client.service.listed()}
    for photo, looks in LOOKS.items():
        for look in looks:
            if (name := f"{Path(photo).stem}, {look}") not in there:
                client.instant(PHOTOS / photo, look, size=720, name=name).wait()
    if NAME not in there:
        painting = ROOT / "examples" / "paintings" / "cafe_terrace_at_night.webp"
        made = client.stylize(PHOTOS / "eilean_donan.webp", painting, size=900, strength=70, name=NAME)
        made.wait()
        there[NAME] = made.id
    return there[NAME]


def take(browser: Browser, url: str, job: str) -> None:
    """Take the pictures of all screens."""
    desk, phone = page_of(browser, DESK), page_of(browser, PHONE)
    for page in (desk, phone):
        page.goto(f"{url}/pictures/{job}")
        page.wait_for_selector(".compare")
    together(shot(desk), shot(phone)).save(GALLERY / "studio.jpg", quality=86)
    for page, name in ((desk, "wide"), (phone, "narrow")):
        shot(page).save(SITE / f"screenshot-{name}.jpg", quality=72)
    for page in (desk, phone):
        page.goto(url)
        page.set_input_files(".stage input[type=file] >> nth=0", PHOTOS / "eilean_donan.webp")
        page.locator(".choice").filter(has_text="Mosaic").first.click()
        page.wait_for_selector(".picture .layer", timeout=120_000)
        page.wait_for_timeout(12_000)  # until every look has its small picture
    together(shot(desk), shot(phone)).save(GALLERY / "studio-new.jpg", quality=86)
    for page in (desk, phone):
        page.goto(f"{url}/gallery")
        page.wait_for_selector(".grid a")
    together(shot(desk), shot(phone)).save(GALLERY / "studio-gallery.jpg", quality=86)


def page_of(browser: Browser, size: tuple[int, int]) -> Page:
    """A page in a window of a size, of a phone if that is narrow."""
    width, height = size
    narrow = width < 600
    options = dict(is_mobile=narrow, has_touch=narrow, device_scale_factor=1.5)
    return browser.new_page(viewport={"width": width, "height": height}, **options)  # type: ignore[arg-type]


def shot(page: Page) -> Image.Image:
    """A picture of what a page shows once it rests."""
    page.wait_for_timeout(1500)
    return Image.open(io.BytesIO(page.screenshot())).convert("RGB")


def together(wide: Image.Image, narrow: Image.Image) -> Image.Image:
    """The windows of a desk and a phone side by side, for a page of text."""
    height, gap = 620, 24
    parts = [one.resize((round(one.width * height / one.height), height)) for one in (wide, narrow)]
    whole = Image.new("RGB", (sum(part.width for part in parts) + gap, height), "white")
    whole.paste(parts[0], (0, 0))
    whole.paste(parts[1], (parts[0].width + gap, 0))
    return whole


if __name__ == "__main__":
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    main()
