"""Making a job's folder, and removing the job's files from it but no others."""

from __future__ import annotations

import re
import shutil
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from impasto.errors import DiskFull, JobMismatch, option
from impasto.jobs import requests
from impasto.jobs.control import CANCEL, PAUSE
from impasto.jobs.curve import CURVE
from impasto.jobs.files import PART
from impasto.jobs.lock import HOLDER, LOCK
from impasto.jobs.log import LOG
from impasto.jobs.names import CHECKPOINT
from impasto.jobs.record import RECORD
from impasto.jobs.tasks import OUTCOME, RESULT, TASK
from impasto.media.paths import is_folder, make_folders, remove_empty
from impasto.video.names import CLIP, FLOW, SHOTS, SOURCE

PREVIEW = "preview.jpg"
"""The newest small picture of a job."""

INPUTS = "received"
"""The subfolder of inputs that were no files, such as a picture from a pipe."""

_PART = re.escape(PART)
_STATE = rf"{re.escape(PREVIEW)}|{re.escape(TASK)}|{re.escape(OUTCOME)}"
_KEPT = rf"{re.escape(CURVE)}|{re.escape(LOG)}|({_STATE})({_PART})?"
_RUN = rf"({CHECKPOINT}|{requests.FILES})({_PART})?|{re.escape(RECORD)}{_PART}"
_OURS = re.compile(rf"{PAUSE}|{CANCEL}|{RESULT}\.[a-z0-9]+|{_KEPT}|{_RUN}", re.ASCII)
_OF_RUN = re.compile(_RUN, re.ASCII)


_BEFORE = re.compile(
    rf"{LOCK}|{HOLDER}|{PAUSE}|{CANCEL}|{re.escape(TASK)}|{re.escape(LOG)}|{requests.FILES}|.*{_PART}"
)
"""Files that may be in a folder before its job has started."""

_FRAME = re.compile(r"\d{6,}\.png|(forward|backward)_\d+_\d+\.flo|\..*\.part")
_FILE = re.compile(rf"{re.escape(CLIP)}|{re.escape(SHOTS)}|\.({re.escape(CLIP)}|{re.escape(SHOTS)})-.*\.part")
_FOLDER = re.compile(rf"{SOURCE}|{FLOW}|pass\d+")


def make_folder(folder: Path) -> list[Path]:
    """Make a job folder, or accept one that is empty or has a job; return the folders that were made.

    Raises DiskFull, and JobMismatch if it has other files.
    """
    try:
        made = make_folders(folder)
        others = [path.name for path in folder.iterdir() if not _BEFORE.fullmatch(path.name)]
    except OSError as error:
        why = error.strerror or str(error)
        raise DiskFull(
            f"cannot make job folder '{folder}': {why}", f"choose another {option('job')}", path=str(folder)
        ) from None
    if others and RECORD not in others:
        raise JobMismatch(
            f"'{folder}' has other files in it, such as '{min(others)}', and no job",
            f"choose a new folder for {option('job')}",
            folder=str(folder),
        )
    return made


def keep_inputs(folder: Path, files: Sequence[Path]) -> None:
    """Copy inputs that will be gone when the job resumes into its folder; raises DiskFull."""
    try:
        for file in files:
            (folder / INPUTS).mkdir(exist_ok=True)
            shutil.copyfile(file, folder / INPUTS / file.name)
    except OSError as error:
        raise DiskFull(
            f"cannot write into '{folder / INPUTS}': {error.strerror or error}",
            f"free some space or choose another {option('job')}",
            path=str(folder / INPUTS),
        ) from None


def kept_inputs(folder: Path) -> list[Path]:
    """Return where to look for inputs that a job folder keeps: nowhere, or a folder within it."""
    return [folder / INPUTS] if is_folder(folder / INPUTS) else []


def remove_folder(folder: Path) -> None:
    """Remove a job's files, and the folder if nothing else is in it; raises DiskFull."""
    clear_folder(folder)
    remove_empty([folder])


def clear_folder(folder: Path) -> None:
    """Remove a job's files from its folder; raises DiskFull."""
    try:
        for file in list((folder / INPUTS).iterdir()) if is_folder(folder / INPUTS) else []:
            file.unlink()
        _remove_run(folder, _OURS)
        # The record goes last, so that the folder is a job as long as any of its files are left.
        for name in (RECORD, HOLDER, LOCK):
            (folder / name).unlink(missing_ok=True)
        if is_folder(folder / INPUTS):
            (folder / INPUTS).rmdir()
    except OSError as error:
        raise _stuck(folder, error) from None


def clear_run(folder: Path) -> None:
    """Remove what is kept of a job's run, but not its task, log and outcome; raises DiskFull."""
    try:
        _remove_run(folder, _OF_RUN)
        (folder / RECORD).unlink(missing_ok=True)
    except OSError as error:
        raise _stuck(folder, error) from None


def _stuck(folder: Path, error: OSError) -> DiskFull:
    what = f"cannot remove job folder '{folder}': {error.strerror or error}"
    return DiskFull(what, "delete it yourself", path=str(folder))


def _remove_run(folder: Path, files: re.Pattern[str]) -> None:
    for path in list(folder.iterdir()):
        if is_folder(path) and _FOLDER.fullmatch(path.name):
            _remove_frames(path)
        elif files.fullmatch(path.name) or _FILE.fullmatch(path.name):
            path.unlink()


def _remove_frames(folder: Path) -> None:
    for path in list(folder.iterdir()):
        if _FRAME.fullmatch(path.name):
            path.unlink()
    with suppress(OSError):
        folder.rmdir()
