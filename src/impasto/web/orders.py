"""What a form asks for, as an order on the queue: settings that are allowed, and inputs by their ids."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from impasto.errors import LookError, SettingsError
from impasto.looks.card import About, read_about, shipped
from impasto.media.formats import ENDINGS, FORMATS
from impasto.queue.order import Order
from impasto.recipe.input import Input, with_files
from impasto.recipe.recipe import Recipe
from impasto.settings import Settings
from impasto.settings.kinds import FEATURES, FILM, INSTANT, KINDS, TEXTURE
from impasto.settings.layers import ENCODER
from impasto.settings.option import described
from impasto.settings.presets import DEFAULTS, preset
from impasto.web.files import digest
from impasto.web.pictures import BUNDLED, Row
from impasto.web.problem import Refused

LOOK = "look-"
"""What the ids of looks begin with."""

REFUSED = ("weights", "flow", "threads", "plan", "convolutions")
"""Settings that a form cannot give: they name files of the server, or are for its machine to decide."""

DRAFT = {"quality": "draft", "size": 512}
"""The settings of a draft, where a form does not give others."""

_ENDING = {"picture": ".png", "film": ".mp4"}
_USUAL_RATE = 25.0
"""Frames a second by which the pixels of a film are estimated."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A job as a form asks for it: ids of pictures, weights of styles, and settings by name."""

    kind: str
    content: str | None = None
    styles: tuple[tuple[str, float], ...] = ()
    settings: Mapping[str, Any]
    preset: str = ""
    format: str = ""
    draft: bool = False


@dataclass(frozen=True)
class Object:
    """An object that a job needs: its SHA-256 and length, and its file if it is not in the store yet."""

    sha256: str
    bytes: int
    file: Path | None = None


@dataclass(frozen=True)
class Made:
    """The order of a job, the objects that it needs, the pixels of its result, and words to search it by."""

    order: Order
    objects: tuple[Object, ...]
    pixels: int
    words: str


def made(wanted: Wanted, find: Callable[[str], Row], identity: str) -> Made:
    """Return the order of a job; `find` returns a picture by its id. Raises SettingsError, and Refused."""
    if wanted.kind not in KINDS:
        raise SettingsError(f"there is no kind '{wanted.kind[:40]}'", f"choose one of {', '.join(KINDS)}")
    settings = settings_of(wanted)
    content = find(wanted.content) if wanted.content else None
    _check_inputs(wanted, content, settings)
    by_look = wanted.kind in INSTANT or (wanted.kind in FILM and settings.instant)
    styles = [(_look(which) if by_look else find(which), weight) for which, weight in wanted.styles]
    masks: list[Row] = []
    named = with_files(settings, lambda field, which: _masked(field, find(which), masks))
    if wanted.kind in FILM and content is not None:
        named = named.with_changes(size=_size_of_film(named))
    inputs = [
        *([_input("content", content)] if content else []),
        *(_input("style", row, weight) for row, weight in styles),
        *(_input(str(row["role"]), row) for row in masks),
    ]
    recipe = Recipe.of(
        named, inputs, weights=_network() if by_look else ENCODER, command=wanted.kind, strip=True
    )
    rows = [*([content] if content else []), *(row for row, _ in styles), *masks]
    files = (Path(str(row["file"])) if "file" in row else None for row in rows)
    objects = tuple(Object(row["sha256"], row["bytes"], file) for row, file in zip(rows, files, strict=True))
    texts = (str(row.get(name, "")) for row in rows for name in ("name", "title", "painter"))
    suffix = _suffix(wanted, settings)
    order = Order(name=f"studio-{identity[:8]}", recipe=recipe, suffix=suffix)
    return Made(order, objects, _pixels(named, wanted.kind, content), " ".join(texts).lower())


def settings_of(wanted: Wanted) -> Settings:
    """Return the settings that a form gives, over those of its preset; raises SettingsError."""
    given = dict(wanted.settings)
    for name in REFUSED:
        if given.get(name) not in (None, "", 0) and not (name == "flow" and given[name] in _words("flow")):
            raise SettingsError(f"{name} cannot be given here", "leave it out")
    start = preset(wanted.preset or DEFAULTS[wanted.kind], wanted.kind if wanted.preset else "")
    if wanted.draft and wanted.kind not in INSTANT:
        given = {name: value for name, value in DRAFT.items() if name not in given} | given
    settings = start.with_changes(**given)
    settings.check_shape(wanted.kind)
    return settings


def with_paths(settings: Settings, path: Callable[[str], str]) -> Settings:
    """Return settings with files in place of the ids of pictures."""
    return with_files(settings, lambda _field, which: path(which))


