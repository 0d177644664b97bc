"""Former silent failures: transparency, flat pictures, diverging runs, and ignored or useless sizes."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import impasto
from conftest import blobs
from impasto.colour import palette
from impasto.settings import Settings
from impasto.stills.features import features
from impasto.stills.judge import judge
from impasto.stills.reconstruct import reconstruct
from impasto.stills.stylize import Stylization, stylize
from impasto.stills.texture import texture

pytestmark = pytest.mark.usefixtures("untimed", "in_own_folder")

SMALL = Settings(size=64, steps=6, start_size=0, precision="float32")
PHOTO, PAINTING = blobs(48, 64, 1), blobs(64, 64, 2)
BLACK, WHITE, MAGENTA = (0, 0, 0), (255, 255, 255), (255, 0, 255)


@pytest.fixture
def in_own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def ellipse(height: int, width: int, part: float = 0.8) -> np.ndarray:
    rows, columns = np.mgrid[0:height, 0:width] + 0.5
    return np.hypot(2 * rows / height - 1, 2 * columns / width - 1) < part


def cut_out(picture: np.ndarray, hidden: tuple[int, int, int]) -> np.ndarray:
    """The picture inside an ellipse, and one invisible colour around it."""
    inside = ellipse(*picture.shape[:2])
    colours = np.where(inside[..., None], picture, np.uint8(hidden))
    return np.dstack([colours, np.where(inside, 255, 0)]).astype(np.uint8)


def colours_of(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB"))


# What cannot be seen has no say.


def test_an_invisible_magenta_around_a_painting_colours_nothing():
    plain, cut = (
        palette(Stylization(PHOTO, style, SMALL).pictures.targets(*first(PHOTO, style))[0])
        for style in (PAINTING, cut_out(PAINTING, MAGENTA))
    )
    seen = torch.from_numpy(PAINTING[ellipse(64, 64)].astype(np.float32)).T
    assert (cut.mean - seen.mean(1)).abs().max() < 4
    assert (cut.mean - plain.mean).abs().max() < 30


def first(content, style, settings=SMALL):
    run = Stylization(content, style, settings)
    return run.scales[0], run.now


@pytest.mark.parametrize("what", ["painting", "photo", "both", "init"])
def test_pictures_that_look_alike_paint_the_same_bytes(what):
    def painted(hidden):
        photo = cut_out(PHOTO, hidden) if what in ("photo", "both") else PHOTO
        style = cut_out(PAINTING, hidden) if what in ("painting", "both") else PAINTING
        Image.fromarray(cut_out(PHOTO, hidden)).save("init.png")
        settings = SMALL.with_changes(init="init.png") if what == "init" else SMALL
        return stylize(photo, style, settings).image.tobytes()

    assert painted(BLACK) == painted(WHITE) == painted(MAGENTA)


@pytest.mark.parametrize("preset", ["default", "gatys2015", "gatys2016", "johnson", "anishathalye"])
def test_every_method_looks_at_the_visible_part_alone(preset):
    settings = impasto.preset(preset).with_changes(size=64, steps=3, precision="float32")
    one, other = (
        stylize(cut_out(PHOTO, hidden), cut_out(PAINTING, hidden), settings) for hidden in (BLACK, MAGENTA)
    )
    assert one.image.tobytes() == other.image.tobytes() and one.losses == other.losses
    assert all(np.isfinite(list(one.losses.values())))


@pytest.mark.parametrize("colors", ["content", "mix"])
@pytest.mark.parametrize("method", ["luma", "covariance", "histogram"])
def test_every_way_to_colour_looks_at_the_visible_part_alone(method, colors):
    settings = SMALL.with_changes(colors=colors, color_method=method, steps=2)
    one, other = (
        stylize(cut_out(PHOTO, hidden), cut_out(PAINTING, hidden), settings).image.tobytes()
        for hidden in (BLACK, MAGENTA)
    )
    assert one == other


def test_the_style_is_counted_over_the_visible_part_of_the_photo():
    """Whatever an optimiser puts where nothing can be seen changes neither style nor content."""
    shallow = SMALL.with_changes(range_weight=0, content_layers="conv2_1", style_layers="conv1_1,conv2_1")
    run = Stylization(cut_out(PHOTO, BLACK), PAINTING, shallow)
    objective = run._objective(run.scales[0], run.encoder, run.plans[0])
    picture = run.pictures.content.pixels((48, 64))
    far = picture.clone()
    far[..., :3, :3] = 255 - far[..., :3, :3]
    near, moved = objective(picture), objective(far)
    assert moved.loss == pytest.approx(near.loss, rel=1e-6)
    assert near.gradient[..., :3, :3].abs().max() < 1e-6 * near.gradient.abs().max()


def test_a_region_counts_by_its_part_of_what_can_be_seen():
    mask = np.zeros((48, 64), np.uint8)
    mask[:, :32] = 255
    Image.fromarray(mask).save("left.png")
    Image.fromarray(255 - mask).save("right.png")
    photo = np.dstack([PHOTO, np.where(np.arange(64) < 40, 255, 0) * np.ones((48, 1))]).astype(np.uint8)
    run = Stylization(
        photo, [PAINTING, blobs(64, 64, 5)], SMALL.with_changes(style_mask=("left.png", "right.png"))
    )
    regions = run.pictures.regions(run.scales[0])
    owned = torch.cat(list(regions.styles))
    assert regions.parts_of_visible(owned) == pytest.approx([0.8, 0.2], abs=0.02)
    assert all(np.isfinite(list(stylize(photo, [PAINTING, PAINTING], run.settings).losses.values())))


def test_a_mask_over_what_cannot_be_seen_is_refused(capsys):
    mask = np.zeros((48, 64), np.uint8)
    mask[:6, :6] = 255
    Image.fromarray(mask).save("corner.png")
    with pytest.raises(impasto.PictureError, match=r"corner.*covers no visible part of"):
        Stylization(cut_out(PHOTO, BLACK), PAINTING, SMALL.with_changes(style_mask="corner.png"))


def test_a_style_part_and_transparency_count_together():
    part = np.zeros((64, 64), np.uint8)
    part[:, :32] = 255
    Image.fromarray(part).save("left.png")
    other = cut_out(PAINTING, MAGENTA)
    other[:, 32:, :3] = 17
    settings = SMALL.with_changes(style_part="left.png", steps=1)
    targets = [
        Stylization(PHOTO, style, settings).pictures.targets(*first(PHOTO, style, settings))[0]
        for style in (cut_out(PAINTING, BLACK), other)
    ]
    assert (targets[0] - targets[1]).abs().max() < 3


def test_textures_of_samples_that_look_alike_are_the_same():
    settings = impasto.preset("texture").with_changes(size="64x48", steps=6, start_size=32)
    one, other = (texture(cut_out(PAINTING, hidden), settings) for hidden in (BLACK, MAGENTA))
    assert one.image.tobytes() == other.image.tobytes()
    seen = PAINTING[ellipse(64, 64)].astype(float)
    assert np.abs(colours_of(one.image).astype(float).mean((0, 1)) - seen.mean(0)).max() < 15


def test_reconstructions_and_features_look_at_the_visible_part_alone():
    settings = impasto.preset("reconstruction").with_changes(size=64, steps=3)
    for of in ("content", "style"):
        one, other = (
            reconstruct(cut_out(PHOTO, hidden), settings, of=of).image.tobytes()
            for hidden in (BLACK, MAGENTA)
        )
        assert one == other
    maps = [features(cut_out(PHOTO, hidden), ["conv2_1"], 3) for hidden in (BLACK, MAGENTA)]
    assert [(n, image.tobytes()) for n, image in maps[0]["conv2_1"]] == [
        (n, image.tobytes()) for n, image in maps[1]["conv2_1"]
    ]
    assert np.asarray(maps[0]["conv2_1"][0][1])[0, 0] == 0


def test_a_comparison_judges_the_visible_part_alone():
    result, photo = blobs(48, 64, 7), PHOTO
    found = [judge(cut_out(result, h), cut_out(photo, h), cut_out(PAINTING, h)) for h in (BLACK, MAGENTA)]
    assert found[0] == found[1]
    whole = judge(result, photo, PAINTING)
    assert found[0].from_style != whole.from_style and np.isfinite([found[0].content, found[0].style]).all()


def test_the_result_keeps_the_transparency_of_the_photo():
    result = stylize(cut_out(PHOTO, BLACK), PAINTING, SMALL).image
    assert result.mode == "RGBA" and np.array_equal(np.asarray(result)[..., 3] > 127, ellipse(48, 64))


@pytest.mark.parametrize("role", ["photo", "painting", "init"])
def test_an_entirely_transparent_picture_is_refused(role, photo, painting, capsys):
    Image.new("RGBA", (48, 48), (255, 0, 255, 0)).save("gone.png")
    names = {"photo": str(photo), "painting": str(painting)} | ({role: "gone.png"} if role != "init" else {})
    error = refused(
        capsys,
        "stylize",
        names["photo"],
        names["painting"],
        *(["--init", "gone.png"] if role == "init" else []),
        code=3,
    )
    assert "'gone.png' is entirely transparent; give a picture with visible pixels" in error
    assert not list(Path().glob("*+*.png"))


@pytest.mark.parametrize("command", ["texture", "reconstruct", "features"])
def test_an_entirely_transparent_sample_is_refused(command, capsys):
    Image.new("RGBA", (48, 48), (255, 0, 255, 0)).save("gone.png")
    assert "entirely transparent" in refused(capsys, command, "gone.png", code=3)


# Flat samples, styles and photos.


def saved(name: str, array: np.ndarray) -> str:
    Image.fromarray(array.astype(np.uint8)).save(name)
    return name


def flat(colour=(90, 140, 200), height: int = 64, width: int = 64) -> np.ndarray:
    return np.broadcast_to(np.uint8(colour), (height, width, 3)).copy()


def nearly_flat() -> dict[str, np.ndarray]:
    generator, dot, ramp = np.random.default_rng(0), flat(BLACK), flat()
    dot[20, 30] = 255
    ramp[..., 0] = np.linspace(90, 96, 64)
    noise = {
        f"noise of {levels}": flat() + generator.integers(-levels, levels + 1, (64, 64, 3))
        for levels in (1, 2)
    }
    return {
        "one dot": dot,
        "dot in the corner": np.roll(dot, (-20, -30), (0, 1)),
        "smooth gradient": ramp,
        **noise,
    }


@pytest.mark.parametrize(
    "command",
    [
        ("texture", "flat.png"),
        ("stylize", "photo.png", "flat.png"),
        ("texture", "flat.png", "--preset", "texture2015"),
    ],
)
@pytest.mark.parametrize("colour", [BLACK, WHITE, (90, 140, 200)])
def test_a_flat_sample_or_style_is_refused_in_one_line(command, colour, photo, capsys):
    saved("flat.png", flat(colour))
    error = refused(capsys, *command, "--size", "64", code=3)
    assert "'flat' is one flat colour, so it has no style to transfer; use a picture with" in error


def test_a_style_of_which_a_flat_part_alone_counts_is_refused(photo, capsys):
    style, part = PAINTING.copy(), np.zeros((64, 64))
    style[:, :20], part[:, :16] = (10, 20, 30), 255
    saved("style.png", style), saved("part.png", part)
    error = refused(capsys, "stylize", str(photo), "style.png", "--style-part", "part.png", code=3)
    assert "the part of 'style' that 'part' shows is one flat colour" in error


@pytest.mark.parametrize("name", nearly_flat())
@pytest.mark.parametrize("preset", ["texture", "texture2015"])
def test_a_nearly_flat_sample_gives_a_texture_with_finite_losses(name, preset):
    settings = impasto.preset(preset).with_changes(size="64x64", steps=6)
    result = texture(nearly_flat()[name].astype(np.uint8), settings)
    assert np.isfinite(list(result.losses.values())).all() and max(result.losses.values()) < 1e9
    assert np.isfinite(np.asarray(result.image, float)).all()


@pytest.mark.parametrize(
    "array",
    [flat(BLACK), flat(WHITE), flat(), flat(WHITE, 1, 1), cut_out(flat((9, 99, 199)), MAGENTA)],
    ids=["black", "white", "blue", "1x1", "cut"],
)
def test_a_flat_photo_is_refused_with_the_command_that_paints_the_manner_alone(array, painting, capsys):
    saved("plain.png", array)
    error = refused(capsys, "stylize", "plain.png", str(painting), "--size", "96", code=3)
    assert (
        "'plain' is one flat colour, so it has no content to stylize; "
        "paint the style alone, as a texture of --size 96x96" in error
    )


@pytest.mark.parametrize("name", ["noise of 2", "smooth gradient", "one dot"])
def test_a_nearly_flat_photo_is_painted_without_worms(name):
    """Its target is about as flat as it is, not the noise in all colours of the painting."""
    photo = nearly_flat()[name].astype(np.uint8)
    run = Stylization(photo, PAINTING, SMALL)
    target = run.pictures.targets(run.scales[0], run.now)[0]
    steps = torch.cat([target.diff(dim=3).flatten(), target.diff(dim=2).flatten()])
    assert steps.abs().median() < 20
    assert np.isfinite(list(stylize(photo, PAINTING, SMALL).losses.values())).all()


@pytest.mark.parametrize("colour", [BLACK, WHITE, (90, 140, 200)])
def test_flat_pictures_are_reconstructed_and_looked_at_with_finite_losses(colour):
    settings = impasto.preset("reconstruction").with_changes(size=64, steps=4)
    for of in ("content", "style"):
        assert np.isfinite(list(reconstruct(flat(colour), settings, of=of).losses.values())).all()
    assert features(flat(colour), ["conv1_1"], 2)


def test_a_film_that_begins_in_black_is_painted():
    pytest.importorskip("cv2")
    Path("clip").mkdir()
    for number, frame in enumerate([flat(BLACK, 48, 64)] * 2 + [PHOTO] * 2):
        saved(f"clip/{number:03d}.png", frame)
    found = []
    settings = Settings(size=64, steps=8, start_size=0, precision="float32")
    impasto.film("clip", PAINTING, "out", settings, on_event=found.append)
    losses = [event.losses for event in found if isinstance(event, impasto.FrameDone)]
    assert len(losses) == 4 and all(np.isfinite(list(one.values())).all() for one in losses)
    assert len(list(Path("out").glob("*.png"))) == 4


# Runs that diverge.

TINY = ["--size", "64", "--start-size", "32", "--steps", "8", "--quiet"]
DIVERGING = {
    "adam": ["--optimizer", "adam", "--learning-rate", "1000"],
    "adam at one scale": ["--optimizer", "adam", "--learning-rate", "300", "--start-size", "0"],
    "a film's method": ["--preset", "anishathalye", "--init", "content", "--learning-rate", "5000"],
}


@pytest.mark.parametrize("name", DIVERGING)
def test_a_run_that_only_got_worse_writes_nothing_and_says_so(name, photo, painting, capsys):
    error = refused(
        capsys, "stylize", str(photo), str(painting), "-o", "out.png", *TINY, *DIVERGING[name], code=7
    )
    assert "the loss rose from" in error and "never fell below its start" in error
    assert "nothing was painted, so no picture is written" in error and "--learning-rate" in error
    assert not list(Path().glob("out*"))


@pytest.mark.parametrize("command", ["texture", "reconstruct"])
def test_textures_and_reconstructions_that_diverge_write_nothing(command, painting, capsys):
    arguments = [
        command,
        str(painting),
        "-o",
        "out.png",
        "--size",
        "64",
        "--steps",
        "6",
        "--quiet",
        *DIVERGING["adam"],
    ]
    assert "nothing was painted" in refused(capsys, *arguments, code=7)
    assert not list(Path().glob("out*"))


def test_a_loss_that_is_infinite_at_the_second_step_writes_nothing(photo, painting, capsys):
    arguments = [
        "stylize",
        str(photo),
        str(painting),
        "-o",
        "out.png",
        *TINY,
        "--optimizer",
        "adam",
        "--learning-rate",
        "1e38",
    ]
    error = refused(capsys, *arguments, code=7)
    assert "at step 2 of scale 1; nothing was painted, so no picture is written" in error
    assert not list(Path().glob("out*"))


def test_a_later_scale_that_diverges_leaves_the_picture_of_the_one_before(
    photo, painting, capsys, monkeypatch
):
    from impasto.engine import optimise

    class Wild(optimise.LBFGS):
        def advance(self, picture, gradient):
            moved = super().advance(picture, gradient)
            return moved if picture.shape[3] < 64 else picture + 900 * gradient.sign()

    monkeypatch.setattr(optimise, "LBFGS", Wild)
    # Under a strength the optimiser would take such steps back.
    weight = "--content-weight", "0.2"
    assert impasto_command("stylize", str(photo), str(painting), "-o", "out.png", *TINY, *weight) == 7
    error = capsys.readouterr().err
    assert (
        "of scale 3 and never fell below its start; the best picture is kept" in error
        or "of scale 2" in error
    )
    with Image.open("out.png") as image:
        assert (
            np.abs(
                np.asarray(image.convert("RGB"), float)
                - np.asarray(Image.open(photo).resize(image.size), float)
            ).mean()
            > 5
        )


@pytest.mark.parametrize(
    "options",
    [
        ["--strength", "0"],
        ["--strength", "0", "--optimizer", "adam", "--learning-rate", "10"],
        ["--steps", "1"],
        ["--steps", "1", *DIVERGING["adam"]],
    ],
    ids=" ".join,
)
def test_a_perfect_start_and_a_single_step_are_no_errors(options, photo, painting):
    assert impasto_command("stylize", str(photo), str(painting), "-o", "out.png", *TINY, *options) == 0
    assert Path("out.png").exists()


def test_painting_on_from_a_result_is_no_error(photo, painting):
    first = ["stylize", str(photo), str(painting), "--size", "64", "--start-size", "0", "--quiet"]
    assert impasto_command(*first, "-o", "out.png", "--steps", "60") == 0
    for steps in ("2", "3", "8"):
        for options in ([], ["--optimizer", "adam"]):
            on = ["-o", "on.png", "--init", "out.png", "--steps", steps, *options]
            assert impasto_command(*first, *on) == 0


def test_a_sheet_of_which_a_cell_diverges_leaves_it_empty(photo, painting, capsys):
    sheet = [
        "sheet",
        str(photo),
        str(painting),
        "--size",
        "64",
        "--steps",
        "6",
        "--optimizer",
        "adam",
        "--vary",
    ]
    assert impasto_command(*sheet, "learning_rate=2,1000", "-o", "sheet.png") == 0
    assert ": the loss rose from" in capsys.readouterr().err and Path("sheet.png").exists()
    error = refused(capsys, *sheet, "learning_rate=1000,2000", "-o", "none.png", "--quiet", code=7)
    assert "nothing was painted" in error and not Path("none.png").exists()


def test_a_film_of_which_nothing_was_painted_is_not_written(painting, capsys):
    pytest.importorskip("cv2")
    Path("clip").mkdir()
    for number in range(2):
        saved(f"clip/{number:03d}.png", np.roll(PHOTO, number, 1))
    film = [
        "video",
        "clip",
        str(painting),
        "-o",
        "out.gif",
        "--size",
        "64",
        "--steps",
        "4",
        "--quiet",
        *DIVERGING["adam"],
    ]
    assert "nothing was painted" in refused(capsys, *film, code=7)
    assert not Path("out.gif").exists()


def test_a_job_that_diverged_is_kept_and_its_state_says_so(photo, painting, capsys):
    arguments = [
        "stylize",
        str(photo),
        str(painting),
        "-o",
        "out.png",
        *TINY,
        *DIVERGING["adam"],
        "--job",
        "night",
    ]
    for _ in range(2):
        assert impasto_command(*arguments) == 7
        assert "nothing was painted" in capsys.readouterr().err and not Path("out.png").exists()


# A size of two sides.


@pytest.mark.parametrize(
    "arguments",
    [
        ["stylize", "photo.png", "painting.png"],
        ["plan", "photo.png", "painting.png"],
        ["video", "clip", "painting.png"],
        ["batch", "photo.png", "--styles", "painting.png", "-o", "results"],
        ["reconstruct", "photo.png"],
        ["reconstruct", "photo.png", "--of", "style"],
        ["reconstruct", "photo.png", "--figure", "content"],
        ["features", "photo.png"],
        ["features", "photo.png", "--layer", "conv1_1", "--maximize", "1"],
    ],
    ids=" ".join,
)
@pytest.mark.parametrize("through", ["option", "file"])
def test_a_size_of_two_sides_is_refused_where_the_photo_has_the_shape(
    arguments, through, photo, painting, capsys
):
    Path("clip").mkdir()
    saved("clip/1.png", PHOTO)
    Path("wide.toml").write_text('size = "128x64"\n')
    given = ["--size", "128x64"] if through == "option" else ["--settings", "wide.toml"]
    error = refused(capsys, *arguments, *given, code=2)
    assert "size 128x64 has two sides, but the aspect is that of the" in error
    assert "; give the long side, --size 128" in error
    assert not Path("results").exists()


def test_an_aspect_in_a_settings_file_is_refused_for_a_photo(photo, painting, capsys):
    Path("wide.toml").write_text('aspect = "2:1"\nsize = 300\n')
    assert "aspect 2:1 is for textures" in refused(
        capsys, "stylize", "photo.png", "painting.png", "--settings", "wide.toml", code=2
    )


@pytest.mark.parametrize("size", ["128x64", "30cmx20cm"])
def test_a_result_is_not_painted_again_at_a_size_of_two_sides(size, photo, painting, capsys):
    assert impasto_command("stylize", "photo.png", "painting.png", "-o", "out.png", *TINY) == 0
    error = refused(
        capsys, "again", "out.png", "--size", size, *(["--dpi", "10"] if "cm" in size else []), code=2
    )
    assert "has two sides" in error and "give the long side, --size 1" in error


def test_a_sheet_takes_one_side_for_its_cells(photo, painting, capsys):
    assert "--size" in refused(capsys, "sheet", "photo.png", "painting.png", "--size", "128x64", code=2)
    assert "has two sides" in refused(
        capsys, "sheet", "photo.png", "painting.png", "--vary", "size=64,128x64", code=2
    )


def test_python_is_told_as_well(photo, painting):
    wide = Settings(size="128x64")
    calls = [
        lambda: stylize(PHOTO, PAINTING, wide),
        lambda: features(PHOTO, settings=wide),
        lambda: impasto.Filming("clip", PAINTING, wide),
    ]
    Path("clip").mkdir()
    saved("clip/1.png", PHOTO)
    for call in (
        *calls,
        lambda: impasto.sheet(PHOTO, PAINTING, (), wide),
        lambda: list(impasto.batch("photo.png", "painting.png", "out", wide)),
    ):
        with pytest.raises(impasto.SettingsError, match="128x64 has two sides"):
            call()


def test_a_texture_has_two_sides(painting):
    assert (
        impasto_command(
            "texture", "painting.png", "-o", "wide.png", "--size", "96x64", "--steps", "4", "--quiet"
        )
        == 0
    )
    with Image.open("wide.png") as image:
        assert image.size == (96, 64)


# Pictures that are too small for the layers.


def advised(error: str, option: str) -> str:
    found = re.search(rf"a larger {option}: (\S+) or more", error)
    assert found, error
    return found[1]


def test_a_scroll_as_style_is_painted_from_the_scale_at_which_it_is_wide_enough(photo):
    saved("scroll.png", blobs(100, 4000, 3))
    run = Stylization(str(photo), "scroll.png", Settings(size=512))
    assert [max(scale.size) for scale in run.scales] == [362, 512]
    saved("shorter.png", blobs(100, 2000, 3))
    paint = ["stylize", "photo.png", "shorter.png", "--size", "165", "--start-size", "128"]
    run = Stylization("photo.png", "shorter.png", Settings(size=165, start_size=128))
    assert [max(scale.size) for scale in run.scales] == [165]
    assert impasto_command(*paint, "-o", "out.png", "--steps", "2", "--quiet") == 0


def test_a_scroll_at_a_small_size_is_told_the_smallest_one_that_works(photo, capsys):
    saved("scroll.png", blobs(100, 2000, 3))
    error = refused(capsys, "stylize", "photo.png", "scroll.png", "--size", "100", code=3)
    assert (
        "style 'scroll' at 100x5 px is too small for conv4_2, which needs 8 px a side; give a larger --size"
        in error
    )
    assert "shallower --content-layers" in error
    for option in ("--size", "--brush"):
        value = advised(error, option)
        less = str(int(value) - 1) if option == "--size" else f"{float(value) - 0.01:.2f}"
        size = [] if option == "--size" else ["--size", "100"]
        assert (
            impasto_command(
                "stylize",
                "photo.png",
                "scroll.png",
                *size,
                option,
                value,
                "-o",
                "out.png",
                "--steps",
                "1",
                "--quiet",
            )
            == 0
        )
        refused(capsys, "stylize", "photo.png", "scroll.png", *size, option, less, code=3)


def test_a_tiny_sample_is_told_the_brush_that_helps_and_not_a_size(capsys):
    saved("tiny.png", blobs(12, 12, 3))
    error = refused(capsys, "texture", "tiny.png", "--size", "128", code=3)
    assert (
        "style 'tiny' at 12x12 px is too small" in error
        and "--size" not in error
        and "shallower --layers" in error
    )
    brush = advised(error, "--brush")
    assert (
        impasto_command(
            "texture",
            "tiny.png",
            "--size",
            "128",
            "--brush",
            brush,
            "-o",
            "out.png",
            "--steps",
            "2",
            "--quiet",
        )
        == 0
    )
    refused(capsys, "texture", "tiny.png", "--size", "128", "--brush", f"{float(brush) - 0.01:.2f}", code=3)


def test_a_sample_that_no_brush_helps_is_told_of_layers(capsys):
    saved("dots.png", blobs(3, 3, 3))
    error = refused(capsys, "texture", "dots.png", "--size", "64", code=3)
    assert error.endswith("give shallower --layers")
    assert (
        impasto_command(
            "texture",
            "dots.png",
            "--size",
            "64",
            "--layers",
            "conv1_1",
            "-o",
            "out.png",
            "--steps",
            "2",
            "--quiet",
        )
        == 0
    )


@pytest.mark.parametrize(
    ("command", "option"),
    [
        (["stylize", "ribbon.png", "painting.png"], "--content-layers"),
        (["reconstruct", "ribbon.png", "--layer", "conv5_1"], "--layer"),
        (["reconstruct", "ribbon.png", "--of", "style"], "--layers"),
        (["features", "ribbon.png"], "--layer"),
        (["features", "ribbon.png", "--layer", "conv5_1", "--maximize", "3"], "--layer"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else value,
)
def test_a_ribbon_is_told_the_smallest_size_that_works(command, option, painting, capsys):
    saved("ribbon.png", blobs(30, 300, 3))
    error = refused(capsys, *command, "--size", "60", code=3)
    needed = 8 if command[0] == "stylize" else 16
    assert f"which needs {needed} px a side" in error and f"shallower {option}" in error
    size = int(advised(error, "--size"))
    steps = [] if command[0] == "features" and "--maximize" not in command else ["--steps", "1"]
    assert impasto_command(*command, "--size", str(size), "-o", "out.png", "--quiet", *steps) == 0
    refused(capsys, *command, "--size", str(size - 1), code=3)


def test_a_texture_of_two_sides_is_told_both(capsys):
    saved("sample.png", blobs(64, 64, 3))
    error = refused(capsys, "texture", "sample.png", "--size", "64x8", code=3)
    width, height = map(int, advised(error, "--size").split("x"))
    assert (
        height == 16
        and impasto_command(
            "texture", "sample.png", "--size", f"{width}x{height}", "-o", "out.png", "--steps", "1", "--quiet"
        )
        == 0
    )


def test_scales_in_which_a_mask_vanishes_are_left_out(photo, painting, capsys):
    dot = np.zeros((960, 1280), np.uint8)
    dot[400:402, 600:602] = 40
    saved("dot.png", dot)
    arguments = ["stylize", "photo.png", "painting.png", "--style-mask", "dot.png", "--start-size", "16"]
    error = refused(capsys, *arguments, "--size", "32", code=3)
    assert "mask 'dot' has no white area left at 32x24 px" in error
    size = advised(error, "--size")
    assert impasto_command(*arguments, "--size", size, "-o", "out.png", "--steps", "1", "--quiet") == 0
    sizes = [
        max(scale.size)
        for scale in Stylization(
            "photo.png", "painting.png", Settings(size=256, start_size=32, style_mask=("dot.png",))
        ).scales
    ]
    assert sizes[-1] == 256 and sizes[0] > 32


def test_sizes_that_fitted_have_the_scales_they_had(photo, painting):
    sizes = [
        [max(scale.size) for scale in Stylization("photo.png", "painting.png", Settings(size=size)).scales]
        for size in (128, 512, 1024)
    ]
    assert sizes == [[128], [256, 362, 512], [256, 362, 512, 724, 1024]]


def refused(capsys, *arguments: str, code: int) -> str:
    """The one line with which a command ends that wrote nothing."""
    capsys.readouterr()
    assert impasto_command(*arguments) == code
    output = capsys.readouterr()
    lines = output.err.strip().splitlines()
    assert output.out == "" and len(lines) == 1 and "Traceback" not in output.err
    return lines[0]


def impasto_command(*arguments: str) -> int:
    from impasto.cli import run_command

    return run_command([*arguments])
