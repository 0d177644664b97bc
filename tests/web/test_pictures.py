"""Uploads: what is taken and what is refused, who sees it, and what is left when it is deleted."""

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from studios import known, signed_in, studio, upload

from impasto.media.bundled import paintings


def png(size=(64, 48), **options):
    file = io.BytesIO()
    pixels = np.random.default_rng(0).integers(0, 255, (size[1], size[0], 3), np.uint8)
    Image.fromarray(pixels).save(file, "PNG", **options)
    return file.getvalue()


def test_an_upload_is_looked_at_kept_and_returned(studio):
    ada = signed_in(studio, "ada")
    made = upload(ada, png(), "holiday photo.png")
    assert (made["width"], made["height"], made["kind"], made["title"]) == (
        64,
        48,
        "picture",
        "holiday photo",
    )
    assert ada.get("/api/pictures").json()["items"] == [made]
    small = ada.get(f"/api/pictures/{made['id']}/thumbnail")
    assert Image.open(io.BytesIO(small.content)).size == (64, 48)
    assert ada.get(f"/api/pictures/{made['id']}/file").content == png()


def test_pictures_of_others_do_not_exist(studio):
    ada, ben = signed_in(studio, "ada"), signed_in(studio, "ben")
    made = upload(ada, png(), "a.png")
    for path in ("", "/thumbnail", "/file"):
        assert ben.get(f"/api/pictures/{made['id']}{path}").status_code == 404
    assert ben.delete(f"/api/pictures/{made['id']}").status_code == 404
    assert ben.get("/api/pictures").json()["items"] == []


def test_equal_files_are_one_object_until_the_last_owner_deletes_it(studio):
    ada, ben = signed_in(studio, "ada"), signed_in(studio, "ben")
    first, second = upload(ada, png(), "a.png"), upload(ben, png(), "b.png")
    files = studio.app.state.studio.files
    sha256 = studio.app.state.studio.pictures.the(_me(ada), first["id"])["sha256"]
    assert files.store.place(sha256).is_file()
    ada.delete(f"/api/pictures/{first['id']}")
    assert files.store.place(sha256).is_file()
    ben.delete(f"/api/pictures/{second['id']}")
    assert not files.store.place(sha256).exists() and not known(studio)


@pytest.mark.parametrize(
    ("content", "name", "words"),
    [
        (b"not a picture at all", "a.png", "not a readable picture"),
        (png()[:-200], "a.png", "cannot read"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "a.svg", "not a readable picture"),
        (b"", "a.jpg", "not a readable picture"),
    ],
)
def test_what_is_no_picture_is_refused_and_leaves_nothing(studio, content, name, words):
    ada = signed_in(studio, "ada")
    answer = ada.post("/api/pictures", files={"file": (name, content)})
    assert answer.status_code == 422 and answer.json()["code"] == "picture_error"
    assert words in answer.json()["detail"] + answer.json()["way_out"]
    assert "/" not in answer.json()["detail"]  # no path of the server
    studio_ = studio.app.state.studio
    assert not known(studio) and not list(studio_.config.folder.iterdir())


def test_a_picture_of_too_many_pixels_is_refused_before_it_is_decoded(tmp_path):
    from impasto.errors import PictureError
    from impasto.web.intake import looked_at

    file = tmp_path / "bomb.png"
    Image.new("1", (30_000, 30_000)).save(file)
    with pytest.raises(PictureError, match="900 million pixels, and 250 million are allowed"):
        looked_at(file, tmp_path / "small.jpg", 250e6)


def test_an_animated_gif_says_that_its_first_frame_is_used(studio):
    file, frames = io.BytesIO(), [Image.new("RGB", (40, 30), colour) for colour in ("red", "blue")]
    frames[0].save(file, "GIF", save_all=True, append_images=frames[1:])
    made = upload(signed_in(studio, "ada"), file.getvalue(), "a.gif")
    assert made["moving"] and "first frame" in made["notes"][0]


def test_a_photo_is_upright_and_its_thumbnail_carries_no_metadata(studio):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "A camera"
    made = upload(signed_in(studio, "ada"), png(exif=exif), "a.png")
    assert (made["width"], made["height"]) == (48, 64)
    row = studio.app.state.studio.pictures.the(made_by(studio, "ada"), made["id"])
    with Image.open(studio.app.state.studio.pictures.thumbnail(row)[0]) as small:
        assert small.size == (48, 64) and not small.getexif()


