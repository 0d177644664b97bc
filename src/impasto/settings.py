"""Settings: everything that decides the result, as plain data."""

from __future__ import annotations

import dataclasses
from typing import Any

from impasto.errors import SettingsError
from impasto.fields import Layer, channel_of, check, number, option, read, toml
from impasto.length import pair, pixels

REGIONS = "Regions and colours"
FILM, TEXTURE, FEATURES = ("video",), ("texture",), ("features",)
PHOTO = ("stylize", "video")
"""The commands that paint a photo, or one after another, in the manner of pictures."""
MANNER = (*PHOTO, "texture")
"""The commands that paint in the manner of pictures, at any size."""
STILL = ("stylize", "texture", "reconstruct", "features")
"""The commands whose result is one picture."""
COLORS = {"style": 0.0, "mix": 0.5, "content": 1.0}
QUALITIES = {"draft": 60, "normal": 330, "best": 900}
"""Steps in total. A draft shows the composition in seconds; past the best nothing more is to be seen."""
QUALITY_STEPS = ", ".join(f"{name} {steps}" for name, steps in QUALITIES.items())

STRENGTH = 58.0
"""The default: of the content about as much stays as in the pictures that published programs show."""

ONSET = 40.0
"""The strength at which the photo is wholly recoloured and the style has its full weight."""

STYLE_LAYERS = tuple(Layer(f"conv{block}_1") for block in range(1, 6))


