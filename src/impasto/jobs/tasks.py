"""Tasks, results to be made as plain data; and the tasks of a batch, with distinct names of results."""

from __future__ import annotations

import glob
import json
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

from impasto.errors import JobDamaged, JobNotFound, OutputError, PictureError, SettingsError, option
from impasto.jobs.labels import Results, labels
from impasto.media.formats import ENDINGS, PICTURES, SIDECAR, begins_as_picture
from impasto.media.names import fitting_pair
from impasto.media.paths import check_address, is_file, is_folder, is_there, same_place, unreadable
from impasto.recipe.input import with_files
from impasto.settings import Settings
from impasto.settings.kinds import KINDS
from impasto.settings.option import read

Name = str | os.PathLike[str]

CLIPS, FILM = frozenset(ENDINGS) - frozenset(PICTURES), ".mp4"
"""The endings of clips, and the ending of films in a batch."""

TASK, OUTCOME, RESULT = "task.json", "outcome.json", "result"
"""What a service keeps in the folder of a job: its task, how it ended, and a result of this stem."""


@dataclass(frozen=True, kw_only=True)
class Task:
    """A result of some `kind` to be made from a content, styles with their weights, and settings.

    The content is a photo or a clip, empty if the kind needs none. An existing `output`
    with another recipe is kept unless `repaint`; `strip` and `private` are as in `Pastiche.save`. The job is
    kept in `folder` if one is named, else beside the output until that is written. Threads and memory are
    left to whoever carries it out.
    """

    kind: str = "stylize"
    content: str = ""
    styles: tuple[tuple[str, float], ...] = ()
    output: str
    settings: Settings
    folder: str = ""
    title: str = ""
    device: str = "auto"
    strip: bool = False
    private: bool = False
    repaint: bool = False

    @property
    def name(self) -> str:
        """The `title`, or else the name of the output."""
        return self.title or Path(self.output).name

    def absolute(self) -> Task:
        """Return the task with absolute paths, as another process needs it."""
        return replace(
            self,
            content=self.content and str(_absolute(self.content)),
            styles=tuple((str(_absolute(path)), weight) for path, weight in self.styles),
            settings=with_files(self.settings, lambda _field, text: str(_absolute(text))),
        )

    def to_json(self) -> str:
        """Return the task as one line of JSON, sorted, the same for the same task."""
        table = {field.name: getattr(self, field.name) for field in fields(self)}
        table["settings"] = self.settings.as_table()
        return json.dumps(table, sort_keys=True, separators=(",", ":"), allow_nan=False)

    @classmethod
    def read(cls, folder: Path) -> Task:
        """Read the task of a service's job; raises JobNotFound, and JobDamaged."""
        try:
            return cls.from_json((folder / TASK).read_text(encoding="utf-8"))
        except OSError as error:
            raise JobNotFound(
                f"there is no job '{folder.name}': {error.strerror or error}", "list the jobs that there are"
            ) from None

    @classmethod
    def from_json(cls, text: str) -> Task:
        """Read a task; raises JobDamaged if it is damaged or of another version."""
        try:
            table = json.loads(text)
            styles = tuple((str(path), float(weight)) for path, weight in table["styles"])
            settings = Settings(**read(Settings, table["settings"]))
            task = cls(**{**table, "styles": styles, "settings": settings})
            if task.kind not in KINDS:
                raise ValueError(f"its kind is '{task.kind}'")
            return task
        except (ValueError, KeyError, TypeError, AttributeError, SettingsError, RecursionError) as error:
            raise JobDamaged(
                f"a task cannot be read: {error}",
                "it was damaged or made by another version of impasto; create it again",
            ) from None


