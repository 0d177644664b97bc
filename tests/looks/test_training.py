import copy

import numpy as np
import pytest
import torch
from PIL import Image

from conftest import blobs
from impasto.encoder import load_encoder
from impasto.errors import LookError
from impasto.looks.crops import draw, load_photo
from impasto.looks.manner import Manner
from impasto.looks.network import fresh_trunk, fresh_values
from impasto.looks.state import State, read_state
from impasto.looks.training import FREE, Training, strayed
from impasto.settings import Settings

LAYERS = ("conv1_1", "conv2_1")
SMALL = Settings(style_layers=LAYERS, content_layers=("conv2_1",), protect="")


@pytest.fixture(scope="module")
def encoder():
    return load_encoder(["conv2_1"])


@pytest.fixture(scope="module")
def photos():
    return [load_photo(Image.fromarray(blobs(96, 128, seed))) for seed in range(3)]


def manners(width=8):
    stripes = np.tile(np.arange(64) % width < width / 2, (64, 1))[..., None] * np.array([200, 60, 20]) + 20
    return [Manner.of(torch.from_numpy(stripes).float().permute(2, 0, 1)[None])]


def fresh():
    return State(fresh_values().repeat(1, 2, 1), fresh_trunk(torch.Generator().manual_seed(0)))


def training(encoder, photos, state, steps, kernels=True, width=8):
    return Training(encoder, manners(width), photos, SMALL, state, steps=steps, kernels=kernels, side=48)


def test_a_crop_has_its_side_and_the_colours_of_the_painting(photos):
    generator, target = torch.Generator().manual_seed(0), manners()[0].colours
    crops = [draw(photos, target, generator, 48) for _ in range(40)]
    assert {tuple(crop.shape) for crop in crops} == {(1, 3, 48, 48)}
    mean = torch.cat(crops).mean((0, 2, 3))
    torch.testing.assert_close(mean, target.mean, rtol=0, atol=25)


def style_errors(steps):
    """The style's errors from step to step; the loss as a whole depends on the strength that was drawn."""
    return [sum(step.losses[f"style {layer}"] for layer in LAYERS) for step in steps]


def test_a_place_of_another_colour_is_an_error_but_strokes_are_none():
    crop = torch.full((1, 3, 48, 48), 100.0)
    strokes, place = crop.clone(), crop.clone()
    strokes[:, :, ::2] += 60
    strokes[:, :, 1::2] -= 60
    place[:, 0, :16, :16] += FREE + 30
    assert strayed(strokes, crop) == strayed(crop + FREE, crop) == 0 < strayed(place, crop)


def test_the_style_error_falls(encoder, photos):
    errors = style_errors(training(encoder, photos, fresh(), 80))
    assert np.mean(errors[-20:]) < 0.85 * errors[0]


def test_values_alone_learn_another_painting_and_leave_the_kernels_as_they_are(encoder, photos):
    trunk = fresh()
    list(training(encoder, photos, trunk, 80))
    state = State(fresh_values().repeat(1, 2, 1), trunk.trunk, rate=0.02)
    kernels = copy.deepcopy(state.trunk)
    errors = style_errors(training(encoder, photos, state, 80, kernels=False, width=16))
    assert np.mean(errors[-20:]) < 0.94 * np.mean(errors[:5])
    assert all(torch.equal(kernels[name], state.trunk[name]) for name in kernels)


def test_resumed_training_equals_uninterrupted(encoder, photos, tmp_path):
    whole, parts = fresh(), fresh()
    list(training(encoder, photos, whole, 12))
    for step in training(encoder, photos, parts, 12):
        if step.step == 5:
            break
    parts.write(tmp_path / "state")
    resumed = read_state(tmp_path / "state")
    list(training(encoder, photos, resumed, 12))
    assert torch.equal(whole.values, resumed.values)
    assert all(torch.equal(whole.trunk[name], resumed.trunk[name]) for name in whole.trunk)


@pytest.mark.parametrize(
    "damage", [lambda content: content[:-9], lambda content: b"no state at all", lambda _: b""]
)
def test_a_state_that_is_damaged_is_refused_in_one_line(damage, tmp_path):
    fresh().write(tmp_path / "state")
    (tmp_path / "state").write_bytes(damage((tmp_path / "state").read_bytes()))
    with pytest.raises(LookError, match=r"cannot resume training from '.*': .*; start anew$"):
        read_state(tmp_path / "state")


def test_a_crop_with_next_to_nothing_on_it_does_not_throw_the_training_off(encoder, photos):
    state = fresh()
    run = training(encoder, photos, state, 40)
    for _ in zip(range(20), run, strict=False):
        pass
    gradients = {name: 1e6 * torch.ones_like(one) for name, one in state.named(True).items()}
    usual, size = state.norm, sum(one.numel() for one in gradients.values())
    run._clip(list(gradients.values()))
    assert sum(float(one.square().sum()) for one in gradients.values()) ** 0.5 <= 2.01 * usual
    assert state.norm < 1.1 * usual and size > 400_000
