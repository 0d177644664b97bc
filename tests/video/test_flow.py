"""Flow and warping recover motion that is known."""

import math

import cv2
import numpy as np
import pytest
import torch

from clips import HEIGHT, WIDTH, moved, passing, photo
from impasto.errors import PictureError, SettingsError
from impasto.video.consistency import firmness, long_term, reliability
from impasto.video.flow import METHODS, estimator
from impasto.video.frame import grey, pixels
from impasto.video.warp import detail_kept, warp


def turned(degrees):
    c, s = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    return torch.tensor([[c, -s], [s, c]])


MOTIONS = {
    "translation": (torch.eye(2), (6.5, -3.25)),
    "rotation": (turned(3), (0.0, 0.0)),
    "zoom": (torch.eye(2) * 1.06, (0.0, 0.0)),
}


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("motion", MOTIONS)
@pytest.mark.parametrize("name", ["coffee.png", "eilean_donan.webp"])
def test_a_moved_photo_is_followed_within_half_a_pixel(name, motion, method):
    first, second, truth = moved(*MOTIONS[motion], name)
    estimate = estimator(method)
    flow, reverse = estimate(grey(first), grey(second)), estimate(grey(second), grey(first))
    assert flow.shape == (1, 2, HEIGHT, WIDTH) and flow.dtype == torch.float32
    weights = reliability(flow, reverse)
    error = (flow - truth).square().sum(1, keepdim=True).sqrt()
    assert float((error * weights).sum() / weights.sum()) < 0.5
    assert float(weights.mean()) > 0.6
    one, other = (pixels(frame, (HEIGHT, WIDTH)) for frame in (first, second))
    follows = ((one - warp(other, flow)[0]).abs().mean(1, keepdim=True) * weights).sum() / weights.sum()
    stays = (one - other).abs().mean()
    assert follows < 0.4 * stays


def test_flow_is_the_same_every_time_however_many_threads_there_are():
    first, second, _ = moved(turned(2))
    flows = []
    for threads in (1, 2, 4):
        cv2.setNumThreads(threads)
        flows.append(estimator("dis")(grey(first), grey(second)))
    assert torch.equal(flows[0], flows[1]) and torch.equal(flows[0], flows[2])


def test_the_light_of_a_frame_is_that_of_its_pixels():
    first = moved(turned(0))[0]
    assert np.array_equal(grey(first), grey(pixels(first, (HEIGHT, WIDTH))))
    assert np.abs(grey(first).astype(int) - cv2.cvtColor(first, cv2.COLOR_RGB2GRAY)).max() <= 1


def test_frames_of_two_sizes_or_too_small_are_refused():
    estimate = estimator("dis")
    with pytest.raises(PictureError, match="frames must have the same size, got 40x30 and 41x30 px"):
        estimate(np.zeros((30, 40), np.uint8), np.zeros((30, 41), np.uint8))
    with pytest.raises(PictureError, match="at least 16 px a side, got 40x15"):
        estimate(np.zeros((15, 40), np.uint8), np.zeros((15, 40), np.uint8))


def test_a_method_that_is_none_or_lacks_its_library_is_refused(monkeypatch):
    with pytest.raises(
        SettingsError, match="flow must be one of dis, deepflow or a folder of .flo files, got 'raft'"
    ):
        estimator("raft")
    monkeypatch.delattr(cv2.optflow, "createOptFlow_DeepFlow")
    with pytest.raises(SettingsError, match="pip install opencv-contrib-python-headless"):
        estimator("deepflow")


def test_without_opencv_one_line_says_what_brings_it(without_opencv):
    with pytest.raises(
        SettingsError, match=r"flow dis needs OpenCV; install it with pip install 'impasto\[video\]'"
    ):
        estimator("dis")


def constant(x, y, height=6, width=8):
    return torch.tensor([x, y], dtype=torch.float32).view(1, 2, 1, 1).expand(1, 2, height, width).contiguous()


def test_warping_by_whole_pixels_copies_and_flags_what_lay_outside():
    picture = torch.rand(1, 3, 6, 8, generator=torch.Generator().manual_seed(0))
    same, inside = warp(picture, constant(0, 0))
    assert torch.equal(same, picture) and inside.shape == (1, 1, 6, 8) and bool((inside == 1).all())
    warped, inside = warp(picture, constant(2, -1))
    assert torch.equal(warped[..., 1:, :6], picture[..., :5, 2:])
    assert torch.equal(
        inside[0, 0] == 1, torch.tensor([[y >= 1 and x < 6 for x in range(8)] for y in range(6)])
    )


def test_warping_is_bilinear():
    slope = (torch.arange(8.0) * 3 + torch.arange(6.0)[:, None] * 5)[None, None]
    warped, _ = warp(slope, constant(0.25, 0.5))
    assert torch.allclose(warped[..., :5, :7], slope[..., :5, :7] + 0.25 * 3 + 0.5 * 5)


