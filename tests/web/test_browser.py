"""What people do in the studio, in a real browser with a worker: paint, steer, keep, share."""

import io
import json
import re

import numpy as np
import pytest
from browsing import (
    PHONE,
    PHOTO,
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
from PIL import Image

pytestmark = needs_chromium


def test_a_photo_becomes_a_picture_in_three_taps_on_a_phone(opened, server, tmp_path):
    page = opened(PHONE, has_touch=True, is_mobile=True, accept_downloads=True)
    chosen(page)  # the first tap chose a photo, the second a painting; a glance came by itself
    page.wait_for_selector(".picture .caption:has-text('sketch')", timeout=60_000)
    page.locator("input[type=range]").first.fill("70")
    which = painted(page)
    done(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="Download").tap()
    download.value.save_as(tmp_path / "out.png")
    with Image.open(tmp_path / "out.png") as image:
        assert max(image.size) == 256
    page.goto(f"{server.url}/gallery")
    page.locator(f"a.card[href$='{which}']").wait_for()


def test_a_deleted_picture_comes_back(opened, server):
    page = opened()
    which = instant(page)
    page.get_by_role("button", name="Delete").click()
    page.wait_for_url(re.compile("/gallery"))
    page.get_by_role("button", name="Undo").click()
    page.locator(f"a.card[href$='{which}']").wait_for()
    page.goto(f"{server.url}/gallery")
    page.locator(f"a.card[href$='{which}']").wait_for()


@pytest.mark.slow
def test_a_picture_is_the_same_after_a_reload_and_on_another_device(opened, server):
    page = opened()
    chosen(page)
    page.locator("input[type=range]").first.fill("72")
    page.reload()
    page.wait_for_selector(".choice :checked", state="attached")
    assert page.locator(".dial output").first.inner_text() == "72"
    which = painted(page, "best")
    page.wait_for_selector("[data-state=running]", timeout=120_000)
    other = opened(PHONE, path=f"pictures/{which}")
    other.wait_for_selector("[data-state=running]")
    other.get_by_role("button", name="Pause").click()
    page.wait_for_selector("[data-state=paused]", timeout=30_000)
    page.close()  # a closed tab is no loss
    page = opened(path=f"pictures/{which}")
    page.get_by_role("button", name="Resume").click()
    other.wait_for_selector("[data-state=running]", timeout=60_000)
    page.get_by_role("button", name="Cancel").click()
    other.wait_for_selector("[data-state=cancelled]", timeout=30_000)


@pytest.mark.slow
def test_a_changed_strength_is_seen_in_the_next_previews_and_branches_go_both_ways(opened, server):
    page = opened()
    chosen(page)
    which = painted(page, "draft", 384)
    page.wait_for_selector(".forming[data-begun=true]", timeout=120_000)
    before = page.locator(".forming img").get_attribute("src")
    page.locator(".actions input[type=range]").fill("95")
    page.locator(".actions input[type=range]").dispatch_event("change")
    page.locator(".changes li").filter(has_text="strength 95").wait_for(timeout=60_000)
    another = "before => document.querySelector('.forming img').src !== before"
    page.wait_for_function(another, arg=before, timeout=60_000)
    page.get_by_role("button", name="Branch").click(timeout=120_000)  # while it is painted
    page.wait_for_function("before => !location.href.endsWith(before)", arg=which)
    page.goto(f"{server.url}/pictures/{which}")
    done(page)
    page.locator(".stages li").filter(has_text="end of scale 1").get_by_role("button").click()
    assert page.locator(".view img").get_attribute("alt").startswith("step ")
    page.get_by_role("button", name="Branch after scale 1").click()  # and after it is done
    page.wait_for_function("before => !location.href.endsWith(before)", arg=which)
    done(page)


@pytest.mark.slow
def test_a_picture_has_its_making_a_closer_look_and_another_photo(opened, server):
    page = opened()
    chosen(page)
    painted(page)
    done(page)
    page.get_by_role("button", name="Film of its making").click()
    shown = "() => document.querySelector('dialog[open] video')?.readyState >= 2"
    page.wait_for_function(shown, timeout=30_000)
    with page.expect_download() as download:
        page.get_by_role("link", name="Keep it").click()
    assert download.value.suggested_filename == "making.mp4"
    page.get_by_role("dialog").get_by_role("button", name="Close").click()
    page.get_by_role("button", name="Look closely").click()
    page.wait_for_selector(".pswp__img", timeout=20_000)
    page.wait_for_timeout(1000)  # until it has faded in
    page.keyboard.press("Escape")
    page.wait_for_selector(".pswp", state="detached")
    assert "in the manner of The Night Café, strength 60" in page.locator(".facts > p").inner_text()
    page.get_by_role("button", name="Another photo").click()
    page.wait_for_selector(".stage.empty")
    uploaded(page)
    assert page.locator(".choice:has(:checked)").inner_text().startswith("The Night Café")


def test_two_paintings_are_mixed_by_their_weights(opened, server):
    page = opened()
    chosen(page)
    page.get_by_label("Mix several paintings").check()
    page.locator(".choice").filter(has_text="Harvest").first.click()
    page.get_by_label("Harvest at La Crau", exact=True).first.fill("40")
    with page.expect_request("**/api/jobs") as asked:
        painted(page)
    form = json.loads(asked.value.post_data)
    assert [style["weight"] for style in form["styles"]] == [1, 0.4]
    assert form["settings"] == {"size": 256, "quality": "draft", "strength": 60}


def test_regions_and_faces_are_set_by_pictures_and_words(opened, server, tmp_path):
    mask = tmp_path / "mask.png"
    Image.fromarray(np.tile(np.uint8([[0, 255]]), (64, 32))).save(mask)
    page = opened()
    chosen(page)
    page.locator(".more summary").click()
    page.get_by_label("Protect", exact=True).select_option("faces")
    page.get_by_label("Search the settings").fill("mask of the area")
    page.set_input_files(".settings input[type=file]", mask)
    page.wait_for_selector(".filefield img")
    with page.expect_request("**/api/jobs") as asked:
        begun(page)
    settings = json.loads(asked.value.post_data)["settings"]
    assert settings["protect"] == "faces" and len(settings["style_mask"]) == 1
    page.get_by_role("button", name="Cancel").click()
    page.wait_for_selector("[data-state=cancelled]")


@pytest.mark.slow
def test_a_texture_and_a_film_are_made_on_the_same_screen(opened, server, tmp_path):
    page = opened()
    page.get_by_text("Texture", exact=True).click()
    page.locator(".choice").filter(has_text="The Night Café").first.click()
    page.wait_for_selector(".picture .caption:has-text('The sketch')", timeout=120_000)
    painted(page)
    done(page)
    with Image.open(PHOTO) as image:
        first = np.asarray(image.convert("RGB").resize((160, 96)))
    frames = [Image.fromarray(np.roll(first, 4 * i, 1)) for i in range(3)]
    frames[0].save(tmp_path / "clip.gif", save_all=True, append_images=frames[1:], duration=100)
    page.goto(f"{server.url}/")
    page.get_by_text("Film", exact=True).click()
    uploaded(page, tmp_path / "clip.gif")
    page.locator(".choice").filter(has_text="The Night Café").first.click()
    page.locator(".more summary").click()
    page.get_by_label("Instant", exact=True).check()
    begun(page)
    page.wait_for_selector("video.view", timeout=300_000)
    page.wait_for_function("() => document.querySelector('video.view').readyState >= 1", timeout=30_000)


def test_a_shared_picture_tells_no_place_and_a_revoked_link_is_gone(opened, server, tmp_path, browser):
    pillow_heif = pytest.importorskip("pillow_heif")
    with Image.open(PHOTO) as image:
        place = image.getexif()
        place[0x010F] = "Camera of Ada"
        place.get_ifd(0x8825).update({1: "N", 2: (43.0, 57.0, 0.0), 3: "E", 4: (4.0, 48.0, 0.0)})
        pillow_heif.from_pillow(image.convert("RGB")).save(tmp_path / "home.heic", exif=place.tobytes())
    page = opened()
    chosen(page, "Mosaic", tmp_path / "home.heic")
    begun(page)
    done(page)
    page.get_by_role("button", name="Share").click()
    page.get_by_role("button", name="Make a link").click()
    link = page.get_by_label("Link", exact=True).input_value()
    with browser.new_context(java_script_enabled=False, ignore_https_errors=True) as context:
        shared = context.new_page()
        assert shared.goto(link).status == 200
        assert re.search("/preview", shared.locator("meta[property='og:image']").get_attribute("content"))
        address = shared.evaluate("document.images[0].src")
        with Image.open(io.BytesIO(context.request.get(address).body())) as image:
            assert not dict(image.getexif()) and "Ada" not in str(image.info)
        assert "home" not in shared.content()
        page.get_by_role("button", name="Revoke").click()
        page.get_by_text("The link is gone.").wait_for()
        assert shared.goto(link).status == 404
