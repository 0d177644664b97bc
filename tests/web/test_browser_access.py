"""Everybody can use the pages: by keyboard, by a screen reader, on a small screen, in large type."""

import re

import pytest
from browsing import (
    DESK,
    PHONE,
    PHOTO,
    SMALLEST,
    TABLET,
    axe,
    begun,
    browser,
    chosen,
    done,
    instant,
    needs_chromium,
    opened,
    painted,
    server,
    uploaded,
)

pytestmark = needs_chromium


OUTLINED = """() => {
  const one = document.activeElement;
  const near = [one, one.parentElement, ...(one.parentElement?.children ?? [])];
  return near.some((element) => getComputedStyle(element).outlineStyle !== "none");
}"""
"""Whether an outline shows where the focus is: around it, its label, or what stands for it in that."""


def as_if(route, **changes):
    """Answer a request for a job as if something of it were otherwise."""
    answer = route.fetch()
    route.fulfill(response=answer, json=answer.json() | changes)


def barriers(page):
    """What axe finds on a page, in words; empty if nothing."""
    result = axe.Axe().run(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"
    return result.generate_report() if result.response["violations"] else ""


OFTEN = [(PHONE, "light"), (DESK, "dark")]
SELDOM = [(SMALLEST, "light"), (TABLET, "dark"), (PHONE, "dark"), (DESK, "light"), (TABLET, "light")]


@pytest.mark.parametrize(
    ("size", "look"), [*OFTEN, *(pytest.param(*one, marks=pytest.mark.slow) for one in SELDOM)]
)
def test_no_screen_has_a_barrier(opened, server, size, look):
    page = opened(size, color_scheme=look, silent=False)  # a browser complains of pages that are not there
    assert not barriers(page), "empty"
    which = instant(page)
    page.goto(server.url)
    chosen(page)
    page.locator(".more summary").click()
    page.wait_for_selector(".settings .field")
    page.get_by_role("button", name="All settings").click()
    assert not barriers(page), "chosen"
    for path in (f"pictures/{which}", "gallery", "settings", "pictures/none", "share/none", "login"):
        page.goto(f"{server.url}/{path}")
        page.wait_for_selector(".one .buttons, .grid a, .panels, .blank, .plain")
        assert not barriers(page), path


@pytest.mark.slow
@pytest.mark.parametrize("look", ["light", "dark"])
def test_no_state_has_a_barrier(opened, server, look):
    page = opened(PHONE, color_scheme=look, silent=False)  # a browser complains that it is offline
    page.route("**/api/pictures", lambda route: None)  # an upload that takes long
    page.set_input_files(".stage input[type=file] >> nth=0", PHOTO)
    page.wait_for_selector(".stage progress")
    assert not barriers(page), "uploading"
    page.unroute("**/api/pictures")
    page.goto(server.url)
    chosen(page)
    painted(page, "best")
    for state, name in (("running", "Pause"), ("paused", "Resume")):
        page.wait_for_selector(f"[data-state={state}]", timeout=120_000)
        if state == "running":
            page.wait_for_selector(".forming[data-begun=true]", timeout=120_000)
        assert not barriers(page), state
        page.get_by_role("button", name=name).click()
    page.get_by_role("button", name="Cancel").click(timeout=60_000)
    page.wait_for_selector("[data-state=cancelled]")
    assert not barriers(page), "cancelled"
    told = dict(place=2, error="the painting is too small; take a larger one")
    for state in ("waiting", "failed"):  # as the studio would tell of it
        page.route("**/api/jobs/*", lambda route, state=state: as_if(route, state=state, **told))
        page.reload()
        page.wait_for_selector(f"[data-state={state}]")
        assert not barriers(page), state
        page.unroute("**/api/jobs/*")
    page.context.set_offline(True)
    page.get_by_text("No connection").wait_for(timeout=60_000)
    assert not barriers(page), "offline"
    page.context.set_offline(False)


def test_the_keyboard_reaches_everything_and_focus_is_seen(opened, server):
    page = opened()
    chosen(page)
    names = set()
    for _ in range(60):
        page.keyboard.press("Tab")
        parts = "(({ innerText, type, name }) => [innerText, type, name])(document.activeElement)"
        found = page.evaluate(parts)
        names.update(str(part).strip() for part in found if part)
        seen = page.evaluate(OUTLINED)
        assert seen or page.evaluate("document.activeElement === document.body"), found
    assert {"New", "Gallery", "Settings", "More", "Paint it", "range", "painting", "kind", "file"} <= names


@pytest.mark.slow
def test_a_picture_is_made_and_kept_by_keyboard_alone(opened, server):
    page = opened()
    uploaded(page)  # by the dialog of the system
    page.locator(".choice input").first.focus()
    page.keyboard.press("Space")
    page.wait_for_selector(".picture .layer", timeout=60_000)
    page.keyboard.press("ArrowRight")
    assert page.locator(".choice input").nth(1).is_checked()
    page.locator(".dial input").first.focus()
    page.keyboard.press("ArrowRight")
    assert page.locator(".dial output").first.inner_text() == "61"
    page.locator(".more summary").focus()
    page.keyboard.press("Enter")
    page.get_by_label("Quality", exact=True).focus()
    page.keyboard.type("draft")
    page.get_by_role("button", name="Paint it").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/pictures/"))
    done(page)
    page.get_by_label("Before and after").focus()
    page.keyboard.press("ArrowRight")
    assert page.evaluate("document.querySelector('.compare').style.getPropertyValue('--part')") == "51%"
    page.get_by_role("button", name="Share").focus()
    page.keyboard.press("Enter")
    page.wait_for_selector("dialog[open]")
    assert page.evaluate("!!document.activeElement.closest('dialog[open]')")
    page.keyboard.press("Escape")
    assert page.evaluate("document.activeElement.innerText.trim()") == "Share"  # focus is not lost


@pytest.mark.slow
def test_text_of_twice_the_size_fits(opened, server):
    page = opened((780, 1400))
    chosen(page)
    page.locator(".more summary").click()
    page.wait_for_selector(".settings .field")
    for path in ("", "gallery", "settings"):
        if path:
            page.goto(f"{server.url}/{path}")
            page.wait_for_selector(".gallery, .panels")
        page.evaluate("document.documentElement.style.fontSize = '32px'")
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), path
        assert page.get_by_role("link", name="Gallery").is_visible()
