"""Settings of the method: losses, layers, schedule and optimiser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from impasto.settings.kinds import MANNER, PHOTO
from impasto.settings.layers import Layer
from impasto.settings.option import Option

STYLE_LAYERS = tuple(Layer(f"conv{block}_1") for block in range(1, 6))
"""Layers of the style loss in the published methods, and of the judged style error."""

MANNER_LAYERS = tuple(Layer(f"conv{block}_{i}") for block in (1, 2, 3) for i in (1, 2))
"""Layers that hold how a painting is made: colours, grain and strokes.

Two of each block: with one alone a weave appears that its Gram matrix does not see.
"""

FORM_LAYERS = STYLE_LAYERS[3:]
"""Layers that hold what is in it as well: if they are matched closely, its faces and houses come along."""


@dataclass(frozen=True, kw_only=True)
class Method:
    """Settings of the method."""

    GROUP: ClassVar = "Method"

    calm: Annotated[
        float,
        Option(
            help="Cap on the locally normalised content error, as a multiple of strength; keeps skies calm. "
            "0 for none.",
            low=0,
            kinds=PHOTO,
        ),
    ] = 1.1
    trim: Annotated[
        bool,
        Option(help="Crop plain borders of style pictures, such as the white border of a scan.", kinds=PHOTO),
    ] = True
    recolour: Annotated[
        bool,
        Option(
            help="Match the photo, or a texture at each scale, to the style's colours before optimising.",
            kinds=MANNER,
        ),
    ] = True
    content_layers: Annotated[
        tuple[Layer, ...],
        Option(
            help="Layers of the content loss, each with an optional weight.",
            metavar="NAME[:X],…",
            kinds=(*PHOTO, "reconstruct"),
        ),
    ] = (Layer("conv4_2"),)
    style_layers: Annotated[
        tuple[Layer, ...],
        Option(
            help="Layers of the style loss, each with an optional weight.",
            metavar="NAME[:X],…",
            kinds=(*MANNER, "reconstruct"),
        ),
    ] = MANNER_LAYERS
    pooling: Annotated[str, Option(help="Pooling in the encoder.", choices=("average", "max"))] = "average"
    padding: Annotated[
        str,
        Option(
            help="Padding in the encoder: zeros, or replicated border pixels in the first block.",
            choices=("zeros", "replicate"),
        ),
    ] = "replicate"
    network: Annotated[
        str,
        Option(
            help="VGG-19 as published, or with the mean activation of each filter normalised to 1.",
            choices=("plain", "normalised"),
        ),
    ] = "plain"
    weights: Annotated[
        str, Option(help="Encoder weights to use instead of the bundled ones.", metavar="FILE")
    ] = ""
    losses: Annotated[
        str,
        Option(
            help="Form of the content and style losses: relative errors, sums as in Gatys et al., or means.",
            choices=("relative", "gatys", "mean"),
        ),
    ] = "relative"
    variation: Annotated[
        str,
        Option(
            help="Form of the total variation loss: mean of squares, or only the gradient of their sum.",
            choices=("mean", "gradient"),
        ),
    ] = "mean"
    blend: Annotated[
        str,
        Option(
            help="How to combine several styles: average their statistics or their losses.",
            choices=("statistics", "losses"),
            kinds=MANNER,
        ),
    ] = "statistics"
    style_fit: Annotated[
        str,
        Option(
            help="Size of style pictures at brush 1: match the result's long side, width or both sides, "
            "or keep their pixels.",
            choices=("long", "width", "both", "pixel"),
            kinds=MANNER,
        ),
    ] = "long"
    range_weight: Annotated[
        float, Option(help="Weight of the penalty on pixel values outside 0 to 255.", low=0)
    ] = 1000.0
    start_size: Annotated[
        int, Option(help="Long side of the first scale; 0 for a single scale.", unit="px", low=0, high=65535)
    ] = 256
    decay: Annotated[
        float, Option(help="Number of steps of each scale relative to the previous one.", above=0, high=10)
    ] = 0.73
    optimizer: Annotated[str, Option(help="Optimisation algorithm.", choices=("lbfgs", "adam"))] = "lbfgs"
    learning_rate: Annotated[
        float, Option(help="Step size: a factor for lbfgs, levels of 0 to 255 for adam.", above=0)
    ] = 1.0
    history: Annotated[
        int, Option(help="History size of L-BFGS: the number of past steps that it uses.", low=1, high=1000)
    ] = 20
    noise: Annotated[
        float,
        Option(
            help="Standard deviation of the initial noise around the encoder's mean colour.",
            unit="levels of 0 to 255",
            low=0,
        ),
    ] = 50.0
    min_fall: Annotated[
        float,
        Option(
            help="Stop a scale early when 20 steps reduce the loss by less than this fraction; 0 to disable.",
            low=0,
            high=1,
        ),
    ] = 0.01
