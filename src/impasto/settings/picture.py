"""Settings of the result: size, quality, strokes and strength."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from impasto.settings.kinds import FEATURES, INSTANT, KINDS, MANNER, PHOTO, STILL, TEXTURE
from impasto.settings.option import Option

QUALITIES = {"draft": 32, "normal": 160, "best": 900}
"""Total steps. A draft shows the composition in seconds; more steps than `best` have no visible effect."""
QUALITY_STEPS = ", ".join(f"{name} {steps}" for name, steps in QUALITIES.items())

STRENGTH = 58.0
"""The default strength, which preserves about as much content as the figures of published programs."""


@dataclass(frozen=True, kw_only=True)
class Picture:
    """Settings of the resulting picture."""

    GROUP: ClassVar = "Picture"

    size: Annotated[
        int,
        Option(
            help="Long side of the result in pixels, or a length such as 30cm with --dpi; "
            "a texture may have both sides, such as 1024x768.",
            unit="px",
            low=16,
            high=65535,
            metavar="LENGTH",
            kinds=KINDS,
            paper=True,
            common=True,
        ),
    ] = 512
    aspect: Annotated[
        str,
        Option(
            help="Aspect ratio of the result if --size is the long side. Default: that of the sample.",
            metavar="W:H",
            kinds=TEXTURE,
        ),
    ] = ""
    dpi: Annotated[
        int,
        Option(
            help="Dots per inch, for a --size in cm, mm or in; stored in the file. 0 for none.",
            low=0,
            high=10_000,
            kinds=STILL,
        ),
    ] = 0
    depth: Annotated[
        int,
        Option(
            help="Bits per channel of the output file; 16 needs .png or .tiff.",
            choices=("8", "16"),
            kinds=STILL,
        ),
    ] = 8
    quality: Annotated[
        str, Option(help=f"Total number of steps: {QUALITY_STEPS}.", choices=tuple(QUALITIES), common=True)
    ] = "normal"
    steps: Annotated[
        int, Option(help="Total number of steps over all scales; 0 for that of --quality.", low=0)
    ] = 0
    seed: Annotated[
        int,
        Option(
            help="Random seed; the same seed on the same machine gives a byte-identical result.",
            low=0,
            high=2**63 - 1,
            common=True,
        ),
    ] = 0
    init: Annotated[
        str,
        Option(
            help="Picture to start from: content, noise, style or a file.",
            metavar="content|noise|style|FILE",
        ),
    ] = "content"
    brush: Annotated[
        float,
        Option(
            help="Stroke size: scale of the style picture relative to the result.",
            low=0.25,
            high=4,
            kinds=(*MANNER, *INSTANT),
            common=True,
        ),
    ] = 1.0
    tileable: Annotated[
        bool,
        Option(
            help="Make the result tile seamlessly; its sides become multiples of 16.",
            kinds=TEXTURE,
            common=True,
        ),
    ] = False
    strength: Annotated[
        float | None,
        Option(
            help="Strength of the style: 0 returns the photo, 90 dissolves it. "
            f"Default {STRENGTH:g} unless --content-weight is given.",
            low=0,
            high=100,
            kinds=(*PHOTO, *INSTANT),
            common=True,
        ),
    ] = None
    forms: Annotated[
        float,
        Option(
            help="How much of the painting's own forms to take over: 0 for its strokes and colours only, "
            "100 for its suns, houses and faces too.",
            low=0,
            high=100,
            kinds=PHOTO,
            common=True,
        ),
    ] = 0.0
    content_weight: Annotated[
        float | None, Option(help="Weight of the content loss; replaces --strength.", low=0, kinds=PHOTO)
    ] = None
    style_weight: Annotated[
        float, Option(help="Weight of the style loss.", low=0, kinds=(*MANNER, "reconstruct"))
    ] = 1.0
    tv_weight: Annotated[
        float, Option(help="Weight of the total variation loss; higher is smoother.", low=0)
    ] = 0.0
    spectrum_weight: Annotated[
        float,
        Option(
            help="Weight of the Fourier-spectrum loss; preserves long-range repetition.", low=0, kinds=TEXTURE
        ),
    ] = 0.0
    excite: Annotated[
        str,
        Option(
            help="Filter of a layer whose activation to maximise.",
            metavar="LAYER:CHANNEL",
            kinds=FEATURES,
            recorded=True,
        ),
    ] = ""
