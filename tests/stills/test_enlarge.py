"""The picture so far at the next scale, and which of the photo's detail comes along."""

import pytest
import torch
import torch.nn.functional as F

from conftest import blobs
from impasto.engine.schedule import Scale
from impasto.settings import Settings
from impasto.stills.enlarge import enlarged, followed
from impasto.stills.stylize import Stylization


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


def noise(height, width, seed=0, deviation=20.0):
    generator = torch.Generator().manual_seed(seed)
    return 128 + deviation * torch.randn(1, 3, height, width, generator=generator)


def test_a_picture_follows_the_photo_where_its_fine_structure_is_the_photos():
    photo, strokes = noise(48, 64), noise(48, 64, seed=1)
    halved = 128 + (photo - 128) / 2
    picture = torch.cat([photo[..., :32], strokes[..., 32:]], 3)
    found = followed(picture, photo)
    assert found.shape == (1, 1, 48, 64)
    assert found[..., :24].min() > 0.99 and found[..., 40:].mean() < 0.1
    assert followed(halved, photo).mean() == pytest.approx(0.5, abs=0.01)
    assert followed(255 - photo, photo).max() == 0


def test_a_smooth_change_of_colour_is_still_followed_and_flat_places_are_not():
    photo, ramp = noise(40, 40), torch.linspace(0, 60, 40).expand(1, 3, 40, 40)
    assert followed(photo + ramp, photo).min() > 0.95
    flat = torch.full((1, 3, 40, 40), 90.0)
    assert followed(flat, flat).max() == 0 and followed(noise(40, 40, deviation=0.1), flat).max() == 0


def test_detail_of_the_photo_comes_along_only_where_the_picture_follows_it(untimed):
    photo, painting = (blobs(64, 96, seed) for seed in (0, 1))
    photo = (photo * 0.7 + 30 + noise(64, 96, deviation=12)[0].permute(1, 2, 0).numpy() - 128).clip(0, 255)
    run = Stylization(
        photo.astype("uint8"), painting, Settings(size=96, start_size=48, steps=4, recolour=False)
    )
    small, large = (Scale(size, 2) for size in ((32, 48), (64, 96)))
    before, target = (run.pictures.targets(scale, run.now)[0] for scale in (small, large))
    faithful = run.pictures.next_start(before.clone(), small, large, run.now)
    painted = torch.full_like(before, 100.0)
    plain = run.pictures.next_start(painted, small, large, run.now)
    assert (faithful - target).square().mean() < 0.25 * (
        F.interpolate(before, (64, 96), mode="bicubic") - target
    ).square().mean()
    assert (plain - 100).abs().max() < 1
    assert min(faithful.min(), 255 - faithful.max()) >= 0