@dataclasses.dataclass(frozen=True, kw_only=True)
class Settings:
    """Everything that decides the result, apart from the pictures; raises SettingsError for a value out of range."""

    size: int = option(
        512,
        "Long side of the result, in pixels or as 30cm, 300mm or 12in; of a texture both, such as 1024x768.",
        unit="px",
        low=16,
        high=65535,
        metavar="LENGTH",
        paper=True,
    )
    aspect: str = option("", "Width to height of the result, such as 4:3, where a size does not say; the sample's without it.", metavar="W:H", commands=TEXTURE)
    dpi: int = option(0, "Dots per inch, for a size on paper; the file carries it. 0 for none.", low=0, high=10_000, commands=STILL)
    depth: int = option(8, "Bits of each channel in the file; 16 for .png and .tiff.", choices=("8", "16"), commands=STILL)
    quality: str = option("normal", f"How many steps: {QUALITY_STEPS} in total.", choices=tuple(QUALITIES))
    steps: int = option(0, "Steps in total, shared out over the scales; 0 for as many as the quality says.", low=0)
    seed: int = option(0, "Seed of the noise; the same seed on the same machine gives the same bytes.", low=0, high=2**63 - 1)
    init: str = option("content", "What the first scale starts from: content, noise, style or a picture file.", metavar="content|noise|style|FILE")
    brush: float = option(1.0, "Size of the strokes: the style picture's scale beside the result.", low=0.25, high=4, commands=MANNER)
    tileable: bool = option(False, "Let the result repeat without a seam; its sides become multiples of 16.", commands=TEXTURE)
    strength: float | None = option(
        None,
        f"How far the photo gives way: 0 gives it back, 50 is a strong painting, 90 dissolves it. {STRENGTH:g} without it and a content weight.",
        low=0,
        high=100,
        commands=PHOTO,
    )
    content_weight: float | None = option(None, "Weight of the photo's shapes, in place of a strength.", low=0, commands=PHOTO)
    style_weight: float = option(1.0, "Weight of the painting's manner.", low=0, commands=(*MANNER, "reconstruct"))
    tv_weight: float = option(0.0, "Weight of total variation; more is smoother.", low=0)
    spectrum_weight: float = option(0.0, "Weight of the power of each frequency, which holds what repeats over long ways.", low=0, commands=TEXTURE)
    excite: str = option("", "Filter of a layer that the result is to excite, as LAYER:CHANNEL.", metavar="LAYER:CHANNEL", commands=FEATURES)

    style_mask: tuple[str, ...] = option(
        (),
        "Picture, white where a style paints, grey where less; given once per style, in order, '' for everywhere.",
        group=REGIONS,
        metavar="FILE",
        commands=MANNER,
    )
    style_part: tuple[str, ...] = option(
        (),
        "Picture, white where a style picture is looked at; given once per style, in order, '' for all of it.",
        group=REGIONS,
        metavar="FILE",
        commands=MANNER,
    )
    content_mask: str = option(
        "", "Picture, white where the photo's shapes are held, black where they are free.", group=REGIONS, metavar="FILE", commands=PHOTO
    )
    protect: str = option(
        "",
        "What is held more firmly to the photo's shapes: the faces found in it, or what is white in a picture.",
        group=REGIONS,
        metavar="faces|FILE",
        commands=PHOTO,
    )
    colors: str = option(
        "style",
        "Whose colours the result has; AMOUNT, 0.5 unless given, is the photo's part.",
        group=REGIONS,
        metavar="style|content|mix[:AMOUNT]",
        commands=PHOTO,
    )
    color_method: str = option(
        "luma",
        "How colours stay the photo's: its own over the painted luma, or the style picture's matched to them by covariance or histogram first.",
        group=REGIONS,
        choices=("luma", "covariance", "histogram"),
        commands=PHOTO,
    )

    start: str = option("", "Where in the clip the film begins, such as 2.5s or 1:02.5.", group="Film", metavar="TIME", commands=FILM)
    end: str = option("", "Where in the clip the film ends.", group="Film", metavar="TIME", commands=FILM)
    fps: float = option(0.0, "Frames a second; 0 for those of the clip, each at its own time.", group="Film", low=0, high=1000, commands=FILM)
    flow: str = option("dis", "How the motion between frames is found, or a folder of .flo files.", group="Film", metavar="dis|deepflow|FOLDER", commands=FILM)
    temporal_weight: float = option(30.0, "Weight of being as the frames before, where they show the same; 0 for none.", group="Film", low=0, commands=FILM)
    blur_relief: float = option(20.0, "How much less what lost detail in moving is held than what rests; 0 for as much.", group="Film", low=0, commands=FILM)
    long_term: str = option("1,2,4", "Which frames before, counted back, a frame is held to.", group="Film", metavar="N,…", commands=FILM)
    visibility: float = option(
        50.0,
        "How fast the trust in a frame before falls with how unlike it the clip itself is, moved there; 0 for not at all.",
        group="Film",
        low=0,
        commands=FILM,
    )
    fresh_weight: float = option(
        1.0,
        "Weight of the manner in what no frame before shows, beside as much of the rest; 0 for none of its own.",
        group="Film",
        low=0,
        commands=FILM,
    )
    frame_steps: int = option(
        0,
        "Steps of each later frame of a shot, in each pass; 0 for as many as change much, an eighth of a picture's at most, in several passes a sixteenth.",
        group="Film",
        low=0,
        commands=FILM,
    )
    passes: int = option(1, "Passes over the film, forwards and backwards by turns.", group="Film", low=1, high=100, commands=FILM)
    loop: bool = option(False, "Join the end to the start, for a film that repeats.", group="Film", commands=FILM)

    calm: float = option(
        1.1,
        "Limit, in strengths, of the content error in which faint places count as much as others, so that skies stay calm; 0 for none.",
        group="Method",
        low=0,
        commands=PHOTO,
    )
    trim: bool = option(True, "Leave out a plain frame around a style picture, such as a scan's white border.", group="Method", commands=PHOTO)
    recolour: bool = option(True, "Give the photo, or a texture at each scale, the style's colours; content is held in them.", group="Method", commands=MANNER)
    content_layers: tuple[Layer, ...] = option(
        (Layer("conv4_2"),),
        "Layers that hold the content, each with an optional weight.",
        group="Method",
        metavar="NAME[:X],…",
        commands=(*PHOTO, "reconstruct"),
    )
    style_layers: tuple[Layer, ...] = option(
        STYLE_LAYERS, "Layers that hold the style, each with an optional weight.", group="Method", metavar="NAME[:X],…", commands=(*MANNER, "reconstruct")
    )
    pooling: str = option("average", "How the encoder halves its maps.", group="Method", choices=("average", "max"))
    padding: str = option(
        "replicate",
        "What the encoder sees beyond the border: zeros, or in its first block the border's own pixels.",
        group="Method",
        choices=("zeros", "replicate"),
    )
    network: str = option(
        "plain", "VGG-19 as published, or with the mean activation of each filter scaled to 1.", group="Method", choices=("plain", "normalised")
    )
    weights: str = option("", "Encoder weights to use in place of those inside the package.", group="Method", metavar="FILE")
    losses: str = option(
        "relative", "Form of the content and style losses: relative errors, the sums of Gatys, or means.", group="Method", choices=("relative", "gatys", "mean")
    )
    variation: str = option("mean", "Form of total variation: mean squares, or the bare gradient of their sum.", group="Method", choices=("mean", "gradient"))
    blend: str = option(
        "statistics",
        "What several styles share out by weight: their statistics or their losses.",
        group="Method",
        choices=("statistics", "losses"),
        commands=MANNER,
    )
    style_fit: str = option(
        "long",
        "What the style picture shares with the result at brush 1: long side, width, both sides, or the pixel, so that it keeps its own size.",
        group="Method",
        choices=("long", "width", "both", "pixel"),
        commands=MANNER,
    )
    range_weight: float = option(1000.0, "Weight of the penalty on pixels outside 0 to 255.", group="Method", low=0)
    start_size: int = option(256, "Long side of the first scale; 0 for a single scale.", group="Method", unit="px", low=0, high=65535)
    decay: float = option(0.73, "Steps of each scale for one of the scale before; 1 for as many at every scale.", group="Method", above=0, high=10)
    optimizer: str = option("lbfgs", "What moves the pixels.", group="Method", choices=("lbfgs", "adam"))
    learning_rate: float = option(1.0, "Length of a step: a factor for lbfgs, levels of 0 to 255 for adam.", group="Method", above=0)
    history: int = option(20, "Pairs of differences that lbfgs keeps.", group="Method", low=1, high=1000)
    noise: float = option(
        50.0, "Standard deviation of the noise to start from, around the encoder's mean colour.", group="Method", unit="levels of 0 to 255", low=0
    )
    min_fall: float = option(
        0.01, "Part of the loss by which 20 steps must lower it, or the scale ends early; 0 to take every step.", group="Method", low=0, high=1
    )

    precision: str = option(
        "auto",
        "Type of the convolutions: the fastest there is here, or float32; pixels and losses always are float32.",
        group="Machine",
        choices=("auto", "float32"),
    )
    threads: int = option(0, "Threads of the processor; 0 for as many as there are cores.", group="Machine", low=0, high=1024)
    plan: str = option(
        "",
        "How each scale is computed: keep, recompute:TILE or tile:TILE; without it memory decides.",
        group="Machine",
        metavar="PLAN[,…]",
    )
    convolutions: str = option(
        "", "How each convolution is computed, as recorded by a result; without it they are timed.", group="Machine", metavar="NAME=WAY,…"
    )

    def __post_init__(self) -> None:
        self._take_sides()
        check(self)
        _ = self.color_amount, self.sides, self.excited, self.offsets  # read once, so that a wrong text is refused here
        if self.strength is None and self.content_weight is None:
            object.__setattr__(self, "strength", STRENGTH)
        if self.strength is not None and self.content_weight is not None:
            raise SettingsError(f"strength and content weight exclude each other, got {self.strength:g} and {self.content_weight:g}; give one of them")
        if self.strength is not None and self.losses != "relative":
            raise SettingsError(f"a strength is a relative error, got losses '{self.losses}'; give a content weight in its place")
        if self.content_weight == 0 and not self.style_weight:
            raise SettingsError("content weight and style weight are both 0, so nothing is left to paint; raise one of them")

    def _take_sides(self) -> None:
        """Make a size such as `1024x768` the long side and the aspect."""
        if sides := pair(self.size) if isinstance(self.size, str) else None:
            dpi = number("dpi", self.dpi, int)
            width, height = (pixels("size", side if not side.isdecimal() else side + "px", dpi) for side in sides)
            object.__setattr__(self, "size", max(width, height))
            object.__setattr__(self, "aspect", f"{width}:{height}")

    @property
    def sides(self) -> tuple[int, int] | None:
        """Height and width of a result of this aspect, None where there is none; raises SettingsError."""
        if not self.aspect:
            return None
        width, colon, height = self.aspect.partition(":")
        width, height = (number("aspect", part, float) for part in (width, height if colon else 0))
        if min(width, height) <= 0:
            raise SettingsError(f"aspect must be width to height, such as 4:3, got '{self.aspect}'")
        factor = self.size / max(width, height)
        return max(1, round(height * factor)), max(1, round(width * factor))

    @property
    def excited(self) -> tuple[Layer, int] | None:
        """The layer and the number of the filter that the result is to excite, None where there is none; raises SettingsError."""
        return channel_of(self.excite) if self.excite else None

    @property
    def offsets(self) -> tuple[int, ...]:
        """How many frames back those are that a frame is held to, nearest first; raises SettingsError."""
        found = [number("long term", part, int) for part in self.long_term.split(",") if part.strip()]
        if not found or min(found) < 1:
            raise SettingsError(f"long term must be frames counted back, such as 1,2,4, got '{self.long_term}'")
        return tuple(sorted(set(found)))

    @property
    def total_steps(self) -> int:
        """Steps over all scales: as given, or as the quality says."""
        return self.steps or QUALITIES[self.quality]

    @property
    def onset(self) -> float:
        """How far recolouring and style have set in: from 0 at strength 0 to 1 at ONSET and for a content weight."""
        return 1.0 if self.strength is None else min(1.0, self.strength / ONSET)

    @property
    def color_amount(self) -> float:
        """The photo's part in the colours of the result: 0 for `style`, 1 for `content`; raises SettingsError."""
        kind, colon, amount = self.colors.partition(":")
        if kind == "mix" and colon:
            found = number("colors mix", amount, float)
            if 0 <= found <= 1:
                return float(found)
            raise SettingsError(f"colors mix must be >= 0 and <= 1, got {amount}")
        if self.colors not in COLORS:
            raise SettingsError(f"colors must be style, content, mix or mix:AMOUNT, got '{self.colors}'")
        return COLORS[self.colors]

    def with_changes(self, **changes: Any) -> Settings:
        """Return a copy with some fields replaced; texts are read as on the command line.

        Strength and content weight replace each other, and a quality the steps.
        """
        for one, other, unset in (("strength", "content_weight", None), ("content_weight", "strength", None), ("quality", "steps", 0)):
            if changes.get(one) is not None:
                changes.setdefault(other, unset)
        return dataclasses.replace(self, **read(type(self), changes))

    def to_toml(self) -> str:
        """Return the settings as a TOML document that `from_toml` reads."""
        values = {f.name: getattr(self, f.name) for f in dataclasses.fields(self)}
        return "".join(f"{name} = {toml(value)}\n" for name, value in values.items() if value is not None)
