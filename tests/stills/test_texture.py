"""Textures, reconstructions and features, on the same run as pictures."""

import json

import numpy as np
import pytest
import torch
from PIL import Image

import impasto
from conftest import blobs
from impasto.cli import run_command
from impasto.errors import SettingsError
from impasto.settings.layers import Layer
from impasto.settings.presets import preset
from impasto.stills.features import feature_grid, features, maximize
from impasto.stills.figures import DEEPER, POOLED, figure
from impasto.stills.reconstruct import reconstruct
from impasto.stills.stylize import Stylization
from impasto.stills.texture import parameters, texture

SAMPLE, PHOTO = blobs(80, 96, 3), blobs(48, 64, 1)
SMALL = preset("texture").with_changes(size="96x64", steps=12, start_size=48, min_fall=0)
AGAIN = preset("reconstruction").with_changes(size=64, steps=150)


def psnr(one, other):
    return 10 * np.log10(255**2 / np.mean((np.asarray(one, float) - np.asarray(other, float)) ** 2))


def test_a_gram_matrix_has_as_many_numbers_as_the_paper_says():
    assert parameters([Layer("conv1_1")]) == 2_080
    assert parameters(POOLED) == 176_640


@pytest.mark.parametrize("size", ["96x64", "64x96", "48x48"])
def test_a_texture_has_the_size_and_the_colours_that_are_asked_for(size):
    result = texture(SAMPLE, SMALL.with_changes(size=size))
    assert "x".join(map(str, result.image.size)) == size
    found, wanted = (np.asarray(picture, float).mean((0, 1)) for picture in (result.image, SAMPLE))
    assert np.abs(found - wanted).max() < 15


def test_a_sample_keeps_its_pixels_whatever_the_size():
    for size in (64, 200):
        run = Stylization(None, SAMPLE, SMALL.with_changes(size=size, aspect="1:1"), command="texture")
        targets = run.pictures.targets(run.scales[-1], run.now)[1]
        assert [tuple(target.shape[2:]) for target in targets] == [(80, 96)]
        coarse = run.pictures.targets(run.scales[0], run.now)[1][0].shape[3]
        assert coarse == pytest.approx(48, abs=1)


def test_the_losses_fall_below_those_of_noise_and_the_seed_says_which_texture():
    one, same, other = (texture(SAMPLE, SMALL.with_changes(seed=seed)) for seed in (0, 0, 1))
    assert one.image.tobytes() == same.image.tobytes() != other.image.tobytes()
    first = texture(SAMPLE, SMALL.with_changes(steps=1, start_size=0))
    assert sum(one.losses.values()) < sum(first.losses.values()) * 0.75


