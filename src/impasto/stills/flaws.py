"""What went wrong in a result, and where: objects of the painting, a lost subject, parts left as the photo.

A style error says how far a result is from the painting's statistics, not whether a face of the painting
appears in its sky. Each map here has a test that brushwork by itself passes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.colour import Palette, mix, palette, recolour
from impasto.encoder import load_encoder
from impasto.encoder.vgg19 import VGG19, stride
from impasto.engine.schedule import Size, fit_long
from impasto.errors import PictureError
from impasto.losses import combined, local_mean
from impasto.losses.regions import at_layer
from impasto.media.image import Picture, Source
from impasto.stills.judge import eight_bits
from impasto.stills.masks import opacity_of
from impasto.stills.matches import coherent, directions, elsewhere
from impasto.stills.styles import Style, shares_of, with_weights

SIDE = 384
"""Long side in pixels at which pictures are looked at: as a whole, at a cost that does not grow with them."""

STROKES, SHAPES, OBJECTS = "conv3_1", "conv4_2", "conv5_1"
"""Layers whose positions see a stroke, a shape of the subject, and a piece of an object."""

FLAWED = 0.5
"""Value of each map from which a place counts as flawed."""

INTRUDING = 0.28
"""Excess of cosine at which a place is FLAWED as an intrusion.

Of ten published results and nine painted without conv4_1 and OBJECTS no place reached it: at most 0.26,
mostly below 0.2. In each of nine painted with them some did, with 0.31 and more: faces, arms, trees, lamps.
"""

KEPT = 0.6
"""Cosine with the photo from which nothing is lost; half of it is FLAWED.

Places of painted subjects have 0.4 to 0.8, noise, flat colour and other subjects about 0.
"""

CLOSE = 0.45
"""Ratio of the distance to the photo and that to the painting at which a place is FLAWED as unpainted.

