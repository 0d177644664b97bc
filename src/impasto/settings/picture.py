"""What the result is to be: its size, its strokes, and how far the photo gives way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from impasto.settings.kinds import FEATURES, MANNER, PHOTO, STILL, TEXTURE
from impasto.settings.option import Option

QUALITIES = {"draft": 60, "normal": 330, "best": 900}
"""Total steps. A draft shows the composition in seconds; more steps than the best change nothing visible."""
QUALITY_STEPS = ", ".join(f"{name} {steps}" for name, steps in QUALITIES.items())

STRENGTH = 58.0
"""The default: about as much of the content remains as in the pictures that published programs show."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Settings of the result as a picture."""

    GROUP: ClassVar = "Picture"

    size: Annotated[
        int,
        Option(
            help="Long side of the result: pixels, or a length such as 30cm, 300mm or 12in with --dpi; for a texture also both sides, such as 1024x768.",
            unit="px",
            low=16,
            high=65535,
            metavar="LENGTH",
            paper=True,
            common=True,
        ),
    ] = 512
    aspect: Annotated[
        str,
        Option(
            help="Aspect ratio of the result if --size gives one side. Default: that of the sample.",
            metavar="W:H",
            kinds=TEXTURE,
        ),
    ] = ""
    dpi: Annotated[
        int,
        Option(
            help="Dots per inch, for a size on paper; stored in the file. 0 for none.",
            low=0,
            high=10_000,
            kinds=STILL,
        ),
    ] = 0
    depth: Annotated[
        int,
        Option(help="Bits per channel of the file; 16 for .png and .tiff.", choices=("8", "16"), kinds=STILL),
    ] = 8
    quality: Annotated[
        str, Option(help=f"Number of steps: {QUALITY_STEPS} in total.", choices=tuple(QUALITIES), common=True)
    ] = "normal"
    steps: Annotated[
        int, Option(help="Total steps, distributed over the scales; 0 for those of the quality.", low=0)
    ] = 0
    seed: Annotated[
        int,
        Option(
            help="Seed of the noise; the same seed on the same machine gives the same bytes.",
            low=0,
            high=2**63 - 1,
            common=True,
        ),
    ] = 0
    init: Annotated[
        str,
        Option(
            help="Initial picture of the first scale: content, noise, style or a picture file.",
            metavar="content|noise|style|FILE",
        ),
    ] = "content"
    brush: Annotated[
        float,
        Option(
            help="Size of the strokes: scale of the style picture relative to the result.",
            low=0.25,
            high=4,
            kinds=MANNER,
            common=True,
        ),
    ] = 1.0
    tileable: Annotated[
        bool,
        Option(
            help="Make the result repeat without a seam; its sides become multiples of 16.",
            kinds=TEXTURE,
            common=True,
        ),
    ] = False
    strength: Annotated[
        float | None,
        Option(
            help=f"How far the photo gives way: 0 returns it, 50 is a strong painting, 90 dissolves it. Default {STRENGTH:g} unless --content-weight is given.",
            low=0,
            high=100,
            kinds=PHOTO,
            common=True,
        ),
    ] = None
    content_weight: Annotated[
        float | None, Option(help="Weight of the content loss; replaces --strength.", low=0, kinds=PHOTO)
    ] = None
    style_weight: Annotated[
        float, Option(help="Weight of the style loss.", low=0, kinds=(*MANNER, "reconstruct"))
    ] = 1.0
    tv_weight: Annotated[float, Option(help="Weight of the total variation; higher is smoother.", low=0)] = (
        0.0
    )
    spectrum_weight: Annotated[
        float,
        Option(
            help="Weight of the Fourier-spectrum loss; preserves long-range repetition.", low=0, kinds=TEXTURE
        ),
    ] = 0.0
    excite: Annotated[
        str,
        Option(
            help="Filter of a layer whose activation is maximised.",
            metavar="LAYER:CHANNEL",
            kinds=FEATURES,
            recorded=True,
        ),
    ] = ""