def fine(pixels):
    """The power of differences between neighbours, by halves of the width."""
    steps = (pixels[..., 1:, :] - pixels[..., :-1, :]).square().mean((0, 1, 2))
    return float(steps[: len(steps) // 2].mean()), float(steps[len(steps) // 2 :].mean())


def begun(samples, **changes):
    """What the second scale starts from, after a first one that is even."""
    run = Stylization(None, samples, SMALL.with_changes(recolour=False, **changes), command="texture")
    even = torch.full((1, 3, *run.scales[0].size), 128.0)
    return run.pictures.next_start(even, *run.scales[:2], run.now)


def test_a_scale_begins_with_the_grain_of_its_samples():
    rough = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    assert max(fine(begun(rough, spectrum_weight=0))) < 1e-6
    left, right = fine(begun(rough))
    mixed = sum(fine(begun([(rough, 1), (np.full_like(rough, 128), 3)]))) / 2
    assert left == pytest.approx(right, rel=0.3) and mixed == pytest.approx(left / 4, rel=0.3)


def test_a_region_begins_with_the_grain_of_its_own_sample(tmp_path):
    rough = np.random.default_rng(0).integers(0, 256, (96, 96, 3), dtype=np.uint8)
    half = np.zeros((64, 96), np.uint8)
    half[:, :48] = 255
    masks = [str(tmp_path / name) for name in ("left.png", "right.png")]
    for name, mask in zip(masks, (half, 255 - half), strict=True):
        Image.fromarray(mask).save(name)
    left, right = fine(begun([rough, np.full_like(rough, 128)], style_mask=masks))
    assert left > 20 * right


def test_what_is_tileable_has_no_seam():
    """Shifted by half of each side, a tileable texture still matches its sample; another one has a cross."""
    losses = {}
    for tileable in (True, False):
        run = Stylization(
            None,
            SAMPLE,
            SMALL.with_changes(tileable=tileable, steps=30, spectrum_weight=0),
            command="texture",
        )
        for _ in run:
            pass
        pixels = run.state.kept
        jumps = [(pixels.roll(1, dim) - pixels).square().mean((0, 1, 5 - dim)) for dim in (2, 3)]
        losses[tileable] = max(float(jump[0] / jump.mean()) for jump in jumps)
        assert all(side % 16 == 0 for side in pixels.shape[2:])
        if tileable:
            objective = run._objective(run.scales[-1], run.encoder, run.plans[-1])
            moved = pixels.roll([side // 2 for side in pixels.shape[2:]], (2, 3))
            assert objective(moved).loss == pytest.approx(objective(pixels).loss, rel=0.05)
    assert losses[True] < 3 < losses[False]


def test_tileable_in_tiles_is_tileable_as_whole():
    whole, tiled = (
        texture(
            SAMPLE, SMALL.with_changes(tileable=True, steps=2, start_size=0, precision="float32", plan=plan)
        )
        for plan in ("keep", "tile:32")
    )
    assert np.abs(np.asarray(whole.image, float) - np.asarray(tiled.image, float)).mean() < 1


def test_a_mask_paints_textures_by_region(tmp_path):
    half = np.zeros((64, 96), np.uint8)
    half[:, :48] = 255
    for name, mask in (("left.png", half), ("right.png", 255 - half)):
        Image.fromarray(mask).save(tmp_path / name)
    red, blue = (np.full((64, 64, 3), colour, np.uint8) for colour in ((200, 30, 30), (30, 30, 200)))
    masks = [str(tmp_path / name) for name in ("left.png", "right.png")]
    result = np.asarray(texture([red, blue], SMALL.with_changes(style_mask=masks, steps=40)).image, float)
    left, right = result[:, :36].mean((0, 1)), result[:, 60:].mean((0, 1))
    assert left[0] > left[2] + 60 and right[2] > right[0] + 60


def test_the_deeper_the_layer_the_less_it_gives_back():
    settings, found = preset("reconstruction").with_changes(size=64, steps=150), []
    for layer in ("conv1_2", "conv2_2", "conv4_2"):
        result = reconstruct(PHOTO, settings.with_changes(content_layers=layer))
        found.append(psnr(result.image, Image.fromarray(PHOTO).resize(result.image.size)))
    assert found[0] > 35 and found[0] > found[1] + 2 > found[2] + 4


def test_a_style_is_reconstructed_in_the_size_of_its_picture():
    result = reconstruct(PHOTO, AGAIN.with_changes(steps=5), of="style")
    assert result.image.size == (64, 48) and all(
        name.startswith(("style", "variation", "range")) for name in result.losses
    )
    with pytest.raises(SettingsError, match="must be one of content, style, got 'manner'"):
        reconstruct(PHOTO, AGAIN, of="manner")


def test_features_are_those_of_the_most_active_filters(encoder):
    found = features(
        PHOTO, ["conv1_1", "pool2"], channels=3, settings=preset("features").with_changes(size=64)
    )
    assert list(found) == ["conv1_1", "pool2"] and all(len(maps) == 3 for maps in found.values())
    assert found["conv1_1"][0][1].size == (64, 48) and found["pool2"][0][1].size == (16, 12)
    picture = torch.from_numpy(PHOTO.astype(np.float32)).permute(2, 0, 1)[None]
    means = encoder(picture, ["conv1_1"])["conv1_1"].mean((0, 2, 3))
    assert [number for number, _ in found["conv1_1"]] == means.argsort(descending=True)[:3].tolist()
    assert feature_grid(found).width > 3 * 128


def test_what_excites_a_filter_does_so_more_than_the_picture():
    result = maximize(PHOTO, "conv2_1", 5, preset("features").with_changes(size=64, steps=15))
    assert result.losses["activation conv2_1"] < 0.5


@pytest.mark.parametrize(
    ("kind", "axis", "cells"),
    [("texture", "style_layers", 5), ("content", "content_layers", 5), ("style", "style_layers", 5)],
)
def test_a_figure_is_a_sheet_whose_cells_start_a_full_run(tmp_path, kind, axis, cells):
    sheet = figure(
        kind, SAMPLE, SMALL.with_changes(size=48, aspect="", steps=2, start_size=0, style_fit="long")
    )
    for _ in sheet:
        pass
    assert len(sheet.painted) == cells
    path = sheet.save(tmp_path / "figure.png")
    recipe = impasto.SheetRecipe.read(path).cell("B1")
    assert recipe.command == ("texture" if kind == "texture" else "reconstruct")
    assert len(getattr(recipe.settings, axis)) == (1 if kind == "content" else 2)
    if kind == "content":
        assert recipe.settings.content_layers == (DEEPER[1],)
    else:
        assert ("2,080 parameters" in sheet.words("A1")) == (kind == "texture")


def test_again_makes_the_same_bytes_of_each(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(SAMPLE).save("sample.png")
    small = ["--size", "48", "--steps", "3", "--quiet"]
    commands = {
        "texture": ["texture", "sample.png", "--tileable"],
        "content": ["reconstruct", "sample.png", "--layer", "conv2_2"],
        "style": ["reconstruct", "sample.png", "--of", "style", "--layers", "conv1_1,conv2_1"],
        "filter": ["features", "sample.png", "--layer", "conv2_1", "--maximize", "7"],
    }
    for name, command in commands.items():
        assert run_command([*command, *small, "-o", f"{name}.png", "--job", f"{name}.job"]) == 0
        assert run_command(["again", f"{name}.png", "-o", "again.png", "--quiet"]) == 0
        assert (tmp_path / "again.png").read_bytes() == (tmp_path / f"{name}.png").read_bytes()
        (tmp_path / "again.png").unlink()


@pytest.mark.parametrize(
    ("command", "message"),
    [
        (["texture", "sample.png", "--size", "96x"], "size must be in pixels, mm, cm or in, got '96x'"),
        (["texture", "sample.png", "--aspect", "wide"], "aspect must be a number, got 'wide'"),
        (
            ["texture", "sample.png", "--preset", "johnson"],
            "preset 'johnson' is for 'stylize'; for 'texture' choose one of texture, texture2015",
        ),
        (
            ["texture", "sample.png", "--init", "content"],
            "init must be noise or a picture file, got 'content'",
        ),
        (["texture", "sample.png", "--strength", "50"], "No such option"),
        (["texture", "sample.png", "sample.png", "--figure"], "--figure is of one sample, got 2"),
        (["texture", "missing.png"], "no file 'missing.png'"),
        (["reconstruct", "sample.png", "--layer", "conv9_1"], "unknown layer 'conv9_1'"),
        (
            ["features", "sample.png", "--layer", "conv1_1", "--maximize", "64"],
            "channel must be 0 to 63, the filters of conv1_1, got 64",
        ),
        (
            ["reconstruct", "sample.png", "--layers", "conv2_1"],
            "--layers conv2_1 would change nothing here: for content give --layer, or --of style",
        ),
        (
            ["reconstruct", "sample.png", "--of", "style", "--layer", "conv2_1"],
            "--layer conv2_1 would change nothing here: --of style takes --layers",
        ),
        (
            ["reconstruct", "sample.png", "--figure", "content", "--layer", "conv2_1"],
            "--figure has layers of its own",
        ),
        (["texture", "sample.png", "--figure", "--layers", "conv2_1"], "--figure has nested sets of its own"),
        (["features", "sample.png", "--maximize", "4"], "--maximize needs one --layer, got 0"),
        (["features", "sample.png", "--channels", "0"], "channels must be >= 1, got 0"),
    ],
)
def test_a_mistake_is_one_line(tmp_path, monkeypatch, capsys, command, message):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(SAMPLE).save("sample.png")
    assert run_command([*command, "-o", "out.png"]) in (2, 3)
    said = capsys.readouterr().err.strip()
    assert message in said and "\n" not in said
    assert not (tmp_path / "out.png").exists()


def test_features_say_where_they_are_as_json(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    Image.fromarray(SAMPLE).save("sample.png")
    assert run_command(["features", "sample.png", "--size", "64", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["output"].endswith("sample-features.png")
