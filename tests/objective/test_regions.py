"""Regions: ones are nothing, a style stays at home, and the painting's own part gives its statistics."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from conftest import objective_of, tiny_weights
from impasto.encoder.tiles import Tiles, halo
from impasto.encoder.vgg19 import VGG19
from impasto.losses.moments import moments
from impasto.losses.regions import Regions, at_layer, territory
from impasto.settings import Settings

SETTINGS = Settings().with_changes(
    style_layers="conv1_1,conv2_1,conv3_1:0.5", content_layers="conv2_2", blend="losses", content_weight=0.12
)
SHARES = (0.25, 0.75)


def picture(height, width, seed):
    return (
        torch.rand(1, 3, height, width, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
        * 260
    )


def mask(height, width, seed=None):
    ones = torch.ones(1, 1, height, width, dtype=torch.float64)
    return ones if seed is None else picture(height, width, seed)[:, :1] / 260


@pytest.fixture(scope="module")
def tiny():
    return VGG19(tiny_weights(), dtype=torch.float64)


@pytest.mark.parametrize("tile", [0, 16])
@pytest.mark.parametrize("losses", ["relative", "gatys", "mean"])
def test_masks_of_ones_are_no_masks(tiny, tile, losses):
    settings = SETTINGS.with_changes(losses=losses)
    styles, x = [picture(40, 30, 2), picture(36, 44, 3)], picture(48, 37, 4)
    ones = Regions((mask(48, 37), mask(48, 37)), (mask(40, 30), mask(36, 44)), mask(48, 37), mask(48, 37))
    plain, masked = (
        objective_of(tiny, picture(48, 37, 1), styles, SHARES, settings, tile, "", regions)(x)
        for regions in (None, ones)
    )
    assert masked.loss == pytest.approx(plain.loss, rel=1e-6) and masked.losses == pytest.approx(
        plain.losses, rel=1e-6
    )
    assert (masked.gradient - plain.gradient).norm() <= 1e-6 * plain.gradient.norm()


def test_masks_go_to_the_device_that_paints():
    moved = Regions((mask(8, 12), None), (None, mask(9, 7)), mask(8, 12)).on(torch.device("meta"))
    there = [one for one in (*moved.styles, *moved.parts, moved.content) if one is not None]
    assert [one.device.type for one in there] == ["meta"] * 3 and moved.styles[1] is moved.parts[
        0
    ] is moved.emphasis is None


def test_two_equal_styles_in_one_region_are_one(tiny):
    region, style, x = mask(48, 37, 5), picture(40, 30, 2), picture(48, 37, 4)
    one = objective_of(
        tiny, picture(48, 37, 1), [style], [1.0], SETTINGS, regions=Regions((region,), (None,))
    )(x)
    two = objective_of(
        tiny,
        picture(48, 37, 1),
        [style, style],
        SHARES,
        SETTINGS,
        regions=Regions((region, region), (None, None)),
    )(x)
    # Of what one mask covers by half, two of them cover all.
    assert two.losses["content conv2_2"] == one.losses["content conv2_2"]
    both = territory((region, region), SHARES).mean() * 2 / territory((region,), [1.0]).mean()
    assert two.losses["style conv2_1"] == pytest.approx(one.losses["style conv2_1"] * float(both))


@pytest.mark.parametrize("tile", [0, 16])
def test_a_style_changes_nothing_beyond_what_its_region_sees(tiny, tile):
    settings = SETTINGS.with_changes(content_weight=0, range_weight=0)
    left = mask(32, 80)
    left[..., 40:] = 0
    for region, styled, free in (
        (left, slice(0, 40), slice(40 + halo("conv3_1"), None)),
        (1 - left, slice(40, None), slice(0, 40 - halo("conv3_1"))),
    ):
        objective = objective_of(
            tiny,
            picture(32, 80, 1),
            [picture(40, 30, 2)],
            [1.0],
            settings,
            tile,
            "",
            Regions((region,), (None,)),
        )
        gradient = objective(picture(32, 80, 4)).gradient
        assert gradient[..., styled].abs().min() > 0 and not gradient[..., free].any()


def test_where_no_mask_covers_only_the_content_acts(tiny):
    left, x = mask(32, 80), picture(32, 80, 4)
    left[..., 40:] = 0
    whole = objective_of(
        tiny, picture(32, 80, 1), [picture(40, 30, 2)], [1.0], SETTINGS, regions=Regions((left,), (None,))
    )(x)
    content = objective_of(
        tiny, picture(32, 80, 1), [picture(40, 30, 2)], [1.0], SETTINGS.with_changes(style_weight=0)
    )(x)
    away = slice(40 + halo("conv3_1"), None)
    assert torch.allclose(whole.gradient[..., away], content.gradient[..., away], rtol=1e-9, atol=0)


def test_a_masked_objective_has_the_gradient_of_its_value(tiny):
    regions = Regions(
        (mask(8, 12, 5), mask(8, 12, 6)), (None, mask(10, 9, 7)), mask(8, 12, 8), 1 + 9 * mask(8, 12, 9)
    )
    objective = objective_of(
        tiny, picture(8, 12, 1), [picture(9, 9, 2), picture(10, 9, 3)], SHARES, SETTINGS, regions=regions
    )
    x = picture(8, 12, 4)
    gradient = objective(x).gradient
    for i in range(0, x.numel(), 13):
        nudge = torch.zeros(x.numel(), dtype=torch.float64)
        nudge[i] = 1e-4
        up, down = (objective(x + sign * nudge.view_as(x)).loss for sign in (1, -1))
        assert float(gradient.flatten()[i]) == pytest.approx(
            (up - down) / 2e-4, rel=1e-3, abs=1e-6 * float(gradient.abs().max())
        )


@pytest.mark.parametrize("tile", [16, 1000])
def test_a_part_of_the_style_gives_its_statistics_alone(tiny, tile):
    style, half = picture(32, 48, 2), mask(32, 48)
    half[..., 16:] = 0
    found = moments(Tiles(tiny, tile, "conv3_1"), style, ["conv1_1", "conv3_1"], half)
    for name, positions in (("conv1_1", 16), ("conv3_1", 4)):
        rows = tiny(style, [name])[name][0, :, :, :positions].flatten(1)
        assert torch.allclose(found[name], rows @ rows.T / rows.shape[1])


@given(st.integers(4, 40), st.integers(4, 40), st.sampled_from(["conv1_1", "conv2_1", "conv3_1"]))
def test_a_mask_has_the_positions_of_its_layer(height, width, name):
    tiny = VGG19(tiny_weights(), dtype=torch.float64)
    assert (
        at_layer(mask(height, width, 1), name).shape[2:]
        == tiny(picture(height, width, 1), [name])[name].shape[2:]
    )


@given(st.integers(0, 1000), st.floats(0, 1))
def test_pixels_are_shared_out_as_far_as_masks_cover_them(seed, share):
    masks = (mask(3, 4, seed), mask(3, 4, seed + 1))
    owned = territory(masks, (share, 1 - share))
    assert (owned >= 0).all() and (owned.sum(0) <= 1 + 1e-9).all()
    if 0.01 < share < 0.99:
        assert torch.allclose(owned.sum(0), (masks[0] + masks[1]).clamp_max(1)[0])
    assert torch.allclose(
        territory((masks[0], 1 - masks[0]), (0.5, 0.5)), torch.cat([masks[0], 1 - masks[0]])
    )
    assert torch.allclose(
        territory((mask(3, 4), None), SHARES).mean((1, 2, 3)), torch.tensor(SHARES, dtype=torch.float64)
    )
