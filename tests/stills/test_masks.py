"""Regions and colours of whole runs, at tiny sizes."""

import numpy as np
import pytest
import torch
from PIL import Image

from conftest import EXAMPLES, blobs
from impasto.colour import chroma, luma, palette
from impasto.errors import PictureError, SettingsError
from impasto.losses.regions import at_layer
from impasto.losses.strength import PROTECTED
from impasto.settings import Settings
from impasto.stills import masks as masks_module
from impasto.stills.colours import coloured, finished, judged
from impasto.stills.stylize import Stylization, stylize

SMALL = Settings(size=64, steps=6, start_size=0, precision="float32")
PHOTO, PAINTING, OTHER = blobs(48, 64, 1), blobs(64, 48, 2), blobs(64, 48, 3)


@pytest.fixture
def files(tmp_path, monkeypatch):
    """Write masks to the working folder, most of them for the photo, and top for a painting."""
    monkeypatch.chdir(tmp_path)
    left = np.zeros((48, 64), np.uint8)
    left[:, :32] = 255
    ramp = np.repeat(np.linspace(0, 255, 64)[None], 48, 0).astype(np.uint8)
    dot, top = np.zeros((480, 640), np.uint8), np.zeros((64, 48), np.uint8)
    dot[1, 1], top[:32] = 20, 255
    box = left * 0
    box[12:30, 20:44] = 255
    named = dict(
        left=left,
        box=box,
        right=255 - left,
        soft=ramp,
        ones=left * 0 + 255,
        black=left * 0,
        dot=dot,
        wrong=left[:40],
        top=top,
    )
    for name, mask in named.items():
        Image.fromarray(mask).save(f"{name}.png")
    return tmp_path


def pixels(image):
    return torch.from_numpy(np.array(image, dtype=np.float32)).permute(2, 0, 1)[None]


def test_masks_of_ones_paint_the_same_bytes(files):
    plain = stylize(PHOTO, [PAINTING, OTHER], SMALL)
    settings = SMALL.with_changes(style_mask=("ones.png", "ones.png"), content_mask="ones.png")
    assert stylize(PHOTO, [PAINTING, OTHER], settings).image.tobytes() == plain.image.tobytes()


def test_each_region_is_recoloured_to_its_own_palette(files):
    run = Stylization(PHOTO, [PAINTING, OTHER], SMALL.with_changes(style_mask=("left.png", "right.png")))
    content, styles = run.pictures.targets(run.scales[0], run.now)
    for half, style in ((content[..., :32], styles[0]), (content[..., 32:], styles[1])):
        assert (
            palette(half).mean - palette(style).mean
        ).abs().max() < 8  # less what the clamping to 0 to 255 takes away
    alone = Stylization(PHOTO, PAINTING, SMALL.with_changes(style_mask="left.png"))
    content, _ = alone.pictures.targets(alone.scales[0], alone.now)
    assert torch.equal(content[..., 32:], run.pictures.content.pixels(run.scales[0].size)[..., 32:])


def test_soft_masks_blend_the_recoloured_photos(files):
    photo, styles, ramp = (
        pixels(PHOTO),
        [pixels(PAINTING), pixels(OTHER)],
        torch.linspace(0, 1, 64).expand(1, 1, 48, 64),
    )
    run = Stylization(PHOTO, [PAINTING, OTHER], SMALL.with_changes(style_mask=("soft.png", "soft.png")))
    regions = run.pictures.regions(run.scales[0])
    assert (regions.styles[0] - ramp).abs().max() < 0.01
    content, _ = coloured(photo, styles, [0.5, 0.5], regions, SMALL)
    assert (content[..., 0] - photo[..., 0]).abs().max() < 1e-3
    assert (content.diff(dim=3) - photo.diff(dim=3)).abs().max() < 40  # no edge


def test_a_part_of_the_painting_gives_palette_and_statistics(files):
    half = PAINTING.copy()
    half[32:] = 0
    part = SMALL.with_changes(style_part="top.png", steps=1)
    whole, blackened = (Stylization(PHOTO, painting, part) for painting in (PAINTING, half))
    targets = [run.pictures.targets(run.scales[0], run.now)[0] for run in (whole, blackened)]
    assert torch.allclose(*targets, atol=1)
    assert (
        np.abs(
            np.asarray(stylize(PHOTO, PAINTING, part).image).astype(int)
            - np.asarray(stylize(PHOTO, PAINTING, SMALL).image)
        ).mean()
        > 3
    )


