"""The kinds of runs, and how each is kept in a job folder; new kinds are registered here."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from PIL import Image

from impasto.engine.events import Event, Note
from impasto.engine.threads import use_threads
from impasto.jobs import films, instants, stills
from impasto.jobs.record import Record
from impasto.jobs.standing import Standing
from impasto.jobs.tasks import Task
from impasto.media.image import Source
from impasto.recipe.change import Change
from impasto.recipe.finder import Finder
from impasto.recipe.recipe import Recipe
from impasto.settings import Settings
from impasto.settings.kinds import INSTANT, OPTIMISED
from impasto.stills.again import threads_of


class Result(Protocol):
    """The result of a run, which can be saved, and made again from its recipe."""

    @property
    def facts(self) -> dict[str, Any]:
        """Size, seconds, losses and the like, as plain data."""

    @property
    def settings(self) -> Settings:
        """The settings that made it."""

    @property
    def unread(self) -> list[str]:
        """What of its inputs could not be read, in words; empty if all was."""

    def save(
        self,
        path: Path,
        *,
        strip: bool = False,
        recipe: bool = True,
        private: bool = False,
        replace: bool = True,
    ) -> Path:
        """Write it atomically; a folder of frames is replaced only with `replace`. Raises OutputError."""

    def recipe_for(self, *, strip: bool = False, private: bool = False) -> Recipe:
        """Return the recipe that a file carries which is saved so."""


class Run(Protocol):
    """A run of any kind: iterate it for events, then take its `result`."""

    changes: tuple[Change, ...]

    def __iter__(self) -> Iterator[Event]: ...

    @property
    def command(self) -> str:
        """The name of its kind."""

    @property
    def options(self) -> dict[str, Any]:
        """Memory, steps between two previews, and stock, for another run in its place."""

    @property
    def sources(self) -> tuple[Source, ...]:
        """All that goes in."""

    @property
    def asked(self) -> Recipe:
        """The recipe before painting, in which what the settings leave to the machine is open."""

    @property
    def decided(self) -> Recipe:
        """The recipe before painting, with all that this machine decides."""

    @property
    def place(self) -> tuple[int, int]:
        """Index of the scale or pass of the next unit, and the units of it that are done."""

    @property
    def units(self) -> int:
        """Steps taken, or frames painted, in all."""

    @property
    def over(self) -> bool:
        """Whether nothing is left to be painted."""

    @property
    def painted(self) -> bool:
        """Whether there is a result worth saving."""

    @property
    def name(self) -> tuple[str, str]:
        """Stem and suffix of a name for the result."""

    def decide(self) -> None:
        """Decide now what the machine decides, so that a resumed run differs in no bit."""

    def changed(self, settings: Mapping[str, float], styles: Sequence[float] = ()) -> tuple[Change, ...]:
        """Return the changes with others that count from the next unit on."""

    def check_output(self, path: Path, inputs: tuple[Source, ...] = (), *, replace: bool = False) -> None:
        """Raise OutputError if the result could not be written at `path`."""

    def check_format(self, path: Path) -> None:
        """Raise OutputError if the format of a name cannot hold the result."""

    def image(self) -> Image.Image:
        """Return the picture so far."""

    def result(self) -> Result:
        """Return what is painted."""


class Keeper(Protocol):
    """Keeps a run in its folder."""

    folder: Path
    part_of_time: float

    def restore(self, *, torn: bool = False) -> list[Event]:
        """Give the run what is kept of it, and return what was found."""

    def begin(self) -> None:
        """Start to measure the time of painting."""

    def after(self, event: Event) -> Iterator[Note]:
        """Keep what is due after an event."""

    def keep(self) -> Iterator[Note]:
        """Keep all that is done."""

    def waited(self, seconds: float) -> None:
        """Take seconds of waiting out of the time of painting."""

    def files(self) -> dict[str, str]:
        """Return names and SHA-256 of the files to resume from on another machine; empty if none."""

    @property
    def exists(self) -> bool:
        """Whether anything is kept."""

    @property
    def saves_time(self) -> bool:
        """Whether a resume is faster than a restart, though nothing may be painted yet."""


@dataclass(frozen=True)
class Kind:
    """How runs of a kind are made, made again, kept and branched; see the functions of `stills`.

    `asked` returns the settings that a recipe records before the machine decides anything; `check_format`
    raises OutputError if the format of a name can hold no result of such settings. `network` returns the
    SHA-256 of the weights that the package has for the kind. `suffix` is that of a result that nobody named,
    and `result` what it is called. A `foldered` run needs a folder while it is painted. Events of the type
    `progress` say how far a run is, and those of the type `unit_done` that a step or frame has been painted.
    """

    make: Callable[..., Run]
    asked: Callable[[str, Settings], Settings]
    check_format: Callable[[Path, Settings], None]
    again: Callable[..., Run]
    keeper: Callable[..., Keeper]
    standing: Callable[[Path, Record], Standing]
    branch: Callable[[Path, Path, Record, int], tuple[int, tuple[int, int]]]
    network: Callable[[Settings], str]
    unit: str
    part: str
    suffix: str
    result: str
    foldered: bool
    progress: type[Event]
    unit_done: type[Event]


def _kind(room: Any) -> Kind:
    made = (room.make, room.asked, room.check_format, room.again)
    ways = (*made, room.Keeper, room.standing, room.branch, room.network)
    facts = (room.UNIT, room.PART, room.SUFFIX, room.RESULT, room.FOLDERED, room.PROGRESS, room.UNIT_DONE)
    return Kind(*ways, *facts)


KINDS: dict[str, Kind] = (
    dict.fromkeys(OPTIMISED, _kind(stills))
    | {"video": _kind(films)}
    | dict.fromkeys(INSTANT, _kind(instants))
)
"""The kinds by the name of their command."""


def make(task: Task, **options: Any) -> Run:
    """Return the run of a task, with `options` of its kind, and use its number of threads from now on.

    Raises subclasses of ImpastoError.
    """
    use_threads(task.settings.threads)
    kind = KINDS[task.kind]
    return kind.make(task.kind, task.content, list(task.styles), task.settings, device=task.device, **options)


def again(recipe: Recipe, finder: Finder, changes: Mapping[str, Any], **options: Any) -> Run:
    """Return the run that makes a result again, with `options` of its kind, and use its number of threads.

    Raises RecipeError if an input is missing or has changed.
    """
    use_threads(threads_of(recipe, changes))
    return KINDS[recipe.command].again(recipe, finder, changes, **options)