A piece of the photo has 0, the barest skies and waters of published results 0.3; most places have 0.7 to 1.
"""

FAINT = 0.5
"""Fraction of the mean variation of SHAPES below which there is no subject to lose, as in a sky."""

PIECE, AROUND = 3, 5
"""Side in positions of a copied piece at OBJECTS, and of the surroundings averaged at the other layers."""

NEARLY_ALL = 0.75
"""Fraction of the picture from which no place is named."""

NEAR = 3
"""Positions at OBJECTS within which two places of the painting are the same object."""


@dataclass(frozen=True, eq=False)
class Flaws:
    """Three maps `(H // 16, W // 16)` in 0 to 1 of a result at SIDE pixels; FLAWED and more is a flaw.

    `intrusions`: the result resembles one place of a painting more than the photo does there, and more than
    any far place of that painting does: an object, since a stroke has its like in many places. `lost`: the
    photo has a subject, and the result does not resemble it. `unpainted`: the result is far closer to the
    photo than to any place of the paintings.
    """

    intrusions: Tensor
    lost: Tensor
    unpainted: Tensor

    @property
    def maps(self) -> Mapping[str, Tensor]:
        """The maps by their names in reports."""
        return {"intrusions": self.intrusions, "lost": self.lost, "unpainted": self.unpainted}

    @property
    def fractions(self) -> dict[str, float]:
        """The fraction of the picture that is flawed, 0 to 1, by name."""
        return {name: float(_flawed(found).mean()) for name, found in self.maps.items()}

    @property
    def words(self) -> str:
        """One line, such as `intrusions 3% (top left), lost 0%, unpainted 12% (right)`."""
        return ", ".join(self.said(name) for name in self.maps)

    def said(self, name: str) -> str:
        """Return what the line says of one map."""
        share, place = self.fractions[name], where(_flawed(self.maps[name]))
        percent = "under 1%" if 0 < share < 0.005 else f"{share:.0%}"
        return f"{name} {percent}" + (f" ({place})" if place else "")


def where(found: Tensor) -> str:
    """Say where in a map `(H, W)` of ones and zeros most of the ones are; '' if that is nowhere or all over.

    The picture is divided into nine parts; `scattered` is said if no part has a third of them.
    """
    if not 0 < found.mean() < NEARLY_ALL:
        return ""
    height, width = found.shape
    rows, columns = found.nonzero().T
    down, across = ((rows + 0.5) * 3 / height).long(), ((columns + 0.5) * 3 / width).long()
    counts = torch.bincount(down * 3 + across, minlength=9)
    part = int(counts.argmax())
    if counts[part] * 3 < counts.sum():
        return "scattered"
    return f"{('top', '', 'bottom')[part // 3]} {('left', '', 'right')[part % 3]}".strip() or "centre"


@torch.no_grad()
def find_flaws(result: Source, content: Source, style: Style | Sequence[Style]) -> Flaws:
    """Look for flaws of a result, given its photo and paintings; raises PictureError and SettingsError.

    Pictures are looked at in 8 bits at SIDE pixels or at the result's size if it is smaller, by VGG-19 with
    average pooling; paintings have the same long side. The photo is recoloured to the paintings' mean colour
    and covariance. Of several paintings, an intrusion comes from any, and what is unpainted is far from all.
    Transparent parts have no flaws.
    """
    styles = with_weights(style)
    shares = shares_of([weight for _, weight in styles])
    used = [(source, share) for (source, _), share in zip(styles, shares, strict=True) if share]
    picture, photo = eight_bits(result), eight_bits(content)
    _check_size(picture)
    size = _fitted(picture.size, min(SIDE, max(picture.size)))
    sources = [eight_bits(source) for source, _ in used]
    paintings = [one.pixels(_fitted(one.size, max(size))) for one in sources]
    colours = mix([palette(one) for one in paintings], [share for _, share in used])
    views = _views(picture.pixels(size), photo.pixels(size), paintings, colours)
    maps = (_intrusions(views), _lost(views), _unpainted(views))
    visible = at_layer(combined(opacity_of(picture, size), opacity_of(photo, size)), OBJECTS)
    seen = 1.0 if visible is None else (visible[0, 0] > 0.5).float()
    return Flaws(*(found.clamp(0, 1) * seen for found in maps))


Maps = Mapping[str, Tensor]


class _Views(NamedTuple):
    """Feature maps of the result, of the recoloured photo, of the photo at STROKES, and of the paintings."""

    result: Maps
    recoloured: Maps
    photo: Tensor
    paintings: list[Maps]


def _views(result: Tensor, photo: Tensor, paintings: Sequence[Tensor], colours: Palette) -> _Views:
    layers = (STROKES, SHAPES, OBJECTS)
    encoder: VGG19 = load_encoder(layers)
    return _Views(
        encoder(result, layers),
        encoder(recolour(photo, colours), layers),
        encoder(photo, [STROKES])[STROKES],
        [encoder(painting, [STROKES, OBJECTS]) for painting in paintings],
    )


def _intrusions(views: _Views) -> Tensor:
    result, photo = views.result[OBJECTS], views.recoloured[OBJECTS]
    side = _side(result)
    found = [_copied(result, photo, painting[OBJECTS]) for painting in views.paintings]
    return torch.stack(found).amax(0).view(side) * (FLAWED / INTRUDING)


def _copied(result: Tensor, photo: Tensor, painting: Tensor) -> Tensor:
    """Return by how much the result resembles one place of a painting more than what explains it, `(N,)`.

    What explains it is the photo, which may resemble the place too, and the other places of the painting: a
    distinctiveness test, as Lowe's (Distinctive Image Features from Scale-Invariant Keypoints, 2004).
    """
    side, there = _side(result), _side(painting)
    centre = painting[0].flatten(1).mean(1)
    rows = directions(painting, centre)
    ours, photos = (coherent(directions(one, centre) @ rows.T, side, there, PIECE) for one in (result, photo))
    usual = elsewhere(coherent(rows @ rows.T, there, there, PIECE), there, NEAR)
    return (ours - torch.maximum(photos, usual)).amax(1)


def _lost(views: _Views) -> Tensor:
    result, photo = views.result[SHAPES], views.recoloured[SHAPES]
    centre = photo.mean((2, 3), keepdim=True)
    found, expected = result - centre, photo - centre
    products = (_around((a * b).sum(1)) for a, b in ((found, expected), (found, found), (expected, expected)))
    product, own, photos = products
    cosine = product / (own * photos).clamp_min(1e-12).sqrt()
    variation = (photos - _around(expected[0]).square().sum(0, keepdim=True)).clamp_min(0)
    subject = variation > FAINT * variation.mean()
    return _at_objects((1 - cosine / KEPT) * subject, SHAPES)


def _unpainted(views: _Views) -> Tensor:
    """Compare the distance to the photo, recoloured or not, with that to the nearest place of a painting."""
    result, recoloured, photo = (
        _halved(one) for one in (views.result[STROKES], views.recoloured[STROKES], views.photo)
    )
    paintings = [_halved(painting[STROKES]) for painting in views.paintings]
    centre = torch.cat([painting[0].flatten(1) for painting in paintings], 1).mean(1)
    rows = directions(result, centre)
    similar = torch.cat([rows @ directions(one, centre).T for one in paintings], 1).amax(1)
    same = torch.stack([(rows * directions(one, centre)).sum(1) for one in (recoloured, photo)]).amax(0)
    to_painting, to_photo = (_around((1 - one).view(1, *_side(result))) for one in (similar, same))
    ratio = to_photo / to_painting.clamp_min(1e-6)
    return F.avg_pool2d(1 - ratio * (FLAWED / CLOSE), stride(OBJECTS) // stride(STROKES) // 2)[0]


def _halved(feature_map: Tensor) -> Tensor:
    return F.avg_pool2d(feature_map, 2)


def _around(values: Tensor) -> Tensor:
    """Return means `(C, H, W)` over the AROUND² positions around each, those beyond the border repeated."""
    return local_mean(values[None], AROUND)[0]


def _at_objects(values: Tensor, layer: str) -> Tensor:
    return F.avg_pool2d(values, stride(OBJECTS) // stride(layer))[0]


def _side(feature_map: Tensor) -> Size:
    height, width = feature_map.shape[2:]
    return height, width


def _flawed(found: Tensor) -> Tensor:
    return (found >= FLAWED).float()


def _fitted(size: Size, side: int) -> Size:
    """Return the size with this long side; a strip is not made thinner than a position of OBJECTS."""
    height, width = fit_long(size, side)
    least = stride(OBJECTS)
    return max(height, least), max(width, least)


def _check_size(picture: Picture) -> None:
    height, width = picture.size
    if min(height, width) < (least := stride(OBJECTS)):
        raise PictureError(
            f"'{picture.name}' at {width}x{height} px is too small to look for flaws: "
            f"{OBJECTS} needs {least} px a side"
        )
