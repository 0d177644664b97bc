"""Optical flow files: Middlebury `.flo`, and the `.pgm` reliability masks of consistencyChecker."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import numpy as np
import torch
from torch import Tensor

from impasto.errors import PictureError
from impasto.media.part import write_whole

TAG = b"PIEH"
"""Magic number of a `.flo` file: the float 202021.25, little-endian.

Baker et al.: A Database and Evaluation Methodology for Optical Flow, 2011.
"""

_LONGEST_HEAD = 4096
_GAP = rb"(?:\s|#[^\n]*\n)+"
_PGM = re.compile(rb"P5" + _GAP + rb"(\d{1,6})" + _GAP + rb"(\d{1,6})" + _GAP + rb"(\d{1,5})\s")


def read_flow(path: Path) -> Tensor:
    """Read a `.flo` file as flow, float32 `(1, 2, H, W)` in pixels, x then y.

    Raises PictureError if it is missing, damaged or not a flow file.
    """
    with _open(path) as file:
        height, width = _size(file, path)
        data = _rest(file, path, width, height, 8)
    flow = np.frombuffer(data, "<f4").reshape(height, width, 2).astype(np.float32)
    return torch.from_numpy(flow).permute(2, 0, 1)[None].contiguous()


def flow_size(path: Path) -> tuple[int, int]:
    """Return the height and width of a `.flo` file from its header.

    Raises PictureError if it is missing or not a flow file.
    """
    with _open(path) as file:
        return _size(file, path)


def write_flow(path: Path, flow: Tensor) -> None:
    """Write a flow `(1, 2, H, W)` atomically as a `.flo` file; raises OutputError."""
    height, width = flow.shape[2:]
    header = TAG + width.to_bytes(4, "little") + height.to_bytes(4, "little")
    data = np.ascontiguousarray(flow.detach()[0].permute(1, 2, 0).cpu().numpy(), "<f4").tobytes()
    write_whole(path, lambda file: file.write(header + data))


def read_reliability(path: Path) -> Tensor:
    """Read an 8-bit `.pgm` mask of Ruder's consistencyChecker as weights `(1, 1, H, W)` in 0 to 1.

    Raises PictureError if it is missing, damaged or not a mask.
    """
    with _open(path) as file:
        match = _PGM.match(file.read(_LONGEST_HEAD))
        width, height, white = map(int, match.groups()) if match else (0, 0, 0)
        if match is None or not 0 < white < 256:
            raise PictureError(
                f"'{path}' is not a mask: it must be a binary PGM (P5) of 8 bits; "
                "make it again with consistencyChecker"
            )
        file.seek(match.end())
        data = _rest(file, path, width, height, 1)
    weights = np.frombuffer(data, np.uint8).reshape(1, 1, height, width).astype(np.float32)
    return torch.from_numpy(weights).div(white).clamp(0, 1)


@contextmanager
def _open(path: Path) -> Iterator[IO[bytes]]:
    try:
        with path.open("rb") as file:
            yield file
    except FileNotFoundError:
        raise PictureError(f"no file '{path}'; check the path") from None
    except OSError as error:
        raise PictureError(
            f"cannot read '{path}': {error.strerror or error}; try another copy of the file"
        ) from None


def _size(file: IO[bytes], path: Path) -> tuple[int, int]:
    head = file.read(12)
    if head[:4] != TAG:
        raise PictureError(
            f"'{path}' is not optical flow: a .flo file begins with {TAG!r}, "
            f"this one with {head[:4]!r}; make it again"
        )
    if len(head) < 12:
        return 0, 0
    width, height = (int.from_bytes(head[i : i + 4], "little", signed=True) for i in (4, 8))
    return height, width


def _rest(file: IO[bytes], path: Path, width: int, height: int, bytes_per_pixel: int) -> bytes:
    """Read the pixels after the header; the file size is checked before anything is allocated."""
    found, wanted = os.fstat(file.fileno()).st_size - file.tell(), width * height * bytes_per_pixel
    if min(width, height) < 1:
        raise PictureError(f"'{path}' is damaged: its header says {width}x{height} px; make it again")
    if found != wanted:
        raise PictureError(
            f"'{path}' is truncated or damaged: {width}x{height} px need {wanted} bytes, got {found}; "
            "make it again"
        )
    return file.read(wanted)