def content_error(image, run, mask):
    """The relative content error of a picture within a mask of the photo's size."""
    scale = run.scales[-1]
    target, found = (
        run.encoder(p, ["conv4_2"])["conv4_2"]
        for p in (run.pictures.targets(scale, run.now)[0], pixels(image))
    )
    weights = at_layer(mask, "conv4_2")
    return float(((found - target).square() * weights).sum() / (target.square() * weights).sum())


def test_what_is_protected_keeps_a_lower_content_error(files):
    settings = SMALL.with_changes(size=96, steps=25, content_weight=0.5)
    plain, protected = (
        stylize(PHOTO, PAINTING, settings.with_changes(protect=protect)).image for protect in ("", "box.png")
    )
    run = Stylization(PHOTO, PAINTING, settings.with_changes(protect="box.png"))
    mask = run.pictures.masks.protected.weights(run.scales[-1].size)
    assert content_error(protected, run, mask) < 0.7 * content_error(plain, run, mask)
    assert run.pictures.masks.faces is None


def test_what_is_protected_is_held_to_less_than_the_strength_and_the_rest_to_no_more(files):
    settings = SMALL.with_changes(size=96, steps=60, strength=20)
    result = stylize(PHOTO, PAINTING, settings.with_changes(protect="box.png"))
    assert result.losses["content conv4_2"] < 1.1 * 0.2
    assert result.losses["protected conv4_2"] < 1.15 * PROTECTED * 0.2
    plain = stylize(PHOTO, PAINTING, settings)
    run = Stylization(PHOTO, PAINTING, settings.with_changes(protect="box.png"))
    mask = run.pictures.masks.protected.weights(run.scales[-1].size)
    assert content_error(result.image, run, mask) < 0.7 * content_error(plain.image, run, mask)


def test_where_the_content_mask_is_black_the_content_is_free(files):
    settings = SMALL.with_changes(size=96, steps=25, content_weight=1.0)
    plain, masked = (
        stylize(PHOTO, PAINTING, settings.with_changes(content_mask=mask)).image for mask in ("", "left.png")
    )
    run = Stylization(PHOTO, PAINTING, settings.with_changes(content_mask="left.png"))
    left = run.pictures.masks.content.weights(run.scales[-1].size)
    assert content_error(masked, run, 1 - left) > 1.5 * content_error(plain, run, 1 - left)
    assert content_error(masked, run, left) < 1.2 * content_error(plain, run, left)


@pytest.mark.parametrize(("photo", "faces"), [("astronaut.png", 1), ("coffee.png", 0)])
def test_faces_are_counted_and_raised(photo, faces):
    run = Stylization(EXAMPLES / "photos" / photo, PAINTING, SMALL.with_changes(protect="faces"))
    emphasis = run.pictures.regions(run.scales[0]).emphasis
    assert run.pictures.masks.faces == faces and (emphasis is None) == (not faces)
    if emphasis is not None:
        assert emphasis.min() == 1 and emphasis.max() == pytest.approx(1 + masks_module.PROTECTION, rel=0.01)


def test_every_plan_keeps_to_the_masks(files):
    settings = SMALL.with_changes(
        steps=3,
        size=96,
        style_mask=("soft.png",),
        content_mask="soft.png",
        protect="left.png",
        style_part="top.png",
    )
    whole, parts = (
        stylize(PHOTO, PAINTING, settings.with_changes(plan=plan)) for plan in ("keep", "tile:32")
    )
    assert np.abs(np.asarray(whole.image).astype(int) - np.asarray(parts.image)).mean() < 0.5
    assert sum(parts.losses.values()) == pytest.approx(sum(whole.losses.values()), rel=0.01)


