"""Pages of a running studio in a real browser, which Playwright steers; needs Chromium."""

from __future__ import annotations

import re
import shutil
from contextlib import contextmanager

import httpx2
import pytest
from proxies import answers, nginx
from studios import config_of, running

from conftest import ROOT, until
from impasto.web import server as servers
from queue_worker import Process

sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)

needs_chromium = [
    pytest.mark.skipif(not CHROMIUM, reason="needs Chromium; scripts/browser installs it"),
    pytest.mark.filterwarnings("ignore"),
]
"""Marks of modules with tests in a browser."""

PHOTO = ROOT / "benchmarks" / "pictures" / "avignon.webp"
PHONE, TABLET, DESK, SMALLEST = (390, 844), (820, 1180), (1440, 900), (320, 640)


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module", params=["alone", pytest.param("nginx", marks=pytest.mark.slow)])
def server(request, tmp_path_factory, nursery):
    """A studio with a worker, reached at its `url`, or through nginx with TLS and under a path."""
    folder = tmp_path_factory.mktemp("studio")
    with serving(request.param, folder) as found:
        config = found.studio.config
        worker = Process(nursery, config.database, config.store, folder / "worker", "quick")
        yield found
        worker.kill()


def client_of(server):
    return httpx2.Client(base_url=server.url, verify=False, timeout=30)


@contextmanager
def serving(how, folder):
    with servers.listening("127.0.0.1", 0, 0) as free:
        port = servers.port_of(free)
    if how == "alone":
        address = f"http://127.0.0.1:{port}"
        with running(config_of(folder, local=True, address=address), port=port) as found:
            yield found
        return
    if not shutil.which("nginx"):
        pytest.skip("needs nginx")
    address = f"https://localhost:{port}"
    config = config_of(folder, local=True, base_path="/studio", address=address)
    with running(config, proxy="127.0.0.1") as found:
        process = nginx(folder, port, found.url)
        try:
            found.url = f"{address}/studio"
            with client_of(found) as client:
                until(lambda: answers(client), "nginx")
            yield found
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture
def opened(browser, server):
    """A function that opens a page in a window of a size; what goes wrong in it fails the test."""
    contexts, wrong = [], []

    def open_(size=DESK, path="", *, url=server.url, silent=True, **options):
        width, height = size
        given = dict(viewport=dict(width=width, height=height), ignore_https_errors=True) | options
        context = browser.new_context(**given)
        contexts.append(context)
        page = context.new_page()
        if silent:
            page.on("pageerror", lambda error: wrong.append(str(error)))
            page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.goto(f"{url}/{path}")
        page.wait_for_selector("main")
        return page

    yield open_
    for context in contexts:
        context.close()
    with client_of(server) as client:  # nothing is left for the worker to paint while others are tested
        for job in client.get("/api/jobs").json()["items"]:
            if job["state"] not in ("done", "failed", "cancelled"):
                client.post(f"/api/jobs/{job['id']}/cancel")
    assert not wrong, wrong


def uploaded(page, photo=PHOTO):
    """Give a page a photo, and wait until it is there."""
    page.set_input_files(".stage input[type=file] >> nth=0", photo)
    page.wait_for_selector(".choice", timeout=60_000)


def chosen(page, title="The Night Café", photo=PHOTO):
    """Give a page a photo and a painting, and wait for the first glance."""
    uploaded(page, photo)
    page.locator(".choice").filter(has_text=title).first.click()
    page.wait_for_selector(".picture .layer", timeout=60_000)


def painted(page, quality="draft", size=256):
    """Paint what is chosen, small, and return the id of the picture."""
    page.locator(".more summary").click()
    page.get_by_label("Size", exact=True).fill(str(size))
    page.get_by_label("Quality", exact=True).select_option(quality)
    return begun(page)


def begun(page):
    """Paint what is chosen, and return the id of the picture."""
    page.get_by_role("button", name="Paint it").click()
    page.wait_for_url(re.compile("/pictures/"))
    return page.url.rpartition("/")[2]


def done(page):
    """Wait until the picture of a page is done."""
    page.wait_for_selector("[data-state=done]", timeout=300_000)


def instant(page):
    """Paint a picture by a look, which takes a moment, and return its id."""
    chosen(page, "Mosaic")
    which = begun(page)
    done(page)
    return which
