import torch

from impasto.looks.grain import PERIOD, grain, tile


def test_it_repeats_without_a_seam():
    noise = grain((2 * PERIOD + 10, 50), at=(100, PERIOD - 20))
    torch.testing.assert_close(noise[:, :, :PERIOD], noise[:, :, PERIOD : 2 * PERIOD], rtol=0, atol=0)
    across = (tile()[..., 0] - tile()[..., -1]).square().mean()
    within = (tile()[..., 1:] - tile()[..., :-1]).square().mean()
    assert across < 1.5 * within


def test_it_has_detail_of_every_size():
    """Each octave has a like part of the variance."""
    noise = tile()
    parts = []
    for _ in range(5):
        smaller = torch.nn.functional.avg_pool2d(noise, 2)
        parts.append(float(noise.var() - smaller.var()))
        noise = smaller
    assert abs(float(tile().mean())) < 1e-6 and min(parts) > 0.05 and max(parts) < 0.4
