"""A photo, painted in the manner of paintings."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor

from impasto.convolution.tune import tuner
from impasto.encoder.vgg19 import VGG19, stride
from impasto.engine.allocator import release_freed_memory
from impasto.engine.device import choose_device
from impasto.engine.events import Event, Preview, Step
from impasto.engine.memory import limit
from impasto.engine.optimise import State, begin, fresh_optimizer, next_scale, optimise
from impasto.engine.plan import Plan, plan_scales, report_plan, shortage
from impasto.engine.schedule import Scale, Size, fit_long, schedule
from impasto.errors import MemoryShortage, PictureError, SettingsError
from impasto.losses.held import weight_of
from impasto.media.frame import without_frame
from impasto.media.image import Picture, Source, image_of, levels_of, load, with_alpha
from impasto.objective.regions import Regions
from impasto.objective.terms import Objective, excesses, objective_for
from impasto.recipe.inputs import input_of
from impasto.recipe.recipe import Input, Recipe, files_of, with_references
from impasto.settings import Settings
from impasto.stills.colours import coloured, finished, judged
from impasto.stills.masks import Masks
from impasto.stills.pastiche import Pastiche
from impasto.stills.shared import Shared

Style = Source | tuple[Source, float]
"""A style picture, or one with its weight among several."""


class Stylization:
    """A run of the engine over one photo and its styles: iterate it for events, then take the `pastiche`.

    The process stays within `memory` bytes, by default what is free. Stop iterating to cancel between steps; `pastiche()`
    then gives the picture so far, and iterating once more goes on from the `state`, which may be one that was kept before.
    Runs that get the same `shared` load the encoder and make the targets of a style once.
    Raises PictureError, SettingsError, WeightsError or MemoryShortage before the work begins.
    """

    def __init__(
        self,
        content: Source,
        style: Style | Sequence[Style],
        settings: Settings | None = None,
        *,
        device: str = "auto",
        memory: int | None = None,
        preview_every: int = 0,
        shared: Shared | None = None,
    ) -> None:
        self.settings = settings or Settings()
        self.device = choose_device(device)
        self.preview_every = preview_every
        self.shared = shared or Shared()
        self.content = load(content)
        styles = _with_weights(style)
        self.framed, self.shares = [load(source) for source, _ in styles], _shares(styles)
        self.styles = [self._unframed(index, style) for index, style in enumerate(self.framed)]
        self.masks = Masks.load(self.settings, self.content, self.styles)
        self.init = load(self.settings.init) if self.settings.init not in ("content", "noise", "style") else None
        layers = [layer.name for layer in (*self.settings.content_layers, *self.settings.style_layers)]
        self._shortest = max(map(stride, layers))
        self.scales = schedule(self.content.size, self.settings, self._shortest)
        self._check_sizes(max(layers, key=stride))
        if self.settings.threads:
            torch.set_num_threads(self.settings.threads)
        self.tuner = tuner(self.device, self.settings.precision, self.settings.convolutions)
        self.memory = limit(self.device) if memory is None else memory
        self.plans = plan_scales(self.scales, self.settings, self.tuner.value_bytes, self.memory)
        self.encoder = self.shared.encoder(layers, self.device, self.tuner, **self._network())
        self.sources = (content, *(source for source, _ in styles), *(file for _, file in files_of(self.settings)))
        self.inputs = self._inputs(content, styles)
        self.strip = False
        self.state: State | None = None

    def __iter__(self) -> Iterator[Event]:
        """Paint, coarse to fine, and yield events; raises Diverged and MemoryShortage, after which `pastiche()` still works."""
        try:
            for index in range(self.state.index if self.state else 0, len(self.scales)):
                scale, plan = self.scales[index], self.plans[index]
                state = self._enter(index)
                objective = self._objective(scale, self.encoder, plan, state.carried)
                for event in optimise(objective, state, self.settings.min_fall):
                    yield event
                    if isinstance(event, Step) and self.preview_every and event.step % self.preview_every == 0:
                        yield Preview(event.step, finished(state.kept, self._photo(scale), self.settings))
        except (torch.OutOfMemoryError, MemoryError, RuntimeError) as error:
            if isinstance(error, RuntimeError) and "memory" not in str(error).lower():
                raise
            raise MemoryShortage(shortage(self.scales[-1].size, self.settings, self.tuner.value_bytes, None)) from error

    def pastiche(self) -> Pastiche:
        """Return the best picture so far, at the size that was reached, with its losses as saved."""
        if self.state is None:
            raise SettingsError("nothing has been painted yet; iterate the stylization first")
        scale = self.scales[self.state.index]
        pixels, optimised = finished(self.state.kept, self._photo(scale), self.settings).cpu(), judged(self.state.kept, self.settings)
        saved = load(image_of(optimised) if self.settings.depth == 8 else levels_of(optimised)).pixels(scale.size).to(self.device)
        exact = report_plan(self.plans[self.state.index], scale.size, self.tuner.value_bytes)
        losses = self._objective(scale, self.encoder.exact(), exact).report(saved)
        result = with_alpha(image_of(pixels), self.content.alpha)
        weight = self._content_weight(self.state)
        return Pastiche(
            image=result,
            settings=self.resolved,
            losses=losses,
            losses_before_saving=dict(self.state.losses),
            content_weight=weight,
            seconds=self.state.seconds,
            pixels=pixels,
            recipe=self._recipe(self.state, weight),
            opacity=self.content.opacity(scale.size),
            exif=b"" if self.strip else self.content.exif,
        )

    @property
    def resolved(self) -> Settings:
        """The settings with all that this machine decided, so that it can paint the same bytes again."""
        plan = ",".join(map(str, self.plans))
        return self.settings.with_changes(threads=torch.get_num_threads(), plan=plan, convolutions=self.tuner.record)

    def _inputs(self, content: Source, styles: Sequence[tuple[Source, float]]) -> tuple[Input, ...]:
        painted = (input_of("style", source, weight, picture) for (source, weight), picture in zip(styles, self.framed, strict=True))
        return (input_of("content", content, picture=self.content), *painted, *(input_of(field, file) for field, file in files_of(self.settings)))

    def _recipe(self, state: State, content_weight: float) -> Recipe:
        return Recipe(
            settings=with_references(self.resolved, self.inputs),
            inputs=self.inputs,
            weights=self.encoder.sha256,
            content_weight=content_weight if math.isfinite(content_weight) else 0.0,
            device=self.device.type,
            strip=self.strip,
            finished=state.index == len(state.scales) - 1 and state.step >= state.scales[-1].steps,
        )

    def _excesses(self, state: State) -> dict[str, float]:
        return excesses(state.losses, self.settings, state.carried)

    def _content_weight(self, state: State) -> float:
        if self.settings.strength is None:
            return self.settings.content_weight or 0.0
        found = self._excesses(state)
        return sum(weight_of(excess, self.settings.strength / 100) for key, excess in found.items() if key.startswith("content "))

    def _unframed(self, index: int, style: Picture) -> Picture:
        """Return a style without its frame; as it is where a mask, drawn over the whole of it, says what counts."""
        parted = "".join(self.settings.style_part[index : index + 1])
        return without_frame(style) if self.settings.trim and not parted else style

    def _network(self) -> dict[str, str]:
        return {name: getattr(self.settings, name) for name in ("weights", "network", "pooling", "padding")}

    def _check_sizes(self, deepest: str) -> None:
        size = self.scales[-1].size
        if min(size) < self._shortest:
            raise PictureError(
                f"'{self.content.name}' at {size[1]}x{size[0]} px is too small for {deepest}, which needs {self._shortest} px a side; "
                "give a larger --size or shallower layers"
            )
        for style in self.styles:
            height, width = self._style_size(style, self.scales[0])
            if min(height, width) < self._shortest:
                raise PictureError(
                    f"style '{style.name}' at {width}x{height} px is too small for {deepest}, which needs {self._shortest} px a side; "
                    "give a larger --size or --brush, or shallower layers"
                )
        if self.settings.style_weight:
            deepest = max((layer.name for layer in self.settings.style_layers), key=stride)
            for scale in self.scales:
                self.masks.check(scale.size, [self._style_size(style, scale) for style in self.styles], deepest)

    def _style_size(self, style: Picture, scale: Scale) -> Size:
        brush, (height, width) = self.settings.brush, scale.size
        if self.settings.style_fit == "both":
            return max(1, round(height * brush)), max(1, round(width * brush))
        if self.settings.style_fit == "width":
            return max(1, round(style.size[0] * width * brush / style.size[1])), max(1, round(width * brush))
        return fit_long(style.size, max(height, width) * brush)

    def _enter(self, index: int) -> State:
        """Return the state at a scale: its start, unless the state is there already."""
        scale, plan = self.scales[index], self.plans[index]
        if self.state is not None and self.state.index == index:
            return self.state
        picture = self._start(scale)
        optimizer = fresh_optimizer(self.settings, max(1, min(plan.pairs, scale.steps - 1)), plan.half, picture=picture)
        if self.state is None:
            self.state = begin(self.scales, picture, optimizer)
        else:
            self.state.carried = self._excesses(self.state)
            next_scale(self.state, picture, optimizer)
        return self.state

    def decide(self) -> None:
        """Find now how each convolution will be computed, so that a run which stops and goes on elsewhen differs in no bit."""
        sizes = [self.scales[-1].size, *(self._style_size(style, self.scales[-1]) for style in self.styles)]
        self.encoder.decide(max(height * width for height, width in sizes))

    def _start(self, scale: Scale) -> Tensor:
        if self.state is not None:
            return self._enlarged(self.state.kept, self.scales[self.state.index], scale)
        if self.settings.init == "content":
            return self._targets(scale)[0].to(self.device)
        return judged(self._other_start(scale), self.settings)

    def _other_start(self, scale: Scale) -> Tensor:
        """Return what the first scale starts from where it is not the content: a file, a style or noise."""
        if self.init is not None:
            return self.init.pixels(scale.size).to(self.device)
        if self.settings.init == "style":
            return self.styles[0].pixels(scale.size).to(self.device)
        generator = torch.Generator().manual_seed(self.settings.seed)
        noise = torch.randn(1, 3, *scale.size, generator=generator) * self.settings.noise
        return noise.to(self.device) + self.encoder.mean

    def _enlarged(self, picture: Tensor, last: Scale, scale: Scale) -> Tensor:
        """Return the picture so far at the next scale, with the photo's finer detail by as much as the strength leaves of it.

        Without that every edge starts out blurred: the same errors are reached, but softer to look at.
        """
        enlarged = F.interpolate(picture, scale.size, mode="bicubic", align_corners=False)
        if self.settings.strength is None or self.settings.strength == 100:
            return enlarged
        before, content = (self._targets(one)[0].to(self.device) for one in (last, scale))
        detail = content - F.interpolate(before, scale.size, mode="bicubic", align_corners=False)
        return enlarged.add_(detail, alpha=1 - self.settings.strength / 100)

    def _photo(self, scale: Scale) -> Tensor:
        return self.content.pixels(scale.size).to(self.device)

    def _regions(self, scale: Scale) -> Regions:
        return self.masks.at(scale.size, [self._style_size(style, scale) for style in self.styles])

    def _targets(self, scale: Scale) -> tuple[Tensor, list[Tensor]]:
        """Return the pixels of the content target and of the styles, in the colours that the settings say."""
        styles = [style.pixels(self._style_size(style, scale)) for style in self.styles]
        return coloured(self.content.pixels(scale.size), styles, self.shares, self._regions(scale), self.settings)

    def _objective(self, scale: Scale, encoder: VGG19, plan: Plan, carried: dict[str, float] | None = None) -> Objective:
        release_freed_memory()
        content, styles = self._targets(scale)
        content, styles = content.to(self.device), [style.to(self.device) for style in styles]
        regions, targets = self._regions(scale), self.shared.targets
        return objective_for(encoder, content, styles, self.shares, self.settings, plan.tile, plan.until, regions, carried, targets)


def stylize(
    content: Source,
    style: Style | Sequence[Style],
    settings: Settings | None = None,
    *,
    device: str = "auto",
    on_event: Callable[[Event], object] | None = None,
) -> Pastiche:
    """Paint a photo in the manner of one or several paintings, and return the pastiche.

    `content` and each `style` are a path, a Pillow image or an array; a style may come as `(picture, weight)`.
    `on_event` is called with every event and ends the run early, with the picture so far, by returning False.
    Raises ImpastoError's children.
    """
    return paint(Stylization(content, style, settings, device=device), on_event)


def paint(run: Stylization, on_event: Callable[[Event], object] | None) -> Pastiche:
    """Carry a run out, to its end or until `on_event` returns False, and return the pastiche."""
    for event in run:
        if on_event is not None and on_event(event) is False:
            break
    return run.pastiche()


def _with_weights(style: Style | Sequence[Style]) -> list[tuple[Source, float]]:
    items: Sequence[Style] = style if isinstance(style, list) else [style]  # type: ignore[list-item]
    pairs = [(item[0], float(item[1])) if isinstance(item, tuple) else (item, 1.0) for item in items]
    if not pairs:
        raise SettingsError("at least one style picture is needed, got none")
    weights = [weight for _, weight in pairs]
    if any(not 0 <= weight < float("inf") for weight in weights) or not sum(weights):
        raise SettingsError(f"style weights must be >= 0 and not all 0, got {', '.join(f'{w:g}' for w in weights)}")
    return pairs


def _shares(styles: Sequence[tuple[Source, float]]) -> list[float]:
    return [weight / sum(weight for _, weight in styles) for _, weight in styles]
