"""A photo painted with looks, in one pass of their network."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from impasto.engine.device import choose_device
from impasto.engine.events import Event, Note, Painted
from impasto.engine.schedule import fit_long
from impasto.engine.threads import use_threads
from impasto.errors import SettingsError
from impasto.looks.look import read_look
from impasto.looks.manner import WORKING
from impasto.looks.painter import Painter
from impasto.looks.shelf import path_of, shared_hash
from impasto.media.image import Source, check_format, check_output, image_of, with_alpha
from impasto.notebook import follow
from impasto.recipe.change import Change, Now, check_changes, in_effect, with_change
from impasto.recipe.finder import input_of
from impasto.recipe.input import Input, files_of
from impasto.recipe.recipe import Recipe
from impasto.settings import Settings
from impasto.settings.presets import preset
from impasto.stills.colours import finished
from impasto.stills.enlarge import enlarged, followed
from impasto.stills.masks import Masks
from impasto.stills.pastiche import Pastiche
from impasto.stills.stock import Stock
from impasto.stills.styles import Style, with_weights

MOST = 4096
"""Largest long side at which a photo is painted, however fine the brush."""


class Instant:
    """A run that paints a photo with one look or several: iterate it for events, then call `pastiche`.

    Looks are files, or names of looks on the shelf. Their weights mix them, or masks give each its region.
    Raises PictureError, SettingsError or LookError on construction.
    """

    def __init__(
        self,
        content: Source,
        look: Style | Sequence[Style],
        settings: Settings | None = None,
        *,
        command: str = "instant",
        device: str = "auto",
        memory: int | None = None,
        preview_every: int = 0,
        changes: Sequence[Change] = (),
        stock: Stock | None = None,
    ) -> None:
        self.settings, self.stock = settings or preset("instant"), stock or Stock()
        self.settings.check_shape(command)
        self.command = command
        self.device, self.memory, self.preview_every = choose_device(device), memory, preview_every
        pairs = [(_file(source), weight) for source, weight in with_weights(look)]
        if not pairs:
            raise SettingsError("at least one look is needed, got none")
        self.weights = [weight for _, weight in pairs]
        self.changes = check_changes(self.settings, self.weights, changes)
        self.looks = [read_look(path) for path, _ in pairs]
        self.content = self.stock.picture(content)
        self.size = fit_long(self.content.size, self.settings.size)
        self.working = fit_long(self.content.size, min(MOST, WORKING / self.settings.brush))
        self.masks = self._masks()
        files = files_of(self.settings)
        self.sources = (content, *(path for path, _ in pairs), *(file for _, file in files))
        self.inputs: tuple[Input, ...] = (
            self.stock.input("content", content),
            *(input_of("style", path, weight) for path, weight in pairs),
            *(self.stock.input(field, file) for field, file in files),
        )
        self.strip, self.notes, self.seconds = False, list[Note](), 0.0
        self.pixels: Tensor | None = None

    def __iter__(self) -> Iterator[Event]:
        """Paint, unless that is done, and yield events."""
        notes, self.notes = self.notes, []
        yield from notes
        if self.pixels is None:
            if self.content.note:
                yield Note("input", {"text": self.content.note})
            began = time.perf_counter()
            self.pixels = self._paint()
            self.seconds = time.perf_counter() - began
            yield Painted(self.size[1], self.size[0], self.seconds)

    @torch.inference_mode()
    def _paint(self) -> Tensor:
        photo, settings = self.content.pixels(self.working), self.now.settings
        regions = self.masks.at(self.working, [self.working] * len(self.looks))
        painted = Painter(self.looks, self.now, regions, self.device).paint(photo)
        whole = self.content.pixels(self.size)
        return finished(self._at_size(painted, photo, whole), whole, settings)

    def _at_size(self, painted: Tensor, photo: Tensor, whole: Tensor) -> Tensor:
        """Return the painted picture at the size of the `whole` photo, with its detail where that is left."""
        if self.size == self.working:
            return painted
        if self.size < self.working:
            return F.interpolate(painted, self.size, mode="bicubic", antialias=True).clamp(0, 255)
        weights = F.interpolate(followed(painted, photo), self.size, mode="bilinear")
        detail = whole - enlarged(photo, self.size)
        return enlarged(painted, self.size).add_(detail.mul_(weights)).clamp_(0, 255)

    def _masks(self) -> Masks:
        return Masks.load(
            self.settings.with_changes(protect="none", content_mask="", style_part=()),
            self.content,
            self.content.size,
            [self.content] * len(self.looks),
        )

    def pastiche(self) -> Pastiche:
        """Return the painted picture; raises SettingsError before it is painted."""
        pixels = self._done()
        settings = self.now.settings.with_changes(threads=self.settings.threads or torch.get_num_threads())
        return Pastiche(
            image=self.image(),
            settings=settings,
            losses={},
            losses_before_saving={},
            content_weight=0.0,
            seconds=self.seconds,
            pixels=pixels,
            recipe=self._recipe(settings),
            opacity=self.content.opacity(self.size),
            exif=b"" if self.strip else self.content.exif,
        )

    def result(self) -> Pastiche:
        """Return the pastiche; part of the interface of all kinds of runs."""
        return self.pastiche()

    def image(self) -> Image.Image:
        """Return the painted picture; raises SettingsError before it is painted."""
        return with_alpha(image_of(self._done()), self.content.alpha)

    def _done(self) -> Tensor:
        if self.pixels is None:
            raise SettingsError("nothing has been painted yet; iterate the run first")
        return self.pixels

    def decide(self) -> None:
        """Do nothing: nothing is decided but the number of threads."""

    def changed(self, settings: Mapping[str, float], styles: Sequence[float] = ()) -> tuple[Change, ...]:
        """Return `changes` with new ones, unchanged after the picture is painted; raises SettingsError."""
        if self.over:
            return self.changes
        wish = Change(scale=1, step=0, settings=settings, styles=tuple(styles))
        return with_change(self.settings, self.weights, self.changes, wish)

    @property
    def now(self) -> Now:
        """The settings and weights of looks in effect."""
        return in_effect(self.settings, self.weights, self.changes, (1, 0))

    @property
    def network(self) -> str:
        """SHA-256 of the trunk that looks share."""
        return shared_hash()

    @property
    def options(self) -> dict[str, Any]:
        """Memory, steps between previews and stock, to construct another run."""
        return dict(memory=self.memory, preview_every=self.preview_every, stock=self.stock)

    @property
    def asked(self) -> Recipe:
        """The recipe before painting, without the automatic choices."""
        return self._recipe(self.settings)

    decided = asked

    @property
    def decided_settings(self) -> Settings:
        """The settings before painting, which leave nothing to the machine but the number of threads."""
        return self.settings.with_changes(threads=self.settings.threads or torch.get_num_threads())

    def _recipe(self, settings: Settings) -> Recipe:
        return Recipe.of(
            settings,
            self.inputs,
            weights=self.network,
            device=self.device.type,
            strip=self.strip,
            command=self.command,
            torch=str(torch.__version__),
            changes=self.changes,
        )

    @property
    def place(self) -> tuple[int, int]:
        """Part of the interface of all kinds of runs: the one scale, or past it."""
        return int(self.over), 0

    @property
    def units(self) -> int:
        """1 if the picture is painted, else 0."""
        return int(self.over)

    @property
    def over(self) -> bool:
        """Whether the picture is painted."""
        return self.pixels is not None

    painted = over

    @property
    def name(self) -> tuple[str, str]:
        """Stem and suffix of a file name for the result."""
        return "+".join((self.content.name, *(look.name for look in self.looks))), ".png"

    def check_output(self, path: Path, inputs: tuple[Source, ...] = (), *, replace: bool = True) -> None:
        """Raise OutputError if the result cannot be written to `path`; an existing picture is replaced."""
        alpha, depth = self.content.alpha is not None, self.settings.depth
        check_output(path, size=self.size, alpha=alpha, depth=depth, inputs=inputs)

    def check_format(self, path: Path) -> None:
        """Raise OutputError if the format of the suffix cannot hold the result."""
        alpha, depth = self.content.alpha is not None, self.settings.depth
        check_format(path, size=self.size, alpha=alpha, depth=depth)


def instant(
    content: Source,
    look: Style | Sequence[Style],
    settings: Settings | None = None,
    *,
    device: str = "auto",
    stock: Stock | None = None,
    on_event: Callable[[Event], object] | None = None,
) -> Pastiche:
    """Paint a photo with one look or several in one pass, and return the pastiche.

    `content` is a path, a Pillow image or an array; each `look` a name or a file of a look, or `(look,
    weight)`. Calls with the same `stock` read a photo once. `on_event` is as in `stylize`. Raises subclasses
    of ImpastoError.
    """
    settings = settings or preset("instant")
    use_threads(settings.threads)
    run = Instant(content, look, settings, device=device, stock=stock)
    follow(run, on_event)
    return run.pastiche()


def _file(source: Source) -> Path:
    if not isinstance(source, str | Path):
        raise SettingsError(f"a look must be a name or a file, got {type(source).__name__}")
    return path_of(str(source))
