"""Contact sheets: one photo painted small in many ways, to compare before a full run."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from PIL import Image

from impasto.engine.events import CellBegun, Event, Note, ScaleDone, Step, note
from impasto.engine.threads import use_threads
from impasto.errors import Diverged, ImpastoError, SettingsError, option
from impasto.media.grid import Cell, grid
from impasto.media.image import Source, save
from impasto.media.shown import SHOWN, png_of
from impasto.notebook import follow
from impasto.recipe.input import REFERENCE, Input, with_files, with_files_in
from impasto.recipe.sheet import Axis, SheetRecipe, check_axes, columns_of, product
from impasto.settings import Settings
from impasto.settings.cells import Cells
from impasto.settings.option import as_text, described
from impasto.stills.stock import Stock
from impasto.stills.styles import Style, with_weights
from impasto.stills.stylize import Stylization

Row = Style | Sequence[Style]
"""The style of a cell, or several that are mixed."""

_FIELDS = described(Settings)


class Painted(NamedTuple):
    """The picture of a cell, losses of its best step, seconds of its steps, and whether it diverged."""

    image: Image.Image
    losses: dict[str, float]
    seconds: float
    failed: bool = False


class Sheet:
    """A run over the cells of a sheet: iterate it for events, then `save` it or use `image` and `painted`.

    `styles` are styles to compare, each a style or a list of styles to mix; `vary` maps settings to their
    values. `settings` are those of a full run, `cells` the size and steps of the cells. `paints` is the
    command of the cells, and `caption` returns an additional caption for the settings of a cell. Stop
    iterating to interrupt the run: the painted cells are kept, and iterating again resumes. Raises the errors
    of a Stylization on construction.
    """

    def __init__(
        self,
        content: Source | None,
        styles: Row | Sequence[Row],
        vary: Mapping[str, Sequence[Any]] | Sequence[Axis] = (),
        settings: Settings | None = None,
        cells: Cells | None = None,
        *,
        paints: str = "stylize",
        caption: Callable[[Settings], str] | None = None,
        device: str = "auto",
        memory: int | None = None,
    ) -> None:
        self.paints, self._caption = paints, caption
        self.settings, self.cells, self._stock = settings or Settings(), cells or Cells(), Stock()
        self.settings.check_shape(paints)
        self.content, self.rows = (
            content,
            [with_weights(list(row) if isinstance(row, list) else row) for row in _rows(styles)],
        )
        axes = [
            Axis(name, tuple(values))
            for name, values in (vary.items() if isinstance(vary, Mapping) else vary)
        ]
        numbers = [(number,) for number in range(len(self.rows))]
        check_axes([len(numbers), *(len(axis.values) for axis in axes)], [axis.name for axis in axes])
        full = [self.settings.with_changes(**changes) for _, changes in product(numbers, axes)]
        for one in full:
            one.check_shape(paints)
        self.vary = _read(axes, full)
        self._changes = list(product(numbers, self.vary))
        self.recipe = self._recipe()
        self.names = self.recipe.names
        self.runs = {
            name: self._run(name, row, changes, device, memory)
            for name, ((row,), changes) in zip(self.names, self._changes, strict=True)
        }
        first = self.runs[self.names[0]]
        self.recipe = dataclasses.replace(self.recipe, weights=first.encoder.sha256, device=first.device.type)
        self.painted: dict[str, Painted] = {}

    def __iter__(self) -> Iterator[Event]:
        """Paint cell by cell and yield events, with steps counted over the whole sheet.

        A note reports a cell that diverges, which stays empty if no step improved it. Raises Diverged if all
        cells stay empty.
        """
        failure: Diverged | None = None
        reported: set[str] = set()  # cells open the same pictures, with the same notes
        for number, (name, run) in enumerate(self.runs.items(), 1):
            if name in self.painted:
                continue
            yield CellBegun(name, number, len(self.runs), ", ".join(self.words(name)))
            failed = False
            try:
                for event in run:
                    if isinstance(event, Note):
                        if event.text in reported:
                            continue
                        reported.add(event.text)
                    yield self._counted(event, name) if isinstance(event, Step | ScaleDone) else event
            except Diverged as error:
                failure = Diverged(f"cell {name}: {error.what}", error.way_out)
                yield note("diverged", part=f"cell {name}", why=str(error))
                failed = not run.painted
            if run.state is not None:
                self.painted[name] = Painted(run.image(), run.state.losses, run.state.seconds, failed)
            run.release()
        if failure and all(cell.failed for cell in self.painted.values()):
            raise failure

    @property
    def seconds(self) -> float:
        """The time of all steps so far."""
        return sum(cell.seconds for cell in self.painted.values()) + sum(
            run.state.seconds for run in self.runs.values() if run.state
        )

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the largest picture of a cell."""
        sizes = [run.scales[-1].size for run in self.runs.values()]
        return max(height for height, _ in sizes), max(width for _, width in sizes)

    def styles_of(self, name: str) -> list[Style]:
        """Return the styles that are mixed in a cell, with their weights."""
        (row,), _ = self._changes[self.names.index(name)]
        return list(self.rows[row])

    def words(self, name: str, *, private: bool = False) -> list[str]:
        """Describe how a cell differs from the others; if `private`, styles are numbered."""
        (row,), changes = self._changes[self.names.index(name)]
        varied = [axis.name for axis in self.vary if len(axis.values) > 1]
        styles = [f"style {row + 1}" if private else self._style_words(row)] if len(self.rows) > 1 else []
        caption = [self._caption(self.runs[name].settings)] if self._caption else []
        return [*styles, *(_said(setting, changes[setting], private) for setting in varied), *caption]

    def image(self, *, private: bool = False) -> Image.Image:
        """Return the sheet with the cells painted so far; raises SettingsError if there are none."""
        if not self.painted and not any(run.state for run in self.runs.values()):
            raise SettingsError("no cell has been painted yet; iterate the sheet first")
        columns = columns_of(self.recipe.counts)
        cells = [self._cell(name, private) for name in self.names]
        return grid([cells[i : i + columns] for i in range(0, len(cells), columns)], size=self.size[::-1])

    def _repr_png_(self) -> bytes | None:
        """Return the sheet with the cells painted so far, as PNG for notebooks."""
        begun = self.painted or any(run.state for run in self.runs.values())
        return png_of(self.image(), longest=2 * SHOWN) if begun else None

    def save(self, path: str | os.PathLike[str], *, private: bool = False) -> Path:
        """Write the sheet with its recipe, without names and paths if `private`; raises OutputError."""
        recipe = self.recipe.without_names() if private else self.recipe
        return save(self.image(private=private), path, recipe=recipe.to_text())

    def _run(
        self, name: str, row: int, changes: Mapping[str, Any], device: str, memory: int | None
    ) -> Stylization:
        try:
            settings = self.cells.of(self.settings, changes)
            return Stylization(
                self.content,
                self.rows[row],
                settings,
                command=self.paints,
                device=device,
                memory=memory,
                stock=self._stock,
            )
        except ImpastoError as error:
            raise type(error)(f"cell {name}: {error.what}", error.way_out) from None

    def _recipe(self) -> SheetRecipe:
        """Return the recipe, in which weights and device are not set yet."""
        inputs: list[Input] = []

        def number(item: Input) -> int:
            if item not in inputs:
                inputs.append(item)
            return inputs.index(item)

        def refer(field: str, file: str) -> str:
            return f"{REFERENCE}{number(self._stock.input(field, file))}"

        if self.content is not None:
            number(self._stock.input("content", self.content))
        styles = tuple(
            tuple(number(self._stock.input("style", source, weight)) for source, weight in row)
            for row in self.rows
        )
        vary = tuple(
            Axis(axis.name, tuple(with_files_in(_FIELDS[axis.name], value, refer) for value in axis.values))
            for axis in self.vary
        )
        settings = with_files(self.settings, refer)
        return SheetRecipe(
            settings=settings,
            cells=self.cells,
            styles=styles,
            vary=vary,
            inputs=tuple(inputs),
            weights="",
            paints=self.paints,
        )

    def _counted(self, event: Step | ScaleDone, name: str) -> Event:
        """Return an event of a cell with steps and seconds counted over the whole sheet."""
        seconds = self.seconds
        if isinstance(event, ScaleDone):
            return dataclasses.replace(event, seconds=seconds)
        number = self.names.index(name)
        before, after = (
            [self.runs[other] for other in names] for names in (self.names[:number], self.names[number + 1 :])
        )
        done, later = (sum(scale.steps for run in runs for scale in run.scales) for runs in (before, after))
        left = event.seconds_left + event.seconds / event.step * later
        return dataclasses.replace(
            event,
            step=done + event.step,
            steps=done + event.steps + later,
            seconds=seconds,
            seconds_left=left,
        )

    def _cell(self, name: str, private: bool) -> Cell:
        words = tuple(self.words(name, private=private))
        if name in self.painted:
            cell = self.painted[name]
            return Cell(None, name, (*words, "diverged")) if cell.failed else Cell(cell.image, name, words)
        begun = self.runs[name].state is not None
        return Cell(
            self.runs[name].image() if begun else None,
            name,
            (*words, "unfinished" if begun else "not painted"),
        )

    def _style_words(self, row: int) -> str:
        styles = [(self._stock.picture(source).name, weight) for source, weight in self.rows[row]]
        return " + ".join(f"{name}:{weight:g}" if weight != 1 else name for name, weight in styles)


