"""What lies under transparency: filled from what is visible, in every kind of file."""

import numpy as np
import pytest
import torch
from PIL import Image

from conftest import blobs
from impasto.errors import PictureError
from impasto.media.deep import encode
from impasto.media.image import load, load_as_it_is
from impasto.media.visible import filled

HEIGHT, WIDTH = 45, 60


def disc(inside: int = 255, outside: int = 0) -> np.ndarray:
    rows, columns = np.mgrid[0:HEIGHT, 0:WIDTH]
    return np.where(np.hypot(rows - 22, columns - 30) < 16, inside, outside).astype(np.uint8)


def logo(hidden: tuple[int, int, int], alpha: np.ndarray | None = None) -> np.ndarray:
    """Blobs in a disc, and one colour under the transparency around it."""
    alpha = disc() if alpha is None else alpha
    return np.dstack([np.where(alpha[..., None] > 0, blobs(HEIGHT, WIDTH), np.uint8(hidden)), alpha]).astype(
        np.uint8
    )


def test_visible_pixels_stay_and_hidden_ones_get_colours_of_their_neighbours():
    array = logo((255, 0, 255))
    found = np.asarray(load(array).image)
    seen = array[..., 3] == 255
    assert np.array_equal(found[seen], array[seen][:, :3])
    low, high = array[seen][:, :3].min(0), array[seen][:, :3].max(0)
    assert (found >= low).all() and (found <= high).all()


@pytest.mark.parametrize("size", [(45, 60), (23, 30), (90, 120), (7, 11)])
@pytest.mark.parametrize("deep", [False, True])
def test_two_logos_that_look_alike_load_alike_at_every_size(size, deep):
    black, white = (logo(colour) for colour in ((0, 0, 0), (255, 255, 255)))
    if deep:
        black, white = (array.astype(np.uint16) * 257 for array in (black, white))
    assert torch.equal(load(black).pixels(size), load(white).pixels(size))


def test_a_flat_colour_in_a_disc_fills_the_whole_picture_without_a_rim():
    alpha = disc()
    array = np.dstack([np.where(alpha[..., None] > 0, np.uint8((200, 90, 30)), np.uint8((0, 0, 0))), alpha])
    for size in ((45, 60), (20, 27)):
        assert (load(array).pixels(size) - torch.tensor([200.0, 90, 30]).view(1, 3, 1, 1)).abs().max() < 0.01


@pytest.mark.parametrize(
    "name", ["a.png", "a.webp", "a.tiff", "deep.png", "deep.tiff", "grey.png", "palette.png"]
)
def test_every_kind_of_file_is_filled(tmp_path, name):
    path, array = tmp_path / name, logo((255, 0, 255))
    image = Image.fromarray(array)
    if name.startswith("deep"):
        path.write_bytes(encode(array.astype(np.uint16) * 257, "PNG" if name.endswith("png") else "TIFF"))
    elif name == "grey.png":
        Image.merge(
            "LA", [Image.fromarray(np.where(disc() > 0, 80, 255).astype(np.uint8)), image.getchannel("A")]
        ).save(path)
    elif name == "palette.png":
        indices = Image.fromarray(np.where(disc() > 0, 1, 0).astype(np.uint8)).convert("P")
        indices.putpalette([255, 0, 255, 10, 120, 40])
        indices.save(path, transparency=0)
    else:
        image.save(path, **({"lossless": True, "exact": True} if name.endswith("webp") else {}))
    raw, found = np.asarray(load_as_it_is(path).image, int), np.asarray(load(path).image, int)
    assert raw[0, 0, 0] == 255
    assert np.abs(found[0, 0] - raw[0, 0]).max() > 50, "the colour in the corner was invisible"
    assert load(path).alpha is not None


def test_a_picture_that_is_faint_all_over_is_not_blurred():
    array = np.dstack([blobs(HEIGHT, WIDTH), np.full((HEIGHT, WIDTH), 30, np.uint8)])
    assert np.array_equal(np.asarray(load(array).image), blobs(HEIGHT, WIDTH))


def test_an_entirely_transparent_picture_is_refused_in_one_line(tmp_path):
    Image.new("RGBA", (20, 20), (255, 0, 0, 0)).save(tmp_path / "gone.png")
    for source in (
        str(tmp_path / "gone.png"),
        np.zeros((5, 5, 4), np.uint8),
        np.zeros((5, 5, 4), np.uint16),
        Image.new("LA", (5, 5)),
    ):
        with pytest.raises(PictureError, match=r"entirely transparent.*visible") as caught:
            load(source)
        assert "\n" not in str(caught.value)


def test_the_fill_of_one_pixel_reaches_every_corner():
    colours, opacity = np.zeros((37, 53, 3), np.uint8), np.zeros((37, 53))
    colours[20, 11], opacity[20, 11] = (9, 99, 199), 255
    assert (filled(colours, opacity) == (9, 99, 199)).all()