@pytest.mark.parametrize(
    ("changes", "kind", "message"),
    [
        (
            dict(style_mask=("left.png", "left.png")),
            SettingsError,
            "2 style masks were given for 1 style; give at most one for each",
        ),
        (dict(style_part=("top.png", "")), SettingsError, "2 style parts were given for 1 style"),
        (
            dict(style_mask="wrong.png"),
            PictureError,
            "mask 'wrong.png' of 64x40 px does not have the aspect of 'array', 64x48 px",
        ),
        (
            dict(style_part="left.png"),
            PictureError,
            "mask 'left.png' of 64x48 px does not have the aspect of 'array', 48x64 px",
        ),
        (dict(content_mask="wrong.png"), PictureError, "does not have the aspect"),
        (dict(protect="wrong.png"), PictureError, "does not have the aspect"),
        (dict(style_mask="black.png"), PictureError, "mask 'black.png' is all black"),
        (dict(content_mask="black.png"), PictureError, "is all black"),
        (dict(protect="none.png"), PictureError, "no file 'none.png'; did you mean 'ones.png'"),
        (
            dict(style_mask="dot.png", forms=100),
            PictureError,
            "mask 'dot' has no white area left at 64x48 px, where a position of conv5_1 covers 16 px; "
            "enlarge its white area, or give a larger size: [0-9]+ or more",
        ),
        (
            dict(style_mask="dot.png", forms=100, start_size=32),
            PictureError,
            "has no white area left at 64x48 px",
        ),
    ],
)
def test_bad_masks_are_refused_in_one_line(files, changes, kind, message):
    with pytest.raises(kind, match=message) as caught:
        Stylization(PHOTO, PAINTING, SMALL.with_changes(**changes))
    assert "\n" not in str(caught.value)


def test_colours_of_the_content_are_its_chroma_over_the_painted_luma(files):
    settings = SMALL.with_changes(colors="content")
    run = Stylization(PHOTO, PAINTING, settings, preview_every=6)
    *_, preview, _ = run
    result, photo = pixels(run.pastiche().image), run.pictures.content.pixels(run.scales[0].size)
    painted = luma(run.state.kept.clamp(0, 255))
    assert (luma(result) - painted).abs().max() <= 0.51
    assert torch.equal(preview.pixels, finished(run.state.kept, photo, settings))
    # Its chroma is the photo's own, or as much of it as the luma has room for.
    found, wanted = chroma(result), chroma(photo)
    assert (found.norm(dim=1) <= wanted.norm(dim=1) + 2).all() and (
        (found - wanted).abs().amax(1) < 1.5
    ).float().mean() > 0.5
    content, styles = run.pictures.targets(run.scales[0], run.now)
    assert not chroma(content).abs().max() > 1e-3 and not chroma(styles[0]).abs().max() > 1e-3
    assert torch.equal(judged(photo, SMALL), photo) and not chroma(judged(photo, settings)).abs().max() > 1e-3


@pytest.mark.parametrize("method", ["luma", "covariance", "histogram"])
def test_a_mix_lies_between_style_and_content(method):
    settings = SMALL.with_changes(color_method=method)
    photo = pixels(PHOTO)
    means = []
    for colors in ("style", "mix:0.01", "mix:0.5", "mix:0.99", "content"):
        image = stylize(PHOTO, PAINTING, settings.with_changes(colors=colors)).image
        means.append(pixels(image).mean((0, 2, 3)))
    gaps = [float((mean - photo.mean((0, 2, 3))).norm()) for mean in means]
    assert gaps[0] > gaps[2] > gaps[4] and gaps[4] < 0.35 * gaps[0]
    assert abs(gaps[1] - gaps[0]) < 0.1 * gaps[0] and abs(gaps[3] - gaps[4]) < 0.1 * gaps[0]
    assert (
        stylize(PHOTO, PAINTING, settings.with_changes(colors="mix:0")).image.tobytes()
        == stylize(PHOTO, PAINTING, SMALL).image.tobytes()
    )


def test_colours_of_the_content_work_by_region_and_without_recolouring(files):
    for method in ("luma", "covariance", "histogram"):
        settings = SMALL.with_changes(
            colors="content",
            color_method=method,
            style_mask=("left.png", "soft.png"),
            style_part=("top.png",),
            steps=2,
        )
        runs = [
            Stylization(PHOTO, [PAINTING, OTHER], settings.with_changes(recolour=recolour))
            for recolour in (True, False)
        ]
        first, second = (run.pictures.targets(run.scales[0], run.now)[0] for run in runs)
        assert torch.equal(first, second) and stylize(PHOTO, [PAINTING, OTHER], settings).image.size == (
            64,
            48,
        )
