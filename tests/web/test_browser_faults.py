"""The network goes, the server dies, eight tabs are open: nothing is lost, and the page says so."""

import json
import os
import signal
import subprocess
import sys
import urllib.request

import pytest
from browsing import (
    DESK,
    PHONE,
    PHOTO,
    begun,
    browser,
    chosen,
    done,
    needs_chromium,
    opened,
    painted,
    server,
    uploaded,
)

from conftest import until
from impasto.web import server as servers

pytestmark = needs_chromium


def test_with_eight_tabs_an_upload_still_works_and_all_tabs_hear_of_a_job(opened, server):
    pages = [opened()]
    for _ in range(7):
        page = pages[0].context.new_page()
        page.goto(server.url)
        page.wait_for_selector("main")
        pages.append(page)
    chosen(pages[-1], "Mosaic")
    which = begun(pages[-1])
    pages[3].goto(f"{server.url}/pictures/{which}")
    done(pages[3])
    pages[0].close()  # the tab that listened for all
    pages[3].get_by_role("button", name="Favourite").click()
    pages[-1].wait_for_selector("[aria-pressed=true]", timeout=15_000)


def test_offline_the_shell_opens_and_a_photo_goes_up_later(opened, server):
    page = opened(PHONE, silent=False)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()  # what the shell needs is kept on the way
    page.wait_for_selector("main")
    page.context.set_offline(True)
    page.reload()
    page.wait_for_selector(".stage.empty")
    page.set_input_files(".stage input[type=file] >> nth=0", PHOTO)
    page.get_by_text("No connection").wait_for(timeout=20_000)
    page.context.set_offline(False)
    page.wait_for_selector(".choice", timeout=60_000)
    page.get_by_text("No connection").wait_for(state="detached", timeout=30_000)


def test_the_studio_can_be_installed_and_takes_photos_from_a_share_sheet(opened, server):
    page = opened(PHONE)
    page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    page.reload()
    session = page.context.new_cdp_session(page)
    manifest = session.send("Page.getAppManifest")
    assert not manifest["errors"], manifest["errors"]
    found = json.loads(manifest["data"])
    assert found["share_target"] and found["file_handlers"] and found["display"] == "standalone"
    wrong = session.send("Page.getInstallabilityErrors")["installabilityErrors"]
    assert [one["errorId"] for one in wrong] == ["in-incognito"]  # as all pages of a test are
    page.evaluate(
        """async (file) => {
          const form = new FormData();
          const bytes = await (await fetch(file)).blob();
          form.append("photo", new File([bytes], "shared.png", { type: "image/png" }));
          await fetch("incoming", { method: "POST", body: form });
        }""",
        "site/icon-512.png",
    )
    page.goto(f"{server.url}/?incoming")
    page.wait_for_selector(".choice", timeout=60_000)


@pytest.mark.slow
def test_a_page_recovers_by_itself_when_server_and_worker_are_killed(opened, tmp_path):
    with servers.listening("127.0.0.1", 0, 0) as free:
        port = servers.port_of(free)
    url = f"http://127.0.0.1:{port}"
    where = ["--data", tmp_path, "--port", str(port)]
    command = [sys.executable, "-m", "impasto", "serve", "--no-browser", *where]
    quiet = dict(start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def start():
        process = subprocess.Popen(command, **quiet)
        until(lambda: answers(url), "the studio", seconds=60)
        return process

    process = start()
    try:
        page = opened(DESK, url=url, silent=False)
        chosen(page)
        painted(page, "best")
        page.wait_for_selector(".forming[data-begun=true]", timeout=120_000)
        before = steps(page)
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        page.get_by_text("No connection").wait_for(timeout=30_000)
        process = start()
        page.get_by_text("No connection").wait_for(state="detached", timeout=60_000)
        page.wait_for_selector("[data-state=running]", timeout=120_000)
        until(lambda: steps(page) > before, "it continues", seconds=180)
        page.get_by_role("button", name="Cancel").click()
        page.wait_for_selector("[data-state=cancelled]", timeout=30_000)
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def answers(url):
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=2) as answer:
            return answer.status == 200
    except OSError:
        return False


def steps(page):
    """The steps that the page says are painted."""
    words = page.locator(".standing p").inner_text()
    return int(words.partition("step ")[2].partition(" ")[0] or 0)
