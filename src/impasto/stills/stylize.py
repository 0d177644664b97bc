"""Style transfer from one or several paintings to a photo."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from impasto.convolution.tune import tuner
from impasto.encoder.vgg19 import VGG19
from impasto.engine.allocator import release_freed_memory
from impasto.engine.device import choose_device
from impasto.engine.events import Event, Note, Preview, Step, note
from impasto.engine.memory import limit
from impasto.engine.optimise import State, begin, fresh_optimizer, next_scale, optimise, restart
from impasto.engine.plan import Plan, plan_scales, report_plan, shortage
from impasto.engine.schedule import Scale
from impasto.engine.threads import use_threads
from impasto.errors import MemoryShortage, SettingsError
from impasto.losses.hold import Hold
from impasto.losses.moment import Moment
from impasto.losses.scene import Scene
from impasto.losses.strength import content_weight, excesses, slopes, still_held
from impasto.media.image import Source, check_format, check_output, image_of, levels_of, load, with_alpha
from impasto.notebook import follow
from impasto.objective.build import Objective, objective_for
from impasto.recipe.change import Change, Now, check_changes, in_effect, with_change
from impasto.recipe.input import Input, files_of
from impasto.recipe.recipe import DECIDED, Recipe
from impasto.settings import Settings
from impasto.stills.colours import judged
from impasto.stills.pastiche import Pastiche
from impasto.stills.pictures import Pictures
from impasto.stills.stock import Stock
from impasto.stills.styles import Style, with_weights


class Stylization:
    """A run over a photo and styles, or one of the two: iterate it for events, then call `pastiche`.

    The process stays within `memory` bytes, by default the free memory. Stop iterating to interrupt the run
    between steps: `pastiche()` then returns the picture so far, and iterating again resumes from `state`,
    which may also be assigned from a checkpoint. `changes` are settings that change during the run; those of
    steps that are not painted yet may be replaced by the result of `changed`. Runs with the same `stock`
    share pictures, encoders and style targets. With a `moment`, the photo is a frame of a film.
    The number of threads is that of the process, which `use_threads` sets before a run is created.
    `preview_every` is in steps, 0 for no previews.

    Raises PictureError, SettingsError, WeightsError or MemoryShortage on construction.
    """

    def __init__(
        self,
        content: Source | None,
        style: Style | Sequence[Style],
        settings: Settings | None = None,
        *,
        command: str = "stylize",
        device: str = "auto",
        memory: int | None = None,
        preview_every: int = 0,
        changes: Sequence[Change] = (),
        stock: Stock | None = None,
        moment: Moment | None = None,
    ) -> None:
        self.settings, self.moment = settings or Settings(), moment
        self.device = choose_device(device)
        self.preview_every = preview_every
        self.command, self.stock, styles = command, stock or Stock(), with_weights(style)
        self.weights = [weight for _, weight in styles]
        self.changes = check_changes(self.settings, self.weights, changes)
        self.pictures = Pictures(
            command, content, [source for source, _ in styles], self.settings, self.stock, moment
        )
        self.scales = self.pictures.scales
        self.tuner = tuner(self.device, self.settings.precision, self.settings.convolutions)
        self.memory = limit(self.device) if memory is None else memory
        self.plans = plan_scales(self.scales, self.settings, self.tuner.value_bytes, self.memory)
        self.encoder = self.stock.encoder(self.pictures.layers, self.device, self.tuner, self.settings)
        files, shown = files_of(self.settings), [] if content is None else [content]
        self.sources = (*shown, *(source for source, _ in styles), *(file for _, file in files))
        painted = (self.stock.input("style", source, weight) for source, weight in styles)
        self.inputs: tuple[Input, ...] = (
            *(self.stock.input("content", one) for one in shown),
            *painted,
            *(self.stock.input(field, file) for field, file in files),
        )
        self.strip = False
        self.state: State | None = None
        self.notes: list[Note] = []

    def __iter__(self) -> Iterator[Event]:
        """Paint coarse to fine and yield events; raises Diverged or MemoryShortage.

        After an error, `pastiche()` still returns the picture so far.
        """
        notes, self.notes = self.notes, []
        yield from notes
        if self.state is None and self.moment is None:
            yield from notes_of(self.pictures)
        try:
            for index in range(self.state.index if self.state else 0, len(self.scales)):
                yield from self._paint_scale(index)
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and "memory" not in str(error).lower():
                raise
            raise MemoryShortage(
                shortage(self.scales[-1].size, self.settings, self.tuner.value_bytes, None)
            ) from error

    def release(self) -> None:
        """Discard the state, and with it the memory of the optimiser."""
        self.state = None

    def _paint_scale(self, index: int) -> Iterator[Event]:
        scale, plan, state, ended = self.scales[index], self.plans[index], self._enter(index), False
        while not ended:
            if self._changes_here():
                state.carried = still_held(
                    state.carried, self._at(index, state.step - 1).settings, self.now.settings
                )
                restart(state)
            ended = True
            # No other reference to the objective, so that its feature maps are freed before the next one.
            for event in optimise(
                self._objective(scale, self.encoder, plan, state.carried), state, self.settings.min_fall
            ):
                yield event
                if isinstance(event, Step) and self.preview_every and event.step % self.preview_every == 0:
                    yield Preview(event.step, self.pictures.finished(state.kept, scale))
                if isinstance(event, Step) and self._changes_here():
                    ended = False
                    break

    def changed(self, settings: Mapping[str, float], styles: Sequence[float] = ()) -> tuple[Change, ...]:
        """Return `changes` with new ones from the next step on, unchanged after the last step.

        Raises SettingsError.
        """
        index, step = self.place
        wish = Change(scale=index + 1, step=step, settings=settings, styles=tuple(styles))
        return (
            with_change(self.settings, self.weights, self.changes, wish)
            if index < len(self.scales)
            else self.changes
        )

    @property
    def place(self) -> tuple[int, int]:
        """Index of the scale of the next step, and the number of steps taken in that scale."""
        state = self.state
        if state is None:
            return 0, 0
        return (
            (state.index, state.step)
            if state.step < state.scales[state.index].steps
            else (state.index + 1, 0)
        )

    @property
    def now(self) -> Now:
        """The settings and weights of styles in effect at the current step."""
        return self._at(self.state.index, self.state.step) if self.state else self._at(0, 0)

    def _at(self, index: int, step: int) -> Now:
        return in_effect(self.settings, self.weights, self.changes, (index + 1, step))

    def _changes_here(self) -> bool:
        """Whether settings change at the current step, inside a scale; `_enter` handles its start."""
        state = self.state
        return (
            state is not None
            and 0 < state.step < state.scales[state.index].steps
            and any(c.place == (state.index + 1, state.step) for c in self.changes)
        )

    @property
    def painted(self) -> bool:
        """Whether a step has improved on the start of the run."""
        return self.state is not None and self.state.painted

    def image(self) -> Image.Image:
        """Return the best picture so far; faster than `pastiche`, which also computes losses."""
        state = self._begun()
        return with_alpha(image_of(self.pictures.finished(state.kept, self.scales[state.index])), self.alpha)

    @property
    def alpha(self) -> Image.Image | None:
        """The alpha channel of the photo, which is also that of the result."""
        return self.pictures.content.alpha if self.pictures.content else None

    def pastiche(self) -> Pastiche:
        """Return the best picture so far at the size of its scale, with its losses as saved."""
        state, photo = self._begun(), self.pictures.content
        scale = self.scales[state.index]
        pixels, optimised = self.pictures.finished(state.kept, scale).cpu(), judged(state.kept, self.settings)
        saved = (
            load(image_of(optimised) if self.settings.depth == 8 else levels_of(optimised))
            .pixels(scale.size)
            .to(self.device)
        )
        exact = report_plan(self.plans[state.index], scale.size, self.tuner.value_bytes)
        losses = self._objective(scale, self.encoder.exact(), exact).report(saved)
        result = with_alpha(image_of(pixels), self.alpha)
        weight = self._content_weight()
        return Pastiche(
            image=result,
            settings=self._resolved(self.now.settings),
            losses=losses,
            losses_before_saving=dict(state.losses),
            content_weight=weight,
            seconds=state.seconds,
            pixels=pixels,
            recipe=self._recipe(
                self.resolved,
                content_weight=weight if math.isfinite(weight) else 0.0,
                changes=tuple(c for c in self.changes if c.place <= (state.index + 1, state.step)),
                finished=self.over,
            ),
            opacity=photo.opacity(scale.size) if photo else None,
            exif=photo.exif if photo and not self.strip else b"",
        )

    def result(self) -> Pastiche:
        """Return the pastiche; part of the interface of all kinds of runs."""
        return self.pastiche()

    @property
    def options(self) -> dict[str, Any]:
        """Memory, steps between previews and stock, to construct another run."""
        return dict(memory=self.memory, preview_every=self.preview_every, stock=self.stock)

    @property
    def over(self) -> bool:
        """Whether all scales are finished."""
        return self.place[0] == len(self.scales)

    @property
    def units(self) -> int:
        """The number of steps taken over all scales."""
        state = self.state
        return sum(scale.steps for scale in state.scales[: state.index]) + state.step if state else 0

    @property
    def name(self) -> tuple[str, str]:
        """Stem and suffix of a file name for the result."""
        shown = [self.pictures.content] if self.pictures.content else []
        return "+".join(picture.name for picture in (*shown, *self.pictures.styles)), ".png"

    def check_output(self, path: Path, inputs: tuple[Source, ...] = (), *, replace: bool = True) -> None:
        """Raise OutputError if the result cannot be written to `path`; an existing picture is replaced."""
        size, depth = self.scales[-1].size, self.settings.depth
        check_output(path, size=size, alpha=self.alpha is not None, depth=depth, inputs=inputs)

    def check_format(self, path: Path) -> None:
        """Raise OutputError if the format of the suffix cannot hold the result."""
        size, depth = self.scales[-1].size, self.settings.depth
        check_format(path, size=size, alpha=self.alpha is not None, depth=depth)

    def _begun(self) -> State:
        if self.state is None:
            raise SettingsError("nothing has been painted yet; iterate the stylization first")
        return self.state

    @property
    def resolved(self) -> Settings:
        """The settings with all automatic choices for this machine, which reproduce the same bytes."""
        return self._resolved(self.settings)

    def _resolved(self, settings: Settings) -> Settings:
        plan = ",".join(map(str, self.plans))
        threads = settings.threads or torch.get_num_threads()
        return settings.with_changes(threads=threads, plan=plan, convolutions=self.tuner.record)

    @property
    def asked(self) -> Recipe:
        """The recipe before painting, without the automatic choices."""
        left_open = {name: value for name in DECIDED if not (value := getattr(self.settings, name))}
        return self._recipe(self.decided_settings.with_changes(**left_open))

    @property
    def decided(self) -> Recipe:
        """The recipe before painting, with the automatic choices for this machine."""
        return self._recipe(self.decided_settings)

    @property
    def decided_settings(self) -> Settings:
        """The settings before painting, with the automatic choices for this machine."""
        return self.resolved.with_changes(convolutions=self.tuner.known)

    @property
    def network(self) -> str:
        """SHA-256 of the encoder's weights."""
        return self.encoder.sha256

    def _recipe(self, settings: Settings, **made: Any) -> Recipe:
        return Recipe.of(
            settings,
            self.inputs,
            weights=self.network,
            device=self.device.type,
            strip=self.strip,
            command=self.command,
            torch=str(torch.__version__),
            **({"changes": self.changes} | made),
        )

    def _excesses(self, state: State) -> dict[Hold, float]:
        return excesses(state.losses, self.now.settings, state.carried)

    def _content_weight(self) -> float:
        settings = self.now.settings
        if settings.strength is None:
            return settings.content_weight or 0.0
        return content_weight(self.slopes)

    @property
    def slopes(self) -> dict[Hold, float]:
        """The content weights that result so far from the content errors held constant."""
        if self.moment and self.moment.slopes:
            return dict(self.moment.slopes)
        return slopes(self._excesses(self._begun()), self.now.settings)

    def _enter(self, index: int) -> State:
        """Return the state at a scale; if it is of an earlier one, start the scale first."""
        scale, plan, now = self.scales[index], self.plans[index], self._at(index, 0)
        if self.state is not None and self.state.index == index:
            return self.state
        if self.state is None:
            picture = self.pictures.start(scale, now, self.encoder.mean).to(self.device)
        else:
            picture = self.pictures.next_start(self.state.kept, self.scales[self.state.index], scale, now)
        optimizer = fresh_optimizer(
            now.settings, max(1, min(plan.pairs, scale.steps - 1)), plan.half, scale=index, picture=picture
        )
        if self.state is None:
            self.state = begin(self.scales, picture, optimizer)
            self.state.painted = self.moment is not None and self.moment.start is not None
        else:
            self.state.carried = still_held(self._excesses(self.state), self.now.settings, now.settings)
            next_scale(self.state, picture, optimizer)
        return self.state

    def decide(self) -> None:
        """Choose now how each convolution is computed, so that a resumed run gives the same bytes."""
        self.encoder.decide(self.pictures.largest())

    def _objective(
        self, scale: Scale, encoder: VGG19, plan: Plan, carried: dict[Hold, float] | None = None
    ) -> Objective:
        release_freed_memory()
        now = self.now
        content, styles = self.pictures.targets(scale, now)
        content, styles = (
            None if content is None else content.to(self.device),
            [style.to(self.device) for style in styles],
        )
        scene = Scene(
            encoder=encoder,
            settings=now.settings,
            content=content,
            styles=styles,
            shares=now.shares,
            regions=self.pictures.regions(scale).on(self.device),
            size=scale.size,
            moment=self.moment.on(self.device) if self.moment else None,
            carried=carried or {},
            targets=self.stock.targets,
            tile=plan.tile,
        )
        return objective_for(scene, plan.until)