def test_what_warping_keeps_of_noise():
    noise = torch.randn(1, 1, 300, 300, generator=torch.Generator().manual_seed(0))
    for x, y in ((0, 0), (0.25, 0), (0.5, 0), (0.3, -0.4), (2.5, -7.5)):
        kept, left = (
            detail_kept(constant(x, y)),
            warp(noise, constant(x, y, 300, 300))[0][..., 10:-10, 10:-10].var(),
        )
        assert kept.shape == (1, 1, 6, 8) and torch.allclose(kept, left, rtol=0.03)
    assert bool((detail_kept(constant(3, -2)) == 1).all())


def test_what_lost_detail_is_held_less_firmly():
    flows = [constant(x, 0) for x in (0, 0.05, 0.5, 1)]
    assert [round(float(firmness(flow, 20)[0, 0, 0, 0]), 4) for flow in flows] == [
        1,
        round(1 / (1 + 20 * 0.095), 4),
        round(1 / 11, 4),
        1,
    ]
    assert all(bool((firmness(flow, 0) == 1).all()) for flow in flows)


def test_an_unknown_flow_leads_nowhere():
    for unknown in (math.nan, math.inf, -math.inf, 1e10):
        flow = constant(0, 0)
        flow[0, 0, 2, 3] = unknown
        warped, inside = warp(torch.ones(1, 3, 6, 8), flow)
        assert (
            bool(torch.isfinite(warped).all())
            and float(inside.sum()) == 47
            and float(inside[0, 0, 2, 3]) == 0
        )
        weights = reliability(flow, constant(0, 0))
        assert bool(torch.isfinite(weights).all()) and float(weights[0, 0, 2, 3]) == 0
        assert float(reliability(constant(0, 0), flow)[0, 0, 2, 3]) == 0
        assert bool(torch.isfinite(firmness(flow, 20)).all())


def test_the_gradient_of_warping():
    generator = torch.Generator().manual_seed(1)
    picture = torch.rand(1, 2, 4, 5, generator=generator, dtype=torch.float64).requires_grad_()
    flow = torch.randn(1, 2, 4, 5, generator=generator, dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda x: warp(x, flow)[0], picture)


# DeepFlow, as OpenCV has it, sees neither fast nor small things move.
@pytest.mark.parametrize(
    ("method", "step", "trusted"), [("dis", 12, 0.05), ("dis", 6, 0.05), ("deepflow", 6, 0.2)]
)
def test_what_a_passing_square_uncovers_is_not_to_be_trusted(method, step, trusted):
    (before, was), (now, stands) = passing(60), passing(60 + step)
    estimate = estimator(method)
    weights = reliability(estimate(grey(now), grey(before)), estimate(grey(before), grey(now)))[0, 0].numpy()
    far, inner = np.ones_like(was), np.zeros_like(was)
    far[30:90, 50 : 110 + step] = False
    inner[46:74, 66 + step : 94 + step] = True
    assert weights[was & ~stands].mean() < trusted
    assert weights[far].mean() > 0.99 and weights[inner].mean() > 0.95


def test_the_masks_are_those_of_the_formulas():
    rows, columns = torch.meshgrid(torch.linspace(-1, 1, 60), torch.linspace(-1, 1, 80), indexing="ij")
    flow = 4 * torch.stack([columns.square() + rows, 0.3 * columns * rows])[None] + 0.5
    reverse = -flow + 2 * columns * rows.square()
    weights = reliability(flow, reverse)[0, 0].numpy()
    u, v = flow[0].numpy().astype(np.float64)
    reached = warp(reverse, flow)[0][0].numpy()
    back = (reached[0] + u) ** 2 + (reached[1] + v) ** 2 > 0.01 * (
        reached[0] ** 2 + reached[1] ** 2 + u**2 + v**2
    ) + 0.5
    inner = [np.gradient(one) for one in (u, v)]
    edge = sum(d**2 for one in inner for d in one) > 0.01 * (u**2 + v**2) + 0.002
    x, y = np.arange(80) + u, np.arange(60)[:, None] + v
    outside = (x < -0.5) | (x > 79.5) | (y < -0.5) | (y > 59.5)
    expected = ~(back | edge | outside)
    assert np.array_equal(weights[1:-1, 1:-1] == 1, expected[1:-1, 1:-1])
    # Each of the three decides somewhere on its own.
    assert expected.any() and all(
        (one & ~(other | third)).any()
        for one, other, third in ((back, edge, outside), (edge, back, outside), (outside, back, edge))
    )


def test_long_term_weights_are_those_of_three_lines_of_numpy():
    weights = [torch.rand(1, 1, 4, 5, generator=torch.Generator().manual_seed(seed)) for seed in range(4)]
    for i, found in enumerate(long_term(weights)):
        expected = np.maximum(weights[i].numpy() - sum(one.numpy() for one in weights[:i]), 0)
        assert found.shape == (1, 1, 4, 5) and np.allclose(found.numpy(), expected, atol=1e-6)
    assert long_term([]) == []
    assert torch.equal(long_term(weights[:1])[0], weights[0])


def test_pixels_are_brought_to_a_size():
    array = moved(turned(0))[0]
    assert pixels(array, (60, 100)).shape == (1, 3, 60, 100)
    assert pixels(photo(), (24, 32)).shape == (1, 3, 24, 32)
