"""Films in job folders: kept frame by frame, branched after any frame."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from impasto.engine.events import Event, FrameBegun, FrameDone, Resumed
from impasto.errors import NoBranch
from impasto.jobs import instants, stills
from impasto.jobs.keeping import Idle
from impasto.jobs.record import RECORD, Record
from impasto.jobs.standing import Standing
from impasto.media.clip import Clip
from impasto.media.film import check_film_format
from impasto.media.paths import is_file
from impasto.recipe.finder import Finder
from impasto.recipe.recipe import Recipe
from impasto.settings import Settings
from impasto.stills.again import Sought, repeated
from impasto.video.frames import Frames
from impasto.video.instant import InstantFilming
from impasto.video.names import CLIP, SHOTS
from impasto.video.passes import Place, places
from impasto.video.stylize import Filming, sized

UNIT, PART, SUFFIX, RESULT, FOLDERED = "frame", "pass", ".mp4", "film", True
PROGRESS, UNIT_DONE = FrameBegun, FrameDone


class Keeper(Idle):
    """Keeps a film in its folder, where the run itself writes each frame."""

    def __init__(self, folder: Path, run: Filming) -> None:
        self.folder, self.run, self.part_of_time = folder, run, 1.0
        run.folder = folder
        self._hashes: dict[tuple[str, int, int], str] = {}

    def restore(self, *, torn: bool = False) -> list[Event]:
        """Return what was found; a frame that was being painted is painted again."""
        return [Resumed(self.run.units, UNIT)] if self.exists else []

    def files(self) -> dict[str, str]:
        """Return names and SHA-256 of the files to resume from on another machine, without the clip."""
        paths = [path for name in (RECORD, SHOTS, CLIP) if is_file(path := self.folder / name)]
        frames = sorted(self.folder.glob("pass*/??????*.png"))
        return (
            {path.relative_to(self.folder).as_posix(): self._hash(path) for path in (*paths, *frames)}
            if frames
            else {}
        )

    @property
    def exists(self) -> bool:
        """Whether a frame has been painted, or the weights of a shot are known."""
        return is_file(self.folder / SHOTS) or any(self.folder.glob("pass*/*.png"))

    @property
    def saves_time(self) -> bool:
        """Whether a resume has at least the frames of the clip extracted."""
        return is_file(self.folder / CLIP) or self.exists

    def _hash(self, path: Path) -> str:
        found = path.stat()
        key = str(path), found.st_size, found.st_mtime_ns
        if key not in self._hashes:
            self._hashes[key] = hashlib.sha256(path.read_bytes()).hexdigest()
        return self._hashes[key]


def make(
    kind: str,
    content: str,
    styles: list[tuple[str, float]],
    settings: Settings,
    *,
    preview_every: int = 0,
    **options: Any,
) -> Filming:
    """Return the run of a task."""
    return _filming(settings)(content, list(styles), settings, previews=bool(preview_every), **options)


def _filming(settings: Settings) -> type[Filming]:
    return InstantFilming if settings.instant else Filming


def network(settings: Settings) -> str:
    """Return the SHA-256 of the weights of the package that paint with such settings."""
    return instants.network(settings) if settings.instant else stills.network(settings)


def asked(content: str, settings: Settings) -> Settings:
    """Return the settings with the size of the clip's frames; raises PictureError."""
    return sized(Clip.open(content), settings)


def check_format(path: Path, settings: Settings) -> None:
    """Raise OutputError if the format of a name can hold no film."""
    check_film_format(path, (2, 2))


def again(
    recipe: Recipe,
    finder: Finder,
    changes: Mapping[str, Any],
    *,
    device: str = "auto",
    preview_every: int = 0,
    **options: Any,
) -> Filming:
    """Return the run that makes a film again; raises RecipeError if an input is missing or has changed."""

    def run(found: Sought, settings: Settings) -> Filming:
        return _filming(settings)(
            str(found.content),
            found.styles,
            settings,
            device=found.device,
            previews=bool(preview_every),
            changes=found.recipe.changes,
            **options,
        )

    if recipe.settings.instant:
        finder = instants.with_shelf(finder)
    return repeated(recipe, finder, changes, run, device, network(recipe.settings))


def standing(folder: Path, record: Record) -> Standing:
    """Return what is kept of the film in a folder; no frames are known before its clip is read."""
    order, frames = _order(folder, record), Frames(folder, (0, 0))
    painted = [is_file(frames.painted(place.turn, place.frame)) for place in order]
    kept = painted.index(False) if False in painted else len(painted)
    settings = record.recipe.settings
    return Standing(
        scale=order[min(kept, len(order) - 1)].turn if order else 0,
        scales=settings.passes + (1 if settings.loop else 0),
        steps_kept=kept,
        steps=len(order),
        done=0 < len(order) == kept,
        branches=tuple(range(1, kept + 1)),
    )


def branch(folder: Path, new: Path, record: Record, at: int) -> tuple[int, tuple[int, int]]:
    """Copy the clip and the first `at` painted frames, or all of them, into a new folder.

    Returns their number, and the place up to which changes belong to them. Raises JobError, and OSError.
    """
    kept = standing(folder, record).steps_kept
    if not kept:
        what, way_out = f"job '{folder}' keeps no frame yet", "wait until its first one is painted"
        raise NoBranch(what, way_out, folder=str(folder), keeps=[])
    at = at or kept
    if at > kept:
        what, way_out = f"job '{folder}' has no frame {at} to branch from", f"take one from 1 to {kept}"
        raise NoBranch(what, way_out, folder=str(folder), keeps=list(range(1, kept + 1)))
    order, old, frames = _order(folder, record), Frames(folder, (0, 0)), Frames(new, (0, 0))
    for i in {place.frame for place in order}:
        if is_file(old.source(i)):  # else the clip is read again
            _copy(old.source(i), frames.source(i))
    for place in order[:at]:
        _copy(old.painted(place.turn, place.frame), frames.painted(place.turn, place.frame))
    for name in (SHOTS, CLIP):
        if is_file(folder / name):
            _copy(folder / name, new / name)
    return at, order[at - 1][:2]


def _order(folder: Path, record: Record) -> list[Place]:
    """Return the places of all frames in the order of painting; none before the clip is read."""
    reading, settings = Frames(folder, (0, 0)).listed(), record.recipe.settings
    if reading is None:
        return []
    return places(reading.firsts, len(reading.times), settings.passes, loop=settings.loop)


def _copy(source: Path, target: Path) -> None:
    """Link or copy a file; a link is safe, since frames are replaced and never changed in place."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with suppress(FileExistsError):
        try:
            os.link(source, target)
        except FileExistsError:
            raise
        except OSError:  # another disk, or one without links
            shutil.copyfile(source, target)