def test_the_same_key_uploads_once(studio):
    ada, key = signed_in(studio, "ada"), {"Idempotency-Key": "one"}
    made = [ada.post("/api/pictures", files={"file": ("a.png", png())}, headers=key).json() for _ in range(2)]
    assert made[0] == made[1] and len(ada.get("/api/pictures").json()["items"]) == 1
    other = ada.post("/api/pictures", files={"file": ("a.png", png((20, 20)))}, headers=key)
    assert other.status_code == 422 and other.json()["code"] == "key_reused"


def test_a_long_body_is_refused_by_its_length_and_while_it_is_read(studio):
    ada = signed_in(studio, "ada")
    long = ada.patch("/api/pictures/x", content=b"x" * 1_100_000)
    assert long.status_code == 413 and long.json()["code"] == "too_large"

    def parts():
        for _ in range(20):
            yield b"x" * 100_000

    assert ada.patch("/api/pictures/x", content=parts()).status_code == 413


def test_lists_have_pages_of_which_none_repeats_or_skips(studio):
    ada = signed_in(studio, "ada")
    made = [upload(ada, png((10 + i, 10)), f"{i}.png")["id"] for i in range(5)]
    found, cursor = [], ""
    while True:
        page = ada.get("/api/pictures", params={"limit": 2, "cursor": cursor}).json()
        found += [one["id"] for one in page["items"]]
        cursor = page["next"]
        if not cursor:
            break
    assert found == made[::-1]
    assert ada.get("/api/pictures", params={"cursor": "xyz"}).status_code == 422


def test_search_purpose_and_titles(studio):
    ada = signed_in(studio, "ada")
    one = upload(ada, png((10, 10)), "wave.png", purpose="painting")
    upload(ada, png((11, 10)), "castle.png")
    changed = ada.patch(f"/api/pictures/{one['id']}", json={"painter": "Hokusai"}).json()
    assert changed["painter"] == "Hokusai"
    found = [item["id"] for item in ada.get("/api/pictures?search=hokusai").json()["items"]]
    assert found == [one["id"]]
    assert len(ada.get("/api/pictures?purpose=painting").json()["items"]) == 1
    assert ada.get("/api/pictures?search=100%25").json()["items"] == []


def test_the_paintings_of_the_package_have_labels_and_pictures(studio):
    ada = signed_in(studio, "ada")
    found = ada.get("/api/paintings").json()
    assert len(found) == len(paintings()) and all(one["bundled"] and one["painter"] for one in found)
    small = ada.get(f"/api/pictures/{found[0]['id']}/thumbnail")
    assert small.headers["content-type"] == "image/jpeg"
    assert ada.delete(f"/api/pictures/{found[0]['id']}").status_code == 404


def test_every_bundled_painting_is_in_the_list_of_licences_and_has_its_size():
    listed = (Path(__file__).parents[2] / "examples" / "README.md").read_text(encoding="utf-8")
    for painting in paintings():
        with Image.open(painting.file) as image:
            assert image.size == (painting.width, painting.height)
        assert (
            f"paintings/{painting.file.name} | {painting.painter}, {painting.title}, {painting.year} |"
            in listed
        )


def test_who_keeps_as_much_as_they_may_is_told_so(studio):
    ada = signed_in(studio, "ada")
    admin = signed_in(studio, "root", admin=True)
    assert (
        admin.put(f"/api/users/{_me(ada)}/limits", json={"limits": {"megabytes": 0.001}}).status_code == 200
    )
    answer = ada.post("/api/pictures", files={"file": ("a.png", png())})
    assert answer.status_code == 413 and "delete" in answer.json()["way_out"]


def made_by(studio, name):
    return next(user.id for user in studio.app.state.studio.accounts.people() if user.name == name)


def _me(client):
    return client.get("/api/me").json()["id"]


def test_a_photo_of_a_phone_is_taken_and_its_place_is_not_shown(studio):
    pillow_heif = pytest.importorskip("pillow_heif")
    exif = Image.Exif()
    exif[0x010F] = "A phone"
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[2] = (52.0, 31.0, 12.0)
    file = io.BytesIO()
    picture = Image.fromarray(np.random.default_rng(1).integers(0, 255, (48, 64, 3), np.uint8))
    pillow_heif.from_pillow(picture).save(file, exif=exif.tobytes())
    ada = signed_in(studio, "ada")
    made = upload(ada, file.getvalue(), "IMG_0001.HEIC")
    assert (made["kind"], made["width"], made["height"]) == ("picture", 64, 48)
    small = ada.get(f"/api/pictures/{made['id']}/thumbnail").content
    with Image.open(io.BytesIO(small)) as image:
        assert image.format == "JPEG" and not image.getexif() and b"A phone" not in small