def sheet(
    content: Source,
    styles: Row | Sequence[Row],
    vary: Mapping[str, Sequence[Any]] | Sequence[Axis] = (),
    settings: Settings | None = None,
    cells: Cells | None = None,
    *,
    device: str = "auto",
    on_event: Callable[[Event], object] | None = None,
) -> Sheet:
    """Paint a sheet and return it; the arguments are those of `Sheet`.

    `on_event` is called with every event; if it returns False, the run stops with the cells so far. Without
    it, notebooks show a progress bar. Raises subclasses of ImpastoError.
    """
    settings = settings or Settings()
    use_threads(settings.threads)
    run = Sheet(content, styles, vary, settings, cells, device=device)
    follow(run, on_event)
    return run


def _rows(styles: Row | Sequence[Row]) -> Sequence[Row]:
    return styles if isinstance(styles, list) else [styles]  # type: ignore[list-item]


def _read(axes: Sequence[Axis], full: Sequence[Settings]) -> tuple[Axis, ...]:
    """Return axes with values as parsed for the cells; raises SettingsError for duplicate values."""
    changes = [change for _, change in product([()], axes)]
    result = []
    for axis in axes:
        values: dict[str, Any] = {}
        # The first combination of styles has all settings; the others repeat them.
        for change, settings in zip(changes, full, strict=False):
            given, value = str(change[axis.name]), getattr(settings, axis.name)
            if values.setdefault(given, value) != value:
                raise SettingsError(
                    f"{axis.name} {given} is {values[given]} in one cell and {value} in another",
                    f"give it in pixels, or leave {option('vary')} dpi out",
                )
        found = [values[str(value)] for value in axis.values]
        twice = next((value for value in found if found.count(value) > 1), None)
        if twice is not None:
            raise SettingsError(
                f"{axis.name.replace('_', ' ')} {as_text(twice)} is given twice in {option('vary')}",
                "leave one out",
            )
        result.append(Axis(axis.name, tuple(found)))
    return tuple(result)


def _said(name: str, value: Any, private: bool) -> str:
    beside = _FIELDS[name].words
    if beside is not None:
        texts = [value] if isinstance(value, str) else list(value)
        value = [
            text or "none" if text in beside else "a file" if private else Path(text).name for text in texts
        ] or ["none"]
    return f"{name.replace('_', ' ')} {as_text(value)}"
