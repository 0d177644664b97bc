"""The masks of a run: loaded and validated before it starts, then resized to each scale."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

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
from impasto.stills.subjects import subject_mask

PROTECTION = 9.0
"""Additional weight of protected areas in the content error, on top of 1.

Enough for faces: on the bundled portrait with a strong style at 192 px, 3 lost the eyes and 9 preserved eyes
and mouth; at 256 px, 30 was no better.
"""


@dataclass(frozen=True)
class Masks:
    """Masks of each style's area and used part, of the content and of protected areas; None is everywhere.

    `faces` is the number of detected faces, None without face detection. `opacities` are those of the styles,
    `visible` is that of the content.
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
        """Load the masks of the settings for a result of this aspect.

        Raises PictureError, and SettingsError if there are more masks than styles.
        """
        name = content.name if content else "result"
        masks = _one_per_style("style mask", settings.style_mask, [(size, name)] * len(styles))
        parts = _one_per_style(
            "style part", settings.style_part, [(style.size, style.name) for style in styles]
        )
        opacities, faces = tuple(map(_opacity, styles)), None
        if content is None:
            return cls(masks, parts, opacities=opacities)
        kept = load_mask(settings.content_mask, content.size, content.name) if settings.content_mask else None
        protected = None
        if settings.protect == "faces":
            image, faces = face_mask(content.image)
            protected = Mask(image, "faces") if faces else None
        elif settings.protect == "auto":
            subjects = subject_mask(content.image)
            protected = Mask(subjects, "subjects") if subjects else None
        elif settings.protect not in ("", "none"):
            protected = load_mask(settings.protect, content.size, content.name)
        return cls(masks, parts, kept, protected, faces, opacities, _opacity(content))

    def at(self, size: Size, style_sizes: Sequence[Size]) -> Regions:
        """Return the pixel weights for a content picture and styles of these heights and widths."""
        protected = _weights(self.protected, size)
        parts = zip(self.parts, self.opacities, style_sizes, strict=True)
        return Regions(
            tuple(_weights(mask, size) for mask in self.styles),
            tuple(combined(_weights(part, side), _weights(opacity, side)) for part, opacity, side in parts),
            _weights(self.content, size),
            None if protected is None else 1 + PROTECTION * protected,
            _weights(self.visible, size),
        )

    def reach(self, size: Size, deepest: str) -> bool:
        """Return whether any of the content is visible to a layer at a height and width."""
        return _reaches(_weights(self.visible, size), deepest)

    def vanished(self, size: Size, style_sizes: Sequence[Size], deepest: str) -> str:
        """Describe a mask or opacity that leaves nothing for a style in its deepest layer, else return ''."""
        # Without the weights of content, which take memory at a size that may be too large to paint.
        regions, count = replace(self, content=None, protected=None).at(size, style_sizes), len(style_sizes)
        areas = zip(self.styles, [self.visible] * count, regions.areas, [size] * count, strict=True)
        parts = zip(self.parts, self.opacities, regions.parts, style_sizes, strict=True)
        for mask, opacity, weights, (height, width) in (*areas, *parts):
            if _reaches(weights, deepest):
                continue
            at = f"at {width}x{height} px, where a position of {deepest} covers {stride(deepest)} px"
            if mask is None:
                return f"too little of '{opacity.name if opacity else ''}' is visible {at}"
            if opacity is not None and _reaches(mask.weights((height, width)), deepest):
                return f"mask '{mask.name}' covers no visible part of '{opacity.name}' {at}"
            return f"mask '{mask.name}' has no white area left {at}"
        return ""


def _one_per_style(
    name: str, files: Sequence[str], of: Sequence[tuple[Size, str]]
) -> tuple[Mask | None, ...]:
    if len(files) > len(of):
        raise SettingsError(
            f"{len(files)} {name}s were given for {len(of)} style{'s' if len(of) > 1 else ''}; "
            "give at most one for each, in order"
        )
    padded = [*files, *[""] * (len(of) - len(files))]
    pairs = zip(padded, of, strict=True)
    return tuple(load_mask(file, *picture) if file else None for file, picture in pairs)


def opacity_of(picture: Picture, size: Size) -> Tensor | None:
    """Return the opacity at a height and width, `(1, 1, H, W)` in 0 to 1; None if fully opaque."""
    return _weights(_opacity(picture), size)


def _opacity(picture: Picture) -> Mask | None:
    return None if picture.alpha is None else Mask(picture.alpha, picture.name)


def _weights(mask: Mask | None, size: Size) -> Tensor | None:
    return None if mask is None else mask.weights(size)


def _reaches(weights: Tensor | None, layer: str) -> bool:
    weights = at_layer(weights, layer)
    return weights is None or bool(weights.sum() > 0)
