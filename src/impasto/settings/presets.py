"""Presets: Impasto's defaults, and published methods with the settings of their paper or program."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter

from impasto.encoding import decode
from impasto.errors import SettingsError
from impasto.settings import Settings
from impasto.settings.kinds import KINDS
from impasto.settings.layers import Layer
from impasto.settings.method import STYLE_LAYERS
from impasto.settings.option import described, plain


@dataclass(frozen=True)
class Preset:
    """Named settings and their source; `differs` lists differences from the source."""

    name: str
    settings: Settings
    source: str
    differs: str = ""
    commands: tuple[str, ...] = ("stylize", "video")


# Common to the published methods: one scale, no recolouring, no range penalty, zero padding.
_PUBLISHED = Settings(
    trim=False,
    recolour=False,
    style_layers=STYLE_LAYERS,
    protect="none",
    range_weight=0,
    padding="zeros",
    start_size=0,
    history=100,
    min_fall=0,
    visibility=0,
    fresh_weight=0,
    blur_relief=0,
)

# The objective of Johnson's program for a photo, and of Ruder's for each frame.
_JOHNSON = _PUBLISHED.with_changes(
    losses="mean",
    pooling="max",
    content_weight=5,
    style_weight=100,
    tv_weight=1e-3,
    variation="gradient",
    temporal_weight=1000,
    init="noise",
    noise=1e-3,
)

_GATYS_LAYERS = tuple(Layer(f"conv{block}_1", 0.2) for block in range(1, 6))

# A texture has no content to preserve, so shallow layers (colour and grain) can have larger weights.
_GRAINED_LAYERS = tuple(Layer(f"conv{block}_1", weight) for block, weight in enumerate((10, 3, 1, 1, 1), 1))

_PRESETS = (
    Preset(
        "default",
        Settings(),
        "Impasto: recolours the photo first, relative losses, coarse to fine, range penalty on pixels.",
    ),
    Preset(
        "gatys2015",
        _PUBLISHED.with_changes(
            losses="gatys",
            style_layers=_GATYS_LAYERS,
            content_weight=1e-3,
            init="noise",
            noise=1.0,
            steps=1000,
            style_fit="both",
        ),
        "Gatys, Ecker, Bethge: A Neural Algorithm of Artistic Style, 2015 (arXiv:1508.06576).",
        "L-BFGS, as in the authors' later code, instead of the paper's gradient descent.",
        commands=("stylize",),
    ),
    Preset(
        "gatys2016",
        _PUBLISHED.with_changes(
            losses="gatys",
            style_layers=_GATYS_LAYERS,
            content_weight=1e-3,
            init="noise",
            noise=1.0,
            steps=1000,
            style_fit="both",
            network="normalised",
        ),
        "Gatys, Ecker, Bethge: Image Style Transfer Using Convolutional Neural Networks, CVPR 2016.",
        "The network is normalised on the bundled pictures instead of ImageNet, "
        "with a lower bound on mean activations.",
        commands=("stylize",),
    ),
    Preset(
        "johnson",
        _JOHNSON.with_changes(steps=1000),
        "Justin Johnson: neural-style, 2015 (github.com/jcjohnson/neural-style).",
        "The first step moves no pixel by more than one level; torch's L-BFGS divides by the gradient's sum.",
    ),
    Preset(
        "anishathalye",
        _PUBLISHED.with_changes(
            losses="mean",
            pooling="max",
            style_layers=_GATYS_LAYERS,
            content_weight=5,
            style_weight=500,
            tv_weight=100,
            init="noise",
            noise=0.256,
            steps=1000,
            optimizer="adam",
            learning_rate=10,
            temporal_weight=1000,
            blend="losses",
            style_fit="width",
        ),
        "Anish Athalye: neural-style, 2015 (github.com/anishathalye/neural-style).",
        "The content loss uses only conv4_2; newer versions of the program also use conv5_2.",
    ),
    Preset(
        "ruder2016",
        _JOHNSON.with_changes(steps=2000, frame_steps=1000, long_term="1", flow="deepflow", min_fall=4e-5),
        "Ruder, Dosovitskiy, Brox: Artistic Style Transfer for Videos, 2016 "
        "(arXiv:1604.08610; github.com/manuelruder/artistic-videos).",
        "OpenCV's DeepFlow, which has no deep matching, unless --flow is a folder; disoccluded areas start "
        "from the photo instead of the mean colour; a frame stops when 20 steps reduce the loss by less than "
        "0.004%, instead of 50 steps by 0.01%.",
        commands=("video",),
    ),
    Preset(
        "texture",
        Settings(
            content_weight=0,
            init="noise",
            style_fit="pixel",
            start_size=64,
            decay=0.85,
            steps=330,
            style_layers=_GRAINED_LAYERS,
            spectrum_weight=0.3,
            trim=False,
        ),
        "Impasto: relative losses, a spectrum loss, coarse to fine, "
        "each scale initialised with the sample's colours and grain.",
        commands=("texture",),
    ),
    Preset(
        "texture2015",
        _PUBLISHED.with_changes(
            losses="gatys",
            content_weight=0,
            style_layers="conv1_1,pool1,pool2,pool3,pool4",
            init="noise",
            noise=1.0,
            steps=1000,
            style_fit="pixel",
            network="normalised",
        ),
        "Gatys, Ecker, Bethge: Texture Synthesis Using Convolutional Neural Networks, NIPS 2015.",
        "The network is normalised on the bundled pictures instead of ImageNet, "
        "with a lower bound on mean activations; pixels are unbounded.",
        commands=("texture",),
    ),
    Preset(
        "reconstruction",
        _PUBLISHED.with_changes(
            content_weight=1,
            init="noise",
            noise=1.0,
            steps=500,
            range_weight=1000,
            tv_weight=3e-6,
            padding="replicate",
        ),
        "Content or style reconstruction from the layers of the network "
        "(Gatys et al., CVPR 2016, figure 1; Mahendran and Vedaldi 2015).",
        "Relative errors; total variation and range penalty as a prior.",
        commands=("reconstruct",),
    ),
    Preset(
        "features",
        Settings(
            style_layers=STYLE_LAYERS,
            protect="none",
            content_weight=1,
            init="noise",
            noise=20,
            start_size=128,
            steps=330,
            tv_weight=1e-4,
            trim=False,
        ),
        "Impasto: maximises a filter's mean activation relative to the picture's, coarse to fine, "
        "with total variation as a prior (after Erhan et al. 2009).",
        commands=("features",),
    ),
    Preset(
        "instant",
        Settings(size=1024),
        "Impasto: one pass of a network that was trained by the losses of `default` (Johnson et al. 2016).",
        commands=("instant",),
    ),
)


DEFAULTS = {
    "stylize": "default",
    "video": "default",
    "texture": "texture",
    "reconstruct": "reconstruction",
    "features": "features",
    "instant": "instant",
}
"""The preset that each command starts from."""


def presets() -> dict[str, Preset]:
    """Return every preset by name, `default` first."""
    return {preset.name: preset for preset in _PRESETS}


def preset(name: str, command: str = "") -> Settings:
    """Return the settings of a preset.

    Raises SettingsError, with the nearest name, if it does not exist or is not for the given command.
    """
    known = presets()
    if name not in known:
        near = get_close_matches(name, known, 1)
        hint = f"did you mean '{near[0]}'? " if near else ""
        raise SettingsError(f"unknown preset '{name}'; {hint}choose one of {', '.join(known)}")
    if command and command not in known[name].commands:
        suitable = ", ".join(other.name for other in known.values() if command in other.commands)
        raise SettingsError(
            f"preset '{name}' is for '{known[name].commands[0]}'; for '{command}' choose one of {suitable}"
        )
    return known[name].settings


def schema(kind: str) -> dict[str, Any]:
    """Return a JSON schema (draft 2020-12) of the settings of a kind, such as `stylize`.

    Each property has a title, a description, its default for the kind and its group, and if applicable a
    unit, a range and choices; `common` ones are those that most people need. Properties that name a file have
    the format `file` and list other valid values in `words`. Raises SettingsError if the kind is unknown.
    """
    if kind not in KINDS:
        raise SettingsError(f"unknown kind '{kind}'; choose one of {', '.join(KINDS)}")
    settings, whole = preset(DEFAULTS[kind]), TypeAdapter(Settings).json_schema()
    properties = {}
    for name, field in described(Settings).items():
        if kind in field.option.kinds and not field.option.recorded:
            found = whole["properties"][name] | {
                "default": plain(getattr(settings, name)),
                "group": field.group,
            }
            found |= {"common": field.option.common, "title": name.replace("_", " ").capitalize()}
            properties[name] = found | (
                {"format": "file", "words": list(field.words)} if field.words is not None else {}
            )
    return whole | {"title": kind, "properties": properties, "additionalProperties": False}


def settings_from(file: str, default: str = "default", **changes: Any) -> Settings:
    """Return the settings of a TOML file with changes, based on the preset that it names, else `default`.

    Changes are merged before values are parsed, so a size of 30cm in the file can be combined with a `dpi`
    given here. Raises SettingsError.
    """
    table = read_toml(file)
    base = table.pop("preset", default)
    return preset(str(base)).with_changes(**(table | changes))


def read_toml(path: str | Path) -> dict[str, Any]:
    """Return the table of a settings file: fields of Settings, and `preset`; raises SettingsError."""
    try:
        table = tomllib.loads(decode(Path(path).read_bytes()))
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(f"settings file '{path}' is not valid TOML: {error}") from None
    except (OSError, ValueError) as error:
        raise SettingsError(
            f"cannot read settings file '{path}': {getattr(error, 'strerror', None) or error}"
        ) from None
    known = {*described(Settings), "preset"}
    for name in table:
        if name not in known:
            names = ", ".join(sorted(known))
            raise SettingsError(f"unknown setting '{name}' in '{path}'; known settings are {names}")
    return table
