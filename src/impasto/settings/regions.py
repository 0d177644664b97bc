"""Where each style paints, what of the photo is kept, and whose colours the result has."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from impasto.settings.kinds import MANNER, PHOTO
from impasto.settings.option import Option

COLORS = {"style": 0.0, "mix": 0.5, "content": 1.0}
"""The part of the photo's colours in the result."""


@dataclass(frozen=True, kw_only=True)
class Regions:
    """Settings of masks and colours."""

    GROUP: ClassVar = "Regions and colours"

    style_mask: Annotated[
        tuple[str, ...],
        Option(
            help="Mask of where a style paints: white for fully, grey for less. Repeat once per style, in order; '' for everywhere.",
            metavar="FILE",
            kinds=MANNER,
            common=True,
        ),
    ] = ()
    style_part: Annotated[
        tuple[str, ...],
        Option(
            help="Mask of the part of a style picture that counts, in white. Repeat once per style, in order; '' for all of it.",
            metavar="FILE",
            kinds=MANNER,
        ),
    ] = ()
    content_mask: Annotated[
        str,
        Option(
            help="Mask of where the photo's shapes are kept, in white; they are free in black.",
            metavar="FILE",
            kinds=PHOTO,
        ),
    ] = ""
    protect: Annotated[
        str,
        Option(
            help="What keeps the photo's shapes more closely: detected faces, or the white of a mask.",
            metavar="faces|FILE",
            kinds=PHOTO,
            common=True,
        ),
    ] = ""
    colors: Annotated[
        str,
        Option(
            help="Whose colours the result has; AMOUNT is the photo's part, default 0.5.",
            metavar="style|content|mix[:AMOUNT]",
            kinds=PHOTO,
            common=True,
        ),
    ] = "style"
    color_method: Annotated[
        str,
        Option(
            help="How the photo's colours are kept: its chroma over the painted luma, or the style picture matched to them first by covariance or histogram.",
            choices=("luma", "covariance", "histogram"),
            kinds=PHOTO,
        ),
    ] = "luma"
