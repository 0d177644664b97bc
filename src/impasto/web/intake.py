"""Uploads looked at by a process of their own, within limits of memory, time and written bytes."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any, NamedTuple

from impasto.errors import PictureError

TOGETHER = 2
"""Uploads that are looked at at a time; others wait."""

WAIT = 150.0
"""Seconds after which a process is killed."""

_PASSED = ("PATH", "PYTHONPATH", "PYTHONHOME", "HOME", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT", "TEMP")
"""What a process is told of this one; the others may be secrets, such as the database's address."""

_slots = threading.BoundedSemaphore(TOGETHER)


class Looked(NamedTuple):
    """What an upload is; see `media/intake.py`."""

    kind: str
    suffix: str
    width: int
    height: int
    moving: bool
    seconds: float | None
    notes: list[str]


def looked_at(file: Path, thumbnail: Path, pixels: float = 0) -> Looked:
    """Return what a file is, and write a small picture of it; raises PictureError.

    It may have at most so many `pixels`, unless they are 0.
    """
    command = [sys.executable, "-m", "impasto.media.intake", str(file), str(thumbnail), str(int(pixels))]
    environment = {name: value for name in _PASSED if (value := os.environ.get(name))}
    environment |= {"VIPS_BLOCK_UNTRUSTED": "1", "VIPS_CONCURRENCY": "1", "OMP_NUM_THREADS": "1"}
    environment |= {"OPENBLAS_NUM_THREADS": "1", "PYTHONIOENCODING": "utf-8"}
    with _slots:
        try:
            done = subprocess.run(
                command,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                timeout=WAIT,
                env=environment,
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise _too_much() from None
    found = _answer(done.stdout)
    if "error" in found:
        raise PictureError(found["error"])
    if done.returncode or not found:
        raise _too_much()
    return Looked(**found)


def _answer(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _too_much() -> PictureError:
    return PictureError("the file cannot be opened: it is damaged, or too large", "try another copy of it")
