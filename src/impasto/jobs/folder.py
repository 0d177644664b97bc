"""A job's folder, made where there is room for one, and removed with nothing in it that is not the job's."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from impasto.errors import JobError
from impasto.jobs import checkpoints, requests
from impasto.jobs.curve import CURVE
from impasto.jobs.files import PART
from impasto.jobs.lock import HOLDER, LOCK
from impasto.jobs.log import LOG
from impasto.jobs.pause import PAUSE
from impasto.jobs.record import RECORD
from impasto.media.paths import is_folder, make_folders, remove_empty
from impasto.video.frames import CLIP, FLOW, SOURCE
from impasto.video.shots import SHOTS

PREVIEW = "preview.jpg"
"""The newest small picture of a job."""

INPUTS = "received"
"""The folder within a job's that holds inputs which were no files, such as a picture from a pipe."""

_PART = re.escape(PART)
_OURS = re.compile(
    rf"{PAUSE}|{re.escape(CURVE)}|{re.escape(LOG)}|{re.escape(PREVIEW)}({_PART})?|({checkpoints.FILES}|{requests.FILES})({_PART})?|{re.escape(RECORD)}{_PART}",
    re.ASCII,
)


_FRAME = re.compile(r"\d{6,}\.png|(forward|backward)_\d+_\d+\.flo|\..*\.part")
_FILE = re.compile(rf"{re.escape(CLIP)}|{re.escape(SHOTS)}|\.({re.escape(CLIP)}|{re.escape(SHOTS)})-.*\.part")
_FOLDER = re.compile(rf"{SOURCE}|{FLOW}|pass\d+")


def make_folder(folder: Path) -> list[Path]:
    """Make a job folder, or see that there is one or an empty folder; return the folders that were made. Raises JobError."""
    try:
        made = make_folders(folder)
        others = [
            path.name
            for path in folder.iterdir()
            if path.name not in (LOCK, HOLDER) and not path.name.endswith(PART)
        ]
    except OSError as error:
        raise JobError(
            f"cannot make job folder '{folder}': {error.strerror or error}; choose another --job"
        ) from None
    if others and RECORD not in others:
        raise JobError(
            f"'{folder}' has other files in it, such as '{min(others)}', and no job; choose a new folder for --job"
        )
    return made


def keep_inputs(folder: Path, files: Sequence[Path]) -> None:
    """Copy inputs into a job folder that will be gone when the job resumes; raises JobError."""
    try:
        for file in files:
            (folder / INPUTS).mkdir(exist_ok=True)
            shutil.copyfile(file, folder / INPUTS / file.name)
    except OSError as error:
        raise JobError(
            f"cannot write into '{folder / INPUTS}': {error.strerror or error}; free some space or choose another --job"
        ) from None


def kept_inputs(folder: Path) -> list[Path]:
    """Return where to look for inputs that a job folder keeps: nowhere, or in a folder within it."""
    return [folder / INPUTS] if is_folder(folder / INPUTS) else []


def remove_folder(folder: Path) -> None:
    """Remove a job's files, and the folder where nothing else is in it; raises JobError where that fails."""
    clear_folder(folder)
    remove_empty([folder])


def clear_folder(folder: Path) -> None:
    """Remove a job's files from its folder; raises JobError where that fails."""
    try:
        for file in list((folder / INPUTS).iterdir()) if is_folder(folder / INPUTS) else []:
            file.unlink()
        for path in list(folder.iterdir()):
            if is_folder(path) and _FOLDER.fullmatch(path.name):
                _remove_frames(path)
            elif _OURS.fullmatch(path.name) or _FILE.fullmatch(path.name):
                path.unlink()
        # What makes it a job goes last, so that it is one for as long as there is anything of it.
        for name in (RECORD, HOLDER, LOCK):
            (folder / name).unlink(missing_ok=True)
        if is_folder(folder / INPUTS):
            (folder / INPUTS).rmdir()
    except OSError as error:
        raise JobError(
            f"cannot remove job folder '{folder}': {error.strerror or error}; delete it yourself"
        ) from None


def _remove_frames(folder: Path) -> None:
    for path in list(folder.iterdir()):
        if _FRAME.fullmatch(path.name):
            path.unlink()
    with suppress(OSError):
        folder.rmdir()
