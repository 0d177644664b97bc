"""How the result is computed: the losses, the layers that they read, the schedule and the optimiser."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from impasto.settings.kinds import MANNER, PHOTO
from impasto.settings.layers import Layer
from impasto.settings.option import Option

STYLE_LAYERS = tuple(Layer(f"conv{block}_1") for block in range(1, 6))


@dataclass(frozen=True, kw_only=True)
class Method:
    """Settings of the method."""

    GROUP: ClassVar = "Method"

    calm: Annotated[
        float,
        Option(
            help="Cap on the locally normalised content error, as a multiple of strength; keeps skies calm. 0 for none.",
            low=0,
            kinds=PHOTO,
        ),
    ] = 1.1
    trim: Annotated[
        bool,
        Option(help="Crop a plain frame around a style picture, such as a scan's white border.", kinds=PHOTO),
    ] = True
    recolour: Annotated[
        bool,
        Option(
            help="Transfer the style's colours to the photo first (to a texture at each scale); the content loss is measured in them.",
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
    ] = STYLE_LAYERS
    pooling: Annotated[str, Option(help="Pooling of the encoder.", choices=("average", "max"))] = "average"
    padding: Annotated[
        str,
        Option(
            help="Padding of the encoder: zeros, or in its first block the replicated border.",
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
            help="Form of the content and style losses: relative errors, the sums of Gatys, or means.",
            choices=("relative", "gatys", "mean"),
        ),
    ] = "relative"
    variation: Annotated[
        str,
        Option(
            help="Form of the total variation: mean squares, or the bare gradient of their sum.",
            choices=("mean", "gradient"),
        ),
    ] = "mean"
    blend: Annotated[
        str,
        Option(
            help="What is averaged over several styles: their statistics or their losses.",
            choices=("statistics", "losses"),
            kinds=MANNER,
        ),
    ] = "statistics"
    style_fit: Annotated[
        str,
        Option(
            help="Size of the style picture at brush 1: the long side, the width or both sides of the result, or its own pixels.",
            choices=("long", "width", "both", "pixel"),
            kinds=MANNER,
        ),
    ] = "long"
    range_weight: Annotated[
        float, Option(help="Weight of the penalty on pixels outside 0 to 255.", low=0)
    ] = 1000.0
    start_size: Annotated[
        int, Option(help="Long side of the first scale; 0 for a single scale.", unit="px", low=0, high=65535)
    ] = 256
    decay: Annotated[
        float, Option(help="Steps of each scale relative to the previous one.", above=0, high=10)
    ] = 0.73
    optimizer: Annotated[str, Option(help="Optimiser of the pixels.", choices=("lbfgs", "adam"))] = "lbfgs"
    learning_rate: Annotated[
        float, Option(help="Step size: a factor for lbfgs, levels of 0 to 255 for adam.", above=0)
    ] = 1.0
    history: Annotated[int, Option(help="Number of update pairs that L-BFGS keeps.", low=1, high=1000)] = 20
    noise: Annotated[
        float,
        Option(
            help="Standard deviation of the initial noise, around the encoder's mean colour.",
            unit="levels of 0 to 255",
            low=0,
        ),
    ] = 50.0
    min_fall: Annotated[
        float,
        Option(
            help="A scale ends early once 20 steps reduce the loss by less than this fraction; 0 to take every step.",
            low=0,
            high=1,
        ),
    ] = 0.01
