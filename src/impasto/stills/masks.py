"""The masks of a run: opened and checked before the work, then brought to each scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor

from impasto.encoder.vgg19 import stride
from impasto.engine.schedule import Size
from impasto.errors import SettingsError
from impasto.losses import combined
from impasto.losses.regions import Regions, at_layer
from impasto.media.image import Picture
from impasto.media.mask import Mask, load_mask
from impasto.settings import Settings
from impasto.stills.faces import face_mask

PROTECTION = 9.0
"""How much more a protected place counts in the content error, on top of 1.

Enough for a face: of the bundled portrait in a strong style 3 left no eyes at 192 px; with 9 eyes and mouth stayed, and
at 256 px 30 had no more to show.
"""


@dataclass(frozen=True)
class Masks:
    """Where each style paints and what counts of it, where the content is held, and what is protected; None is everywhere.

    `faces` is the number of faces that were found, None where none were sought. `opacities` are those of the styles,
    `visible` that of the content.
    """

    styles: tuple[Mask | None, ...]
    parts: tuple[Mask | None, ...]
    content: Mask | None = None
    protected: Mask | None = None
    faces: int | None = None
    opacities: tuple[Mask | None, ...] = ()
    visible: Mask | None = None

    @classmethod
    def load(
        cls, settings: Settings, content: Picture | None, size: Size, styles: Sequence[Picture]
    ) -> Masks:
        """Open the masks that the settings name, for a result of this aspect; raises PictureError, and SettingsError where there are more than styles."""
        name = content.name if content else "result"
        masks = _one_per_style("style mask", settings.style_mask, [(size, name)] * len(styles))
        parts = _one_per_style(
            "style part", settings.style_part, [(style.size, style.name) for style in styles]
        )
        opacities, faces = tuple(map(_opacity, styles)), None
        if content is None:
            return cls(masks, parts, opacities=opacities)
        held = load_mask(settings.content_mask, content.size, content.name) if settings.content_mask else None
        if settings.protect == "faces":
            image, faces = face_mask(content.image)
            protected = Mask(image, "faces") if faces else None
        else:
            protected = load_mask(settings.protect, content.size, content.name) if settings.protect else None
        return cls(masks, parts, held, protected, faces, opacities, _opacity(content))

    def at(self, size: Size, style_sizes: Sequence[Size]) -> Regions:
        """Return the weights of pixels for a content picture and styles of these heights and widths."""
        protected = _weights(self.protected, size)
        return Regions(
            tuple(_weights(mask, size) for mask in self.styles),
            tuple(
                combined(_weights(part, own), _weights(seen, own))
                for part, seen, own in zip(self.parts, self.opacities, style_sizes, strict=True)
            ),
            _weights(self.content, size),
            None if protected is None else 1 + PROTECTION * protected,
            _weights(self.visible, size),
        )

    def reach(self, size: Size, deepest: str) -> bool:
        """Tell whether something of the content can be seen in a layer at a height and width."""
        return _reaches(_weights(self.visible, size), deepest)

    def vanished(self, size: Size, style_sizes: Sequence[Size], deepest: str) -> str:
        """Return what leaves nothing to some style in its deepest layer at these sizes, in words; empty where nothing does."""
        regions = self.at(size, style_sizes)
        painted = zip(
            self.styles,
            [self.visible] * len(style_sizes),
            regions.areas,
            [size] * len(style_sizes),
            strict=True,
        )
        looked_at = zip(self.parts, self.opacities, regions.parts, style_sizes, strict=True)
        for mask, seen, weights, (height, width) in (*painted, *looked_at):
            if _reaches(weights, deepest):
                continue
            at = f"at {width}x{height} px, where {deepest} sees {stride(deepest)} px as one"
            if mask is None:
                return f"too little of '{seen.name if seen else ''}' can be seen {at}"
            if seen is not None and _reaches(mask.weights((height, width)), deepest):
                return f"mask '{mask.name}' shows nothing that can be seen of '{seen.name}' {at}"
            return f"mask '{mask.name}' shows no pixel any more {at}"
        return ""


def _one_per_style(
    name: str, files: Sequence[str], of: Sequence[tuple[Size, str]]
) -> tuple[Mask | None, ...]:
    if len(files) > len(of):
        raise SettingsError(
            f"{len(files)} {name}s were given for {len(of)} style{'s' if len(of) > 1 else ''}; give at most one for each, in order"
        )
    named = [*files, *[""] * (len(of) - len(files))]
    return tuple(load_mask(file, *picture) if file else None for file, picture in zip(named, of, strict=True))


def opacity_of(picture: Picture, size: Size) -> Tensor | None:
    """Return how much each pixel can be seen at a height and width, `(1, 1, H, W)` in 0 to 1; None where all is opaque."""
    return _weights(_opacity(picture), size)


def _opacity(picture: Picture) -> Mask | None:
    return None if picture.alpha is None else Mask(picture.alpha, picture.name)


def _weights(mask: Mask | None, size: Size) -> Tensor | None:
    return None if mask is None else mask.weights(size)


def _reaches(weights: Tensor | None, layer: str) -> bool:
    weights = at_layer(weights, layer)
    return weights is None or bool(weights.sum() > 0)
