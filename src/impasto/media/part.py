"""Atomic writes: files and folders appear whole or not at all."""

from __future__ import annotations

import errno
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from impasto.errors import OutputError, option
from impasto.media.paths import is_folder, landing

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
"""Error codes of a full or failing disk."""


@contextmanager
def part_of(path: Path) -> Iterator[IO[bytes]]:
    """Yield a temporary file that replaces `path`, or the target of that link, on exit.

    Raises OutputError, and leaves nothing behind on error.
    """
    target, temporary = landing(path), None
    try:
        handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name[:40]}-", suffix=".part")
        os.close(handle)
        temporary = Path(name)
        with temporary.open("w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(target)
    except OSError as error:
        raise unwritten(path, error) from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


@contextmanager
def part_folder_of(path: Path, replaced: Sequence[Path] = ()) -> Iterator[Path]:
    """Yield a temporary folder that replaces `path`, or the target of that link, on exit; raises OutputError.

    `path` must not exist, or be a folder that holds nothing but the files to be `replaced`.
    """
    target, temporary = landing(path), None
    try:
        temporary = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name[:40]}-", suffix=".part"))
        yield temporary
        temporary.chmod(0o777 & ~_umask())
        for file in replaced:
            file.unlink(missing_ok=True)
        if is_folder(target):
            target.rmdir()  # some systems cannot rename onto a folder
        temporary.replace(target)
    except OSError as error:
        raise unwritten(path, error) from error
    finally:
        if temporary is not None:
            shutil.rmtree(temporary, ignore_errors=True)


def write_whole(path: Path, write: Callable[[IO[bytes]], object]) -> None:
    """Write a file atomically with `write`; raises OutputError, and leaves nothing behind on error."""
    with part_of(path) as file:
        write(file)


def unwritten(path: Path, error: Exception) -> OutputError:
    """Return a one-line error for a file or folder that could not be written."""
    if isinstance(error, OSError):
        other = f"choose another {option('output')}"
        way_out = f"free some space or {other}" if error.errno in FULL else other
    else:
        way_out = "try another format"
    return OutputError(f"cannot write '{path}': {getattr(error, 'strerror', None) or error}", way_out)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
