"""Settings of masks and colours."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from impasto.settings.kinds import INSTANT, MANNER, PHOTO
from impasto.settings.option import Option

COLORS = {"style": 0.0, "mix": 0.5, "content": 1.0}
"""Share of the photo in the colours of the result."""


@dataclass(frozen=True, kw_only=True)
class Regions:
    """Settings of masks and colours."""

    GROUP: ClassVar = "Regions and colours"

    style_mask: Annotated[
        tuple[str, ...],
        Option(
            help="Mask of the area of a style: white for full, grey for partial. "
            "Repeat for each style; '' for everywhere.",
            metavar="FILE",
            kinds=(*MANNER, *INSTANT),
            common=True,
        ),
    ] = ()
    style_part: Annotated[
        tuple[str, ...],
        Option(
            help="Mask of the part of a style picture to use, in white. "
            "Repeat for each style; '' for all of it.",
            metavar="FILE",
            kinds=MANNER,
        ),
    ] = ()
    content_mask: Annotated[
        str,
        Option(
            help="Mask of where to preserve the photo's shapes: white to preserve, black to ignore them.",
            metavar="FILE",
            kinds=PHOTO,
        ),
    ] = ""
    protect: Annotated[
        str,
        Option(
            help="Areas that preserve the photo's shapes more closely: auto for small subjects, faces, none, "
            "or the white of a mask.",
            metavar="auto|faces|none|FILE",
            kinds=PHOTO,
            common=True,
        ),
    ] = "auto"
    colors: Annotated[
        str,
        Option(
            help="Colours of the result: from the style, the photo (content) or a mix. "
            "AMOUNT is the photo's share, default 0.5.",
            metavar="style|content|mix[:AMOUNT]",
            kinds=(*PHOTO, *INSTANT),
            common=True,
        ),
    ] = "style"
    color_method: Annotated[
        str,
        Option(
            help="How to preserve the photo's colours: keep its chroma, "
            "or match the styles to it by covariance or histogram.",
            choices=("luma", "covariance", "histogram"),
            kinds=PHOTO,
        ),
    ] = "luma"
