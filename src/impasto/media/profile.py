"""ICC profiles to sRGB: 8-bit pictures through lcms, 16-bit ones through the profile's curves and matrix."""

from __future__ import annotations

import io
import struct
from typing import Any

import numpy as np
from PIL import Image, ImageCms

Levels = np.ndarray[Any, np.dtype[np.uint16]]
"""Pixels of 16 bits per channel, `(H, W, C)`, 0 to 65535."""

Numbers = np.ndarray[Any, Any]

ROWS = 256
"""Rows converted at a time, to limit temporary memory."""


def _undated(profile: bytes) -> bytes:
    """Return an ICC profile with a fixed creation date (bytes 24 to 35), so that output is reproducible."""
    return profile[:24] + bytes([0x07, 0xE8, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]) + profile[36:]


_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
SRGB_BYTES = _undated(_SRGB.tobytes())
"""The sRGB profile embedded in every result."""


def to_srgb(image: Image.Image) -> Image.Image:
    """Convert an 8-bit image to sRGB by its embedded profile, if it has a valid one."""
    profile = image.info.get("icc_profile")
    # A profile applies to the mode stored in the file; palettes are always RGB.
    plain = image if image.mode in ("RGB", "CMYK", "L") else image.convert("RGB")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(plain, source, _SRGB, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None  # damaged, or for another mode: assume sRGB
        if converted is not None:
            return converted
    return plain.convert("RGB")


def levels_to_srgb(levels: Levels, profile: bytes) -> Levels | None:
    """Convert 16-bit grey or RGB levels `(H, W, 1 | 3)` to sRGB `(H, W, 3)`; None unless matrix/TRC.

    Linear light is c(v) by the profile's tone curves, then M⁻¹ₛ M c(v) by its primaries in D50; values
    outside sRGB are clipped (relative colorimetric). Not by lcms: its 16-bit connection space gave errors of
    up to 13 of 255 levels in dark saturated colours of Display P3.
    """
    try:
        shape = _curves_and_matrix(_tags(profile), grey=levels.shape[2] == 1)
    except (struct.error, ValueError, IndexError, ArithmeticError, np.linalg.LinAlgError):
        return None
    if shape is None:
        return None
    curves, matrix = shape
    if _changes_nothing(curves, matrix):
        return np.broadcast_to(levels, (*levels.shape[:2], 3))
    result = np.empty((*levels.shape[:2], 3), np.uint16)
    for top in range(0, len(levels), ROWS):
        result[top : top + ROWS] = _shaped(levels[top : top + ROWS], curves, matrix)
    return result


def _shaped(levels: Levels, curves: list[Numbers], matrix: Numbers) -> Levels:
    linear = np.stack(
        [curve[levels[..., min(i, levels.shape[2] - 1)]] for i, curve in enumerate(curves)], axis=-1
    )
    linear = np.clip(linear @ matrix.T, 0, 1)
    encoded = np.where(linear <= 0.0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - 0.055)
    result: Levels = np.round(encoded * 65535).astype(np.uint16)
    return result


def _changes_nothing(curves: list[Numbers], matrix: Numbers) -> bool:
    """Tell whether a profile is sRGB up to rounding; such pixels are returned unchanged."""
    steps = np.linspace(0, 65535, 9).astype(np.uint16)
    grid = np.stack(np.meshgrid(steps, steps, steps), axis=-1).reshape(1, -1, 3)
    return bool(np.abs(_shaped(grid, curves, matrix).astype(int) - grid).max() < 257)


def _tags(profile: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">I", profile, 128)
    entries = [struct.unpack_from(">4sII", profile, 132 + 12 * i) for i in range(min(count, 1000))]
    return {name: profile[start : start + length] for name, start, length in entries}


def _curves_and_matrix(tags: dict[bytes, bytes], *, grey: bool) -> tuple[list[Numbers], Numbers] | None:
    """Return three 65536-entry tables to linear light and the matrix to linear sRGB, or None."""
    if b"A2B0" in tags:
        return None  # a LUT takes precedence over curves and matrix
    if grey:
        return ([_curve(tags[b"kTRC"])] * 3, np.eye(3)) if b"kTRC" in tags else None
    if not {b"rXYZ", b"gXYZ", b"bXYZ", b"rTRC", b"gTRC", b"bTRC"} <= tags.keys():
        return None
    ours = _tags(SRGB_BYTES)
    matrix: Numbers = np.linalg.solve(_primaries(ours), _primaries(tags))
    return [_curve(tags[name]) for name in (b"rTRC", b"gTRC", b"bTRC")], matrix


def _primaries(tags: dict[bytes, bytes]) -> Numbers:
    columns = [struct.unpack_from(">3i", tags[name], 8) for name in (b"rXYZ", b"gXYZ", b"bXYZ")]
    matrix: Numbers = np.array(columns).T / 65536
    return matrix


def _curve(tag: bytes) -> Numbers:
    """Return an ICC tone curve (`curv`: table or gamma; `para`: parametric) as a table over 0 to 65535."""
    x = np.arange(65536) / 65535
    if tag[:4] == b"para":
        (kind,) = struct.unpack_from(">H", tag, 8)
        count = (1, 3, 4, 5, 7)[kind]
        return _formula(x, [number / 65536 for number in struct.unpack_from(f">{count}i", tag, 12)])
    if tag[:4] != b"curv":
        raise ValueError(f"a tone curve of type {tag[:4]!r}")
    (count,) = struct.unpack_from(">I", tag, 8)
    if count == 0:
        return x
    points = struct.unpack_from(f">{count}H", tag, 12)
    if count == 1:
        return x ** float(points[0] / 256)
    return np.interp(x, np.linspace(0, 1, count), np.array(points) / 65535)


def _formula(x: Numbers, numbers: list[float]) -> Numbers:
    """Evaluate an ICC parametric curve, selected by its parameter count.

    (a x + b)^g + e for x ≥ d, else c x + f.
    """
    match numbers:
        case [g]:
            a, b, c, d, e, f = 1.0, 0.0, 0.0, -1.0, 0.0, 0.0
        case [g, a, b]:
            c, d, e, f = 0.0, -b / a, 0.0, 0.0
        case [g, a, b, e]:
            c, d, f = 0.0, -b / a, e
        case [g, a, b, c, d]:
            e, f = 0.0, 0.0
        case _:
            g, a, b, c, d, e, f = numbers
    curve: Numbers = np.clip(np.where(x >= d, np.maximum(a * x + b, 0) ** g + e, c * x + f), 0, 1)
    return curve
