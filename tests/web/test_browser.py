"""The pages in a real browser, against a running studio with a worker; needs Chromium."""

import re
import shutil

import pytest
from PIL import Image
from studios import config_of, running

from conftest import ROOT
from queue_worker import Process

sync_api = pytest.importorskip("playwright.sync_api")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not CHROMIUM, reason="needs Chromium"),
    pytest.mark.filterwarnings("ignore"),
]

PHOTO = ROOT / "benchmarks" / "pictures" / "avignon.webp"
PHONE, TABLET, DESK = (390, 844), (820, 1180), (1440, 900)


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def server(tmp_path_factory, nursery):
    folder = tmp_path_factory.mktemp("studio")
    config = config_of(folder, local=True)
    with running(config) as found:
        worker = Process(nursery, config.database, config.store, folder / "worker", "quick")
        yield found
        worker.kill()


@pytest.fixture
def opened(browser, server):
    """A function that opens a page in a window of a size; what goes wrong in it fails the test."""
    contexts, wrong = [], []

    def open_(size=DESK, path="", **options):
        width, height = size
        context = browser.new_context(viewport=dict(width=width, height=height), **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.goto(f"{server.url}/{path}")
        page.wait_for_selector("main")
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not wrong


def chosen(page):
    """Give a page a photo and a painting, and wait for the first glance."""
    page.set_input_files(".stage input[type=file] >> nth=0", PHOTO)
    page.locator(".choice").first.click()
    page.wait_for_selector(".picture .layer", timeout=60_000)


def painted(page):
    """Paint what is chosen, small, and return the id of the picture."""
    page.locator(".more summary").click()
    page.get_by_label("Size", exact=True).fill("256")
    page.keyboard.press("Tab")
    page.get_by_role("button", name="Paint it").click()
    page.wait_for_url(re.compile("/pictures/"))
    return page.url.rpartition("/")[2]


def test_a_photo_becomes_a_picture_in_three_taps_on_a_phone(opened, tmp_path):
    page = opened(PHONE, has_touch=True, accept_downloads=True)
    chosen(page)
    page.wait_for_selector(".picture .caption:has-text('sketch')", timeout=60_000)
    which = painted(page)
    page.wait_for_selector(".compare", timeout=300_000)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").click()
    download.value.save_as(tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as image:
        assert max(image.size) == 256
    page.goto(page.url.rpartition("/pictures/")[0] + "/gallery")
    assert page.locator(f"a.card[href$='{which}']").is_visible()


def test_a_picture_is_the_same_after_a_reload_and_on_another_device(opened):
    page = opened()
    chosen(page)
    page.locator("input[type=range]").first.fill("72")
    page.reload()
    page.wait_for_selector(".choice :checked", state="attached")
    assert page.locator(".dial output").first.inner_text() == "72"
    which = painted(page)
    page.wait_for_selector("[data-state=running]", timeout=120_000)
    other = opened(PHONE, path=f"pictures/{which}")
    other.wait_for_selector("[data-state=running]")
    other.get_by_role("button", name="Pause").click()
    page.wait_for_selector("[data-state=paused]", timeout=30_000)
    page.get_by_role("button", name="Go on").click()
    other.wait_for_selector("[data-state=running]", timeout=60_000)
    page.get_by_role("button", name="Cancel").click()
    other.wait_for_selector("[data-state=cancelled]", timeout=30_000)


def test_a_deleted_picture_comes_back(opened):
    page = opened()
    chosen(page)
    which = painted(page)
    page.get_by_role("button", name="Delete").click()
    page.wait_for_url(re.compile("/gallery"))
    page.get_by_role("button", name="Undo").click()
    page.wait_for_timeout(500)
    page.reload()
    assert page.locator(f"a.card[href$='{which}']").is_visible()


def test_the_keyboard_reaches_everything(opened):
    page = opened()
    chosen(page)
    names = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        names.add(
            page.evaluate("(document.activeElement.innerText || document.activeElement.type || '').trim()")
        )
        visible = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        inside = page.evaluate("!!document.activeElement.closest('label, .compare')")
        assert visible != "none" or inside or page.evaluate("document.activeElement === document.body")
    assert {"New", "Gallery", "Settings", "More", "Paint it", "range", "radio", "file"} <= names


@pytest.mark.parametrize("size", [(320, 640), PHONE, TABLET, DESK])
@pytest.mark.parametrize("look", ["light", "dark"])
def test_no_screen_has_a_barrier_or_scrolls_sideways(opened, size, look):
    page = opened(size, color_scheme=look)
    found = {"empty": axe.Axe().run(page)}
    chosen(page)
    page.locator(".more summary").click()
    page.wait_for_selector(".settings .field")
    found["chosen"] = axe.Axe().run(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for path in ("gallery", "settings"):
        page.goto(page.url.rstrip("/").removesuffix("gallery").rstrip("/") + f"/{path}")
        page.wait_for_selector(".gallery, .panels")
        found[path] = axe.Axe().run(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
    for name, result in found.items():
        assert not result.response["violations"], (name, result.generate_report())
