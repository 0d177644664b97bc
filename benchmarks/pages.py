"""The studio's pages in a real browser: how soon they answer, and how smoothly they move.

    python benchmarks/pages.py [--pictures 5000]

Needs Playwright and Chromium (`scripts/browser`). A studio of its own in a temporary folder. Prints how soon
a tap is answered, the seconds from an upload of 12 megapixels to the first glance and to the first preview of
a sketch, the largest contentful paint with the processor slowed four times, and the longest frames while a
gallery of many pictures is scrolled to its end.
"""

from __future__ import annotations

import argparse
import signal
import subprocess
import tempfile
import time
from pathlib import Path

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

import impasto
from studio import PHOTO, fill, ms, served

ROOT = Path(__file__).parents[1]
PHONE = {"width": 390, "height": 844}

WATCH = """() => {
  window.taps = []; window.frames = []; window.paints = [];
  const note = (list, value) => (found) => found.getEntries().forEach((one) => list.push(value(one)));
  const watch = (list, value, type, more) =>
    new PerformanceObserver(note(list, value)).observe({ type, ...more });
  watch(taps, (one) => one.duration, "event", { durationThreshold: 16, buffered: true });
  watch(paints, (one) => one.startTime, "largest-contentful-paint", { buffered: true });
  watch(frames, (one) => one.duration, "long-animation-frame", {});
}"""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pictures", type=int, default=5000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        data = Path(folder) / "data"
        server, url = served(data)
        path = subprocess.run([ROOT / "scripts" / "browser"], check=True, capture_output=True, text=True)
        browser = playwright.chromium.launch(executable_path=path.stdout.strip(), args=["--no-sandbox"])
        try:
            with impasto.Client(url) as client:
                client.instant(PHOTO, "mosaic", size=512).wait()
            print(f"Chromium {browser.version}")
            _upload(browser, url, Path(folder))
            _first_paint(browser, url)
            fill(data, options.pictures)
            _scroll(browser, url, options.pictures)
        finally:
            browser.close()
            server.send_signal(signal.SIGINT)
            server.wait(60)


def _upload(browser: Browser, url: str, folder: Path) -> None:
    """Print how soon an upload is seen as a look, and as a sketch, and how soon taps are answered."""
    large = folder / "large.jpg"
    with Image.open(PHOTO) as image:
        image.convert("RGB").resize((4000, 3000)).save(large, quality=92)
    for turn in ("cold", "warm"):
        page = _opened(browser, url)
        began = time.perf_counter()
        page.set_input_files(".stage input[type=file] >> nth=0", large)
        page.wait_for_selector(".choice")
        there = time.perf_counter() - began
        tapped = time.perf_counter()
        page.locator(".choice").filter(has_text="The Night Café").first.tap()
        page.wait_for_selector(".picture .layer", timeout=60_000)
        glance = time.perf_counter() - tapped
        page.wait_for_selector(".picture .layer[src*=preview]", timeout=120_000)
        preview = time.perf_counter() - tapped
        size = large.stat().st_size / 1e6
        print(f"{turn}: 12 megapixels ({size:.1f} MB) are there after {ms(there)}, ", end="")
        print(f"the glance {ms(glance)} after the tap, the first preview of the sketch {ms(preview)}")
        if turn == "warm":
            for number in range(6):
                page.locator(".choice").nth(number).tap()
                page.wait_for_timeout(300)
            page.locator(".more summary").tap()
            page.get_by_label("Mix several paintings").tap()
            page.wait_for_timeout(800)
            taps = page.evaluate("taps")
            print(f"taps: {len(taps)} events, the slowest {max(taps, default=0):.0f} ms to the next frame")
        page.context.close()
        _rest(url)


def _rest(url: str) -> None:
    """Stop the sketches of pages that are closed, which would be painted meanwhile."""
    with impasto.Client(url) as client:
        for job in client.service.listed():
            if job["state"] in ("waiting", "running"):
                client.service.cancel(job["id"])
        time.sleep(5)


def _first_paint(browser: Browser, url: str) -> None:
    """Print the largest contentful paint of each screen with the processor slowed four times."""
    for path in ("", "gallery", "settings"):
        page = _opened(browser, "about:blank")
        page.context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": 4})
        page.goto(f"{url}/{path}")
        page.wait_for_timeout(4000)
        page.evaluate(WATCH)
        page.wait_for_timeout(500)
        print(f"largest contentful paint of /{path}: {max(page.evaluate('paints'), default=0):.0f} ms")
        page.context.close()


def _scroll(browser: Browser, url: str, count: int) -> None:
    """Print the longest frames while a gallery is scrolled to its end."""
    page = _opened(browser, f"{url}/gallery")
    page.wait_for_selector(".grid a")
    began = time.perf_counter()
    while page.locator(".grid li").count() < count and time.perf_counter() - began < 300:
        page.mouse.wheel(0, 1500)
        page.wait_for_timeout(60)
    frames = sorted(page.evaluate("frames"), reverse=True)
    shown = page.locator(".grid li").count()
    print(f"{shown} pictures scrolled in {time.perf_counter() - began:.0f} s: ", end="")
    print(f"{len(frames)} frames over 50 ms; the longest {', '.join(f'{one:.0f}' for one in frames[:5])} ms")
    page.context.close()


def _opened(browser: Browser, url: str) -> Page:
    page = browser.new_context(viewport=PHONE, has_touch=True).new_page()
    page.goto(url)
    page.evaluate(WATCH)
    return page


if __name__ == "__main__":
    main()
