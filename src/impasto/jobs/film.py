"""A film in a job folder: kept frame by frame, so that after any stop it goes on, to the same bytes."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from impasto.engine.events import Event, FrameDone, Note
from impasto.errors import JobError, SettingsError
from impasto.jobs.folder import kept_inputs
from impasto.jobs.job import GLANCE
from impasto.jobs.lock import Lock, holder
from impasto.jobs.pause import go_on, is_paused
from impasto.jobs.record import Record
from impasto.jobs.taken import Taken, beginning, begun, taking
from impasto.media.film import Film, check_film
from impasto.media.image import Source
from impasto.media.paths import is_file, is_folder, remove_empty, same_place
from impasto.media.shown import FilmFile
from impasto.notebook import follow
from impasto.recipe.finder import Finder
from impasto.recipe.recipe import Recipe
from impasto.settings import Settings
from impasto.settings.run import RunOptions
from impasto.stills.again import planned, sought, told
from impasto.stills.styles import Style
from impasto.video.frames import CLIP, FLOW, SOURCE, Frames
from impasto.video.passes import seam_of
from impasto.video.shots import SHOTS
from impasto.video.stylize import Filming

_FRAME = re.compile(r"\d{6,}\.png|(forward|backward)_\d+_\d+\.flo|\..*\.part")
_FILE = re.compile(rf"{re.escape(CLIP)}|{re.escape(SHOTS)}|\.({re.escape(CLIP)}|{re.escape(SHOTS)})-.*\.part")
_FOLDER = re.compile(rf"{SOURCE}|{FLOW}|pass\d+")


class FilmJob(Taken):
    """A film in its folder: iterate it for events, then `write` it; close it, or use it with `with`, to let the folder go.

    However it ends, `FilmJob.resume` goes on with the first frame that is not painted. `notes` say what was found at the start.
    """

    def __init__(self, lock: Lock, record: Record, filming: Filming, notes: Sequence[str] = ()) -> None:
        super().__init__(filming.folder, lock, record)
        self.filming, self.notes, self.paused, self.seconds = filming, [*filming.notes, *notes], False, 0.0
        go_on(self.folder)

    @classmethod
    def start(
        cls,
        folder: str | os.PathLike[str],
        filming: Filming,
        run: RunOptions | None = None,
        *,
        own: bool = False,
    ) -> FilmJob:
        """Give a film a folder, or go on in the folder with the same one as was begun there; raises JobError where that is another."""
        filming.folder = folder = Path(folder)
        with beginning(folder) as (lock, made):
            if record := begun(folder, filming.model.asked, "film"):
                return cls._again(folder, lock, record, filming.sources, filming.memory, filming.previews)
            record = Record(filming.model.decided, RunOptions(), own=own).with_run(run or RunOptions())
            record.write(folder)
            job = cls(lock, record, filming)
            job.made = made
            return job

    @classmethod
    def resume(
        cls,
        folder: str | os.PathLike[str],
        *,
        inputs: Sequence[Source] = (),
        memory: int | None = None,
        previews: bool = False,
    ) -> FilmJob:
        """Go on with the film of a folder; its inputs are sought as by `again`. Raises JobError and RecipeError."""
        folder = Path(folder)
        Record.read(folder)  # before a lock is written into what may be no job at all
        with taking(folder) as lock:
            return cls._again(folder, lock, Record.read(folder), inputs, memory, previews)

    @classmethod
    def _again(
        cls,
        folder: Path,
        lock: Lock,
        record: Record,
        inputs: Sequence[Source],
        memory: int | None,
        previews: bool,
    ) -> FilmJob:
        filming, notes = filming_of(
            record.recipe, Finder(None, [*inputs, *kept_inputs(folder)]), {}, memory=memory, previews=previews
        )
        filming.folder = folder
        return cls(lock, record, filming, [*notes, f"going on with job '{folder}'"])

    def __iter__(self) -> Iterator[Event]:
        """Paint on and yield events; raises what a Filming does."""
        for event in self.filming:
            self.seconds += event.seconds if isinstance(event, FrameDone) else 0
            yield event
            if isinstance(event, FrameDone) and is_paused(self.folder):
                yield from self._wait()

    def _wait(self) -> Iterator[Event]:
        yield Note(f"paused; 'impasto job {self.folder} continue' goes on")
        self.paused = True
        while is_paused(self.folder):
            time.sleep(GLANCE)
        self.paused = False
        yield Note("going on")

    def write(self, path: Path, *, recipe: bool = True, private: bool = False) -> int:
        """Write the frames that are painted as a film, with the clip's sound, and return their number.

        Raises OutputError, and SettingsError before the first frame is painted to its end.
        """
        filming, count, replaces = self.filming, 0, _goes_to(self.record, path)
        if filming.reading is None or not filming.done:
            raise SettingsError("no frame has been painted to its end yet; paint on first")
        text = self.recipe(private=private).to_text() if recipe else ""
        sound = filming.clip if filming.clip.sound else None
        with Film(
            path,
            filming.size,
            filming.rate,
            sound=sound,
            start=filming.start or 0,
            recipe=text,
            replace=replaces,
        ) as film:
            for image, at, duration in filming.pictures():
                film.add(image, at, duration)
                count += 1
        return count

    def recipe(self, *, private: bool = False) -> Recipe:
        """Return the recipe that makes the film again."""
        recipe = replace(self.record.recipe, finished=self.filming.finished)
        return recipe.without_names() if private else recipe

    @property
    def keeps(self) -> bool:
        """Whether a frame has been painted, or the weights of a shot are known."""
        return is_file(self.folder / SHOTS) or any(self.folder.glob("pass*/*.png"))

    def remove(self) -> None:
        """Remove the folder with all that is the film's; raises JobError where that fails."""
        self.close()
        self.clear()
        remove_empty([self.folder])

    def clear(self) -> None:
        """Remove all that is the film's from its folder; raises JobError where that fails."""
        try:
            for path in list(self.folder.iterdir()):
                if is_folder(path) and _FOLDER.fullmatch(path.name):
                    _remove_frames(path)
                elif _FILE.fullmatch(path.name):
                    path.unlink()
        except OSError as error:
            raise JobError(
                f"cannot remove '{self.folder}': {error.strerror or error}; delete it yourself"
            ) from None
        super().clear()