def tasks_of(
    photos: Iterable[Name],
    styles: Iterable[Name],
    folder: Name,
    settings: Settings,
    *,
    suffix: str = ".png",
    **options: Any,
) -> list[Task]:
    """Return a task for every photo with every style, style by style, `options` being other fields of a Task.

    Photos and styles are files, folders and patterns; a clip that is named itself becomes a film. Raises
    PictureError if one names nothing, OutputError if one lies in the folder of the results, and SettingsError
    for a size of two sides.
    """
    settings.check_shape("stylize")
    target, found = _absolute(folder), (files_of(photos, "photo"), files_of(styles, "style"))
    _check_apart((*found[0], *found[1]), target)
    settings = with_files(settings, lambda _field, text: str(_absolute(text)))
    results = Results(target)
    photo_labels, style_labels = (
        labels(paths, results.claims_as(role))
        for paths, role in zip(found, ("content", "style"), strict=True)
    )

    def task(photo: Path, style: Path) -> Task:
        kind = "video" if photo.suffix.lower() in CLIPS else "stylize"
        ending = FILM if kind == "video" else suffix
        name = fitting_pair(target, photo_labels[photo], style_labels[style], ending)
        return Task(
            kind=kind,
            content=str(photo),
            styles=((str(style), 1.0),),
            output=str(target / name),
            settings=settings,
            **options,
        )

    return [task(photo, style) for style in found[1] for photo in found[0]]


def mixed_tasks_of(
    photos: Iterable[Name],
    styles: Sequence[tuple[Name, float]],
    folder: Name,
    settings: Settings,
    *,
    kind: str,
    suffix: str = ".png",
    **options: Any,
) -> list[Task]:
    """Return a task of a kind for every photo with all styles mixed; errors are those of `tasks_of`."""
    settings.check_shape(kind)
    target, found = _absolute(folder), files_of(photos, "photo")
    _check_apart(found, target)
    settings = with_files(settings, lambda _field, text: str(_absolute(text)))
    names = labels(found, Results(target).claims_as("content"))
    mixed = "+".join(Path(style).stem for style, _ in styles)
    return [
        Task(
            kind=kind,
            content=str(photo),
            styles=tuple((str(_absolute(style)), weight) for style, weight in styles),
            output=str(target / fitting_pair(target, names[photo], mixed, suffix)),
            settings=settings,
            **options,
        )
        for photo in found
    ]


def _check_apart(inputs: Iterable[Path], target: Path) -> None:
    """Raise OutputError if an input lies in the folder of the results."""
    for path in inputs:
        if same_place(path.parent, target):
            raise OutputError(
                f"'{path}' lies in the folder of the results, which would be inputs themselves next time",
                f"choose another {option('output')}",
            )


def files_of(words: Iterable[Name], what: str) -> list[Path]:
    """Return the files that files, folders and patterns name, without duplicates, sorted within each word.

    A folder names the pictures directly in it, apart from hidden ones; `left_out` returns its other files.
    Raises PictureError if a word names no file.
    """
    found: dict[Path, None] = {}
    for word in words:
        check_address(os.fspath(word))
        path = _absolute(word)
        if is_folder(path):
            files = [file for file in _files_in(path) if _is_picture(file)]
        elif is_there(path):
            files = [path]
        elif why := unreadable(path):
            raise PictureError(why)
        else:
            files = [Path(file) for file in sorted(glob.glob(str(path), recursive=True)) if is_file(file)]  # noqa: PTH207
        if not files:
            why = (
                "the folder holds no picture"
                if is_folder(path)
                else "there is no such file, folder or pattern"
            )
            raise PictureError(f"no {what} '{os.fspath(word)}': {why}", "check the path")
        found |= dict.fromkeys(files)
    if not found:
        raise PictureError(f"no {what} was named", "name files, folders or patterns")
    return list(found)


def left_out(words: Iterable[Name]) -> list[Path]:
    """Return the files in the folders among `words` that are no pictures."""
    folders = dict.fromkeys(_absolute(word) for word in words if is_folder(word))
    return [file for folder in folders for file in _files_in(folder) if not _is_picture(file)]


def _files_in(folder: Path) -> list[Path]:
    """Return the files directly in a folder, sorted, without hidden ones and recipes; raises PictureError."""
    try:
        found = sorted(folder.iterdir())
    except OSError as error:
        what = f"cannot read folder '{folder}': {error.strerror or error}"
        raise PictureError(what, "check the path") from None
    return [
        file
        for file in found
        if is_file(file) and not file.name.startswith(".") and not file.name.endswith(SIDECAR)
    ]


def _is_picture(file: Path) -> bool:
    """Return whether a file is a picture, by its ending, or if it has none by its first bytes."""
    return file.suffix.lower() in PICTURES if file.suffix else begins_as_picture(file)


def _absolute(path: Name) -> Path:
    # Not `resolve`, which would replace the name of a link by that of its target.
    return Path(os.path.abspath(path))  # noqa: PTH100