def look_rows() -> list[Row]:
    """Return the looks of the package as if they were pictures."""
    return [_look(f"{LOOK}{name}") for name in shipped()]


def about_look(which: str) -> About:
    """Return what is known of a look; raises Refused with 404."""
    return read_about(look_file(which))


def _check_inputs(wanted: Wanted, content: Row | None, settings: Settings) -> None:
    """Raise SettingsError unless a job has the inputs of its kind."""
    kind, styles = wanted.kind, len(wanted.styles)
    if kind in FILM and (content is None or not content["moving"]):
        raise SettingsError("a film is painted from a clip", "choose one, or paint a picture")
    if kind not in FILM and content is not None and content["kind"] == "clip":
        raise SettingsError(f"'{content['name']}' is a clip", "paint it as a film")
    needs = {**dict.fromkeys((*TEXTURE,), (0, 1)), **dict.fromkeys(FEATURES, (1, 0))}
    if kind == "reconstruct":
        if bool(content) == bool(styles) or styles > 1:
            raise SettingsError("a reconstruction is of one picture", "give a content, or one style")
        return
    contents, least = needs.get(kind, (1, 1))
    if bool(content) != bool(contents):
        what = "a photo is missing" if contents else f"{kind} takes no photo"
        raise SettingsError(what, "choose one" if contents else "leave it out")
    if styles < least or (not least and styles):
        what = "a painting is missing" if least else f"{kind} takes no painting"
        raise SettingsError(what, "choose one" if least else "leave it out")
    if not all(weight > 0 and math.isfinite(weight) for _, weight in wanted.styles):
        raise SettingsError("the weight of a painting must be > 0")


def _masked(field: str, row: Row, masks: list[Row]) -> str:
    """Note the picture of a setting, and return a name for it."""
    masks.append({**row, "role": field})
    return str(row["id"])


def _input(role: str, row: Row, weight: float = 1.0) -> Input:
    """Return the input that a picture is: its name says what it is, and nothing of its owner."""
    name = str(row["input"]) if "input" in row else f"{role.replace('_', '-')}{row['suffix']}"
    return Input(role=role, sha256=row["sha256"], bytes=row["bytes"], weight=weight, name=name)


def look_file(which: str) -> Path:
    """Return the file of a look of the package; raises Refused with 404."""
    file = shipped().get(which.removeprefix(LOOK)) if which.startswith(LOOK) else None
    if file is None:
        what = "a look is needed here" if which.startswith(BUNDLED) else "there is no such look"
        raise Refused(404, "not_found", what, "list the looks that there are")
    return file


@cache
def _look(which: str) -> Row:
    """Return a look as if it were a picture."""
    file = look_file(which)
    sha256, size = digest(file)
    card = read_about(file).card
    return dict(
        id=which,
        name=file.stem,
        title=card.title,
        painter=card.painter,
        licence=card.licence,
        sha256=sha256,
        bytes=size,
        file=str(file),
        input=file.name,
    )


@cache
def _network() -> str:
    """Return the SHA-256 of the network that the package's looks share."""
    files = list(shipped().values())
    if not files:
        raise LookError("this impasto has no looks", "install a version that has some")
    return read_about(files[0]).trunk_sha256


def _words(name: str) -> tuple[str, ...]:
    return described(Settings)[name].words or ()


def _suffix(wanted: Wanted, settings: Settings) -> str:
    """Return the ending of a result; raises SettingsError for one that cannot hold it."""
    film = wanted.kind in FILM
    suffix = (
        f".{wanted.format.lower().lstrip('.')}" if wanted.format else _ENDING["film" if film else "picture"]
    )
    known = ENDINGS if film else tuple(FORMATS)
    if suffix not in known:
        raise SettingsError(f"there is no format '{wanted.format[:20]}'", f"choose one of {', '.join(known)}")
    if settings.depth == 16 and FORMATS.get(suffix) not in ("PNG", "TIFF"):
        raise SettingsError(f"{suffix} cannot hold 16 bits a channel", "choose .png or .tiff")
    return suffix


def _size_of_film(settings: Settings) -> int:
    """Return the long side of a film's frames as its recipe has it; a codec needs an even one."""
    return settings.size - settings.size % 2


def _pixels(settings: Settings, kind: str, content: Row | None) -> int:
    """Return the pixels of a result, estimated for a film."""
    if content is None or settings.sides:
        height, width = settings.sides or (settings.size, settings.size)
        return height * width
    short, long = sorted((int(content["width"]), int(content["height"])))
    area = settings.size * max(1, round(settings.size * short / long))
    frames = max(1.0, float(content["seconds"] or 1) * _USUAL_RATE) if kind in FILM else 1.0
    return int(area * frames)
