import itertools

import pytest
import torch
from test_network import photo, some_values, trunk

from impasto.looks.apply import HALO, _spans, applied


@pytest.mark.parametrize("size", [(200, 330), (130, 201), (64, 500)])
def test_tiles_meet_without_seams(size):
    picture = photo(*size)
    tiled = applied(picture, trunk(), some_values(), whole=0, tile=64)
    whole = applied(picture, trunk(), some_values())
    # A picture this small is its own small copy, so that all moments are the same.
    torch.testing.assert_close(tiled, whole, rtol=0, atol=0.02)


def test_a_large_picture_is_painted_as_its_small_copy_is():
    picture = torch.nn.functional.interpolate(photo(24, 40), (600, 1500), mode="bicubic").clamp(0, 255)
    tiled = applied(picture, trunk(), some_values(), whole=0, tile=512)
    assert tiled.shape == picture.shape
    whole = applied(picture, trunk(), some_values())
    assert (tiled - whole).abs().mean() < 0.2 * whole.std()


@pytest.mark.parametrize("side", [1, 63, 64, 65, 128, 129, 500])
def test_tiles_cover_a_side_and_none_is_a_sliver(side):
    spans = list(_spans(side, 64))
    assert spans[0][0] == 0 and spans[-1][1] == side
    assert all(one[1] == other[0] for one, other in itertools.pairwise(spans))
    assert len(spans) == 1 or spans[-1][1] - spans[-1][0] >= HALO
