"""The picture so far at the next scale."""

import pytest
import torch

from impasto.stills.enlarge import enlarged


@pytest.mark.parametrize(
    ("before", "after"), [((32, 48), (48, 64)), ((16, 32), (32, 48)), ((64, 64), (96, 80))]
)
def test_what_repeats_is_enlarged_alike_everywhere(before, after):
    """Moved round its ends by a sixteenth of each side, a picture comes out moved by a sixteenth."""
    picture = torch.rand(1, 3, *before, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    moved = picture.roll([side // 16 * 5 for side in before], (2, 3))
    expected = enlarged(picture, after, repeats=True).roll([side // 16 * 5 for side in after], (2, 3))
    assert torch.allclose(enlarged(moved, after, repeats=True), expected, atol=1e-9)
    assert not torch.allclose(
        enlarged(moved, after),
        enlarged(picture, after).roll([side // 16 * 5 for side in after], (2, 3)),
        atol=1e-2,
    )


def test_inside_it_is_as_without():
    picture = torch.rand(1, 3, 64, 64, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    assert torch.allclose(
        enlarged(picture, (96, 96), repeats=True)[..., 8:-8, 8:-8],
        enlarged(picture, (96, 96))[..., 8:-8, 8:-8],
        atol=1e-9,
    )
