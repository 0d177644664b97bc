"""Optical flow in files: `.flo` as the Middlebury benchmark keeps it, and the `.pgm` masks that say where it can be trusted."""

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
"""How a `.flo` file begins: the float 202021.25, little-endian (Baker et al.: A Database and Evaluation Methodology for Optical Flow, 2011)."""

_LONGEST_HEAD = 4096
_GAP = rb"(?:\s|#[^\n]*\n)+"
_PGM = re.compile(rb"P5" + _GAP + rb"(\d{1,6})" + _GAP + rb"(\d{1,6})" + _GAP + rb"(\d{1,5})\s")


def read_flow(path: Path) -> Tensor:
    """Read a `.flo` file as flow, float32 `(1, 2, H, W)` in pixels, x then y; raises PictureError where it is missing, damaged or none."""
    with _open(path) as file:
        height, width = _size(file, path)
        data = _rest(file, path, width, height, 8)
    flow = np.frombuffer(data, "<f4").reshape(height, width, 2).astype(np.float32)
    return torch.from_numpy(flow).permute(2, 0, 1)[None].contiguous()


def flow_size(path: Path) -> tuple[int, int]:
    """Return the height and width of the flow in a `.flo` file by its head; raises PictureError where it is missing or none."""
    with _open(path) as file:
        return _size(file, path)


def write_flow(path: Path, flow: Tensor) -> None:
    """Write a flow `(1, 2, H, W)` as a `.flo` file, whole or not at all; raises OutputError."""
    height, width = flow.shape[2:]
    data = np.ascontiguousarray(flow.detach()[0].permute(1, 2, 0).cpu().numpy(), "<f4").tobytes()
    write_whole(
        path, lambda file: file.write(TAG + width.to_bytes(4, "little") + height.to_bytes(4, "little") + data)
    )


def read_reliability(path: Path) -> Tensor:
    """Read a `.pgm` mask of Ruder's consistencyChecker, 0 to 255 a pixel, as weights `(1, 1, H, W)` in 0 to 1; raises PictureError."""
    with _open(path) as file:
        match = _PGM.match(file.read(_LONGEST_HEAD))
        width, height, white = map(int, match.groups()) if match else (0, 0, 0)
        if match is None or not 0 < white < 256:
            raise PictureError(
                f"'{path}' is no mask: it must be a binary PGM (P5) of 8 bits; make it again with consistencyChecker"
            )
        file.seek(match.end())
        data = _rest(file, path, width, height, 1)
    return (
        torch.from_numpy(np.frombuffer(data, np.uint8).reshape(1, 1, height, width).astype(np.float32))
        .div(white)
        .clamp(0, 1)
    )


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
            f"'{path}' is no optical flow: a .flo file begins with {TAG!r}, this one with {head[:4]!r}; make it again"
        )
    width, height = (
        (int.from_bytes(head[i : i + 4], "little", signed=True) for i in (4, 8))
        if len(head) == 12
        else (0, 0)
    )
    return height, width


def _rest(file: IO[bytes], path: Path, width: int, height: int, bytes_per_pixel: int) -> bytes:
    """Return the pixels after the head; the file's size is compared first, so that a damaged head asks for no memory."""
    there, wanted = os.fstat(file.fileno()).st_size - file.tell(), width * height * bytes_per_pixel
    if min(width, height) < 1:
        raise PictureError(f"'{path}' is damaged: its head says {width}x{height} px; make it again")
    if there != wanted:
        raise PictureError(
            f"'{path}' is cut short or damaged: {width}x{height} px take {wanted} bytes, it has {there}; make it again"
        )
    return file.read(wanted)