def notes_of(pictures: Pictures) -> Iterator[Note]:
    """Yield notes on how the pictures of a run were opened and what was detected in them."""
    if (faces := pictures.masks.faces) is not None:
        words = f"{faces} face{'s' if faces > 1 else ''}"
        yield note("faces", count=faces, faces=words) if faces else note("no_face")
    for before, style in zip(pictures.framed, pictures.styles, strict=True):
        if style is not before:
            size, whole = (f"{width}x{height}" for height, width in (style.size, before.size))
            yield note("frame_trimmed", name=before.name, size=size, whole=whole)
    yield from (note("input", text=text) for text in pictures.notes)


def stylize(
    content: Source,
    style: Style | Sequence[Style],
    settings: Settings | None = None,
    *,
    device: str = "auto",
    on_event: Callable[[Event], object] | None = None,
) -> Pastiche:
    """Paint a photo in the style of one or several paintings, and return the pastiche.

    `content` and each `style` are a path, a Pillow image or an array; a style may also be `(picture,
    weight)`. `on_event` is called with every event; if it returns False, the run stops with the picture so
    far. Without it, notebooks show a progress bar. Raises subclasses of ImpastoError.
    """
    settings = settings or Settings()
    use_threads(settings.threads)
    return paint(Stylization(content, style, settings, device=device), on_event)


def paint(run: Stylization, on_event: Callable[[Event], object] | None) -> Pastiche:
    """Iterate a run until it is over or `on_event` returns False, and return the pastiche."""
    follow(run, on_event)
    return run.pastiche()