def film(
    clip: str | os.PathLike[str],
    style: Style | Sequence[Style],
    output: str | os.PathLike[str],
    settings: Settings | None = None,
    *,
    job: str | os.PathLike[str] | None = None,
    device: str = "auto",
    on_event: Callable[[Event], object] | None = None,
) -> FilmFile:
    """Paint a clip, a film, a GIF or a folder of pictures, in the manner of one painting or several, write the film, and return its path.

    With a `job` folder a film that was stopped goes on there. `on_event` is called with every event and ends the run early,
    with the frames so far, by returning False; a notebook shows a bar without it, and plays the film that comes back.
    Raises ImpastoError's children.
    """
    filming = Filming(Path(clip), style, settings, device=device)
    check_film(Path(output), filming.size, filming.sources, replace=went_to(job, output))
    with ExitStack() as stack:
        folder = job or stack.enter_context(TemporaryDirectory(prefix="impasto-"))
        own = stack.enter_context(FilmJob.start(folder, filming, RunOptions(output=str(output))))
        own.goes_to(RunOptions(output=str(output)))
        follow(own, on_event)
        own.write(Path(output))
    return FilmFile(output)


def went_to(folder: str | os.PathLike[str] | None, output: str | os.PathLike[str]) -> bool:
    """Tell whether the film of a job folder was to go to `output`, so that what stands there is what it was when it was stopped."""
    try:
        return bool(folder) and _goes_to(Record.read(Path(str(folder))), output)
    except JobError:
        return False


def _goes_to(record: Record, output: str | os.PathLike[str]) -> bool:
    return bool(record.run.output) and same_place(record.run.output, output)


def filming_of(
    recipe: Recipe,
    finder: Finder,
    changes: Mapping[str, Any],
    *,
    device: str = "auto",
    memory: int | None = None,
    previews: bool = False,
) -> tuple[Filming, list[str]]:
    """Return the run that makes a film again, and what is to be said of it; raises RecipeError where an input is missing or changed."""
    notes: list[str] = []
    found = sought(recipe, finder, changes, device, notes)

    def run(settings: Settings) -> Filming:
        return Filming(
            str(found.content),
            list(found.styles),
            settings,
            device=found.device,
            memory=memory,
            previews=previews,
        )

    filming = planned(run, found.settings, changes, notes)
    if filming.model.encoder.sha256 != recipe.weights:
        notes.append("painted with other weights than the recipe's, as --weights says")
    filming.model.inputs = told(filming.model.inputs, recipe, same=found.settings == found.recorded)
    return filming, notes


@dataclass(frozen=True)
class FilmStatus:
    """What is kept of a film: frames `painted` to their end of `frames`, 0 before the clip is read."""

    running: bool
    paused: bool
    painted: int
    frames: int
    output: str


def film_status(folder: Path) -> FilmStatus:
    """Return where the film in a folder stands; raises JobError where there is none."""
    record, frames = Record.read(folder), Frames(folder, (0, 0))
    settings, reading = record.recipe.settings, frames.reading()
    count, seam = (
        (len(reading.times), seam_of(reading.firsts, len(reading.times)) if settings.loop else 0)
        if reading
        else (0, 0)
    )
    painted = sum(is_file(frames.painted(settings.passes + (i < seam), i)) for i in range(count))
    return FilmStatus(holder(folder) is not None, is_paused(folder), painted, count, record.run.output)


def _remove_frames(folder: Path) -> None:
    for path in list(folder.iterdir()):
        if _FRAME.fullmatch(path.name):
            path.unlink()
    with suppress(OSError):
        folder.rmdir()
