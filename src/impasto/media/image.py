"""Pictures: whatever Pillow opens, as upright sRGB pixels with their transparency, and back into a file, whole or not at all."""

from __future__ import annotations

import importlib
import importlib.util
import io
import os
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import torch
from PIL import Image, ImageCms, ImageOps
from torch import Tensor

from impasto.errors import OutputError, PictureError

Source = str | os.PathLike[str] | Image.Image | np.ndarray[Any, Any]
"""What goes in as a picture: a path, a Pillow image, or an array `(H, W)`, `(H, W, 3)` or `(H, W, 4)`, uint8 or float in 0 to 1."""

FORMATS = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG", ".webp": "WEBP", ".tif": "TIFF", ".tiff": "TIFF"}
_LONGEST = {"JPEG": 65_535, "WEBP": 16_383}
_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"quality": 95},
    "TIFF": {"compression": "tiff_deflate"},
}
_HEIC = (".heic", ".heif", ".hif")


def _undated(profile: bytes) -> bytes:
    """Return an ICC profile with a fixed date of creation (bytes 24 to 35), so that the same picture gives the same bytes."""
    return profile[:24] + bytes([0x07, 0xE8, 0, 1, 0, 1, 0, 0, 0, 0, 0, 0]) + profile[36:]


_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_SRGB_BYTES = _undated(_SRGB.tobytes())


@dataclass(frozen=True)
class Picture:
    """An upright sRGB picture, its transparency where it has any, and the name it came under."""

    image: Image.Image
    alpha: Image.Image | None = None
    name: str = "picture"

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.image.height, self.image.width

    def pixels(self, size: tuple[int, int]) -> Tensor:
        """Return the colours at a height and width, float32 `(1, 3, H, W)` in 0 to 255, by Lanczos."""
        image = self.image if size == self.size else self.image.resize((size[1], size[0]), Image.Resampling.LANCZOS)
        return torch.from_numpy(np.array(image, dtype=np.float32)).permute(2, 0, 1)[None].contiguous()


def load(source: Source) -> Picture:
    """Open a picture; raises PictureError where it is missing, damaged, too large or no picture."""
    if isinstance(source, np.ndarray):
        return _upright(_from_array(source), "array")
    if isinstance(source, Image.Image):
        return _upright(source, Path(getattr(source, "filename", "") or "picture").stem)
    path = Path(source)
    _learn_heic(path)
    with _reading(path), Image.open(path) as image:
        image.load()
        return _upright(image, path.stem)


def image_of(pixels: Tensor) -> Image.Image:
    """Return pixels `(1, 3, H, W)` as an 8-bit image, rounded and clipped to 0 to 255."""
    array = pixels.detach()[0].permute(1, 2, 0).round().clamp(0, 255).to("cpu", torch.uint8).numpy()
    return Image.fromarray(array)


def with_alpha(image: Image.Image, alpha: Image.Image | None) -> Image.Image:
    """Return the image with a transparency of any size put back."""
    if alpha is None:
        return image
    result = image.convert("RGBA")
    result.putalpha(alpha.resize(image.size, Image.Resampling.LANCZOS))
    return result


def check_output(path: Path, *, size: tuple[int, int], alpha: bool, inputs: tuple[Source, ...] = ()) -> None:
    """Raise OutputError where a file at `path` could not take a picture of this height and width, before any work is done."""
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        raise OutputError(f"cannot write '{path}': the name must end in {', '.join(FORMATS)}")
    if max(size) > _LONGEST.get(kind, max(size)):
        raise OutputError(f"{kind} holds at most {_LONGEST[kind]} px a side, got {max(size)}; write a .png or .tiff")
    if alpha and kind == "JPEG":
        raise OutputError(f"'{path}' cannot hold the photo's transparency; write a .png, .webp or .tiff")
    if not path.parent.is_dir():
        raise OutputError(f"no folder '{path.parent}' to write '{path.name}' into; make it first or choose another -o")
    if path.is_dir():
        raise OutputError(f"'{path}' is a folder; name a file in it")
    if not os.access(path.parent, os.W_OK):
        raise OutputError(f"folder '{path.parent}' cannot be written to; choose another -o")
    for source in inputs:
        if isinstance(source, str | os.PathLike) and path.exists() and Path(source).exists() and path.samefile(source):
            raise OutputError(f"'{path}' is an input and is never overwritten; choose another -o")


def save(image: Image.Image, path: str | os.PathLike[str]) -> Path:
    """Write an image with an sRGB profile; the file appears whole or not at all. Raises OutputError."""
    path = Path(path)
    check_output(path, size=(image.height, image.width), alpha=image.mode == "RGBA")
    kind = FORMATS[path.suffix.lower()]

    def encode(file: IO[bytes]) -> None:
        image.save(file, kind, icc_profile=_SRGB_BYTES, **_OPTIONS.get(kind, {}))

    write_whole(path, encode)
    return path


def write_whole(path: Path, write: Callable[[IO[bytes]], None]) -> None:
    """Let `write` fill a temporary file beside `path`, then rename it into place; raises OutputError and leaves no trace."""
    temporary: Path | None = None
    try:
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name[:40]}-", suffix=".part")
        temporary = Path(name)
        with os.fdopen(handle, "w+b") as file:
            write(file)
            file.flush()
            os.fsync(file.fileno())
        temporary.chmod(0o666 & ~_umask())
        temporary.replace(path)
    except OSError as error:
        raise OutputError(f"cannot write '{path}': {error.strerror or error}; free some space or choose another -o") from error
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def unused(folder: Path, stem: str, suffix: str = ".png") -> Path:
    """Return a path in `folder` under which there is no file yet: `stem`, else `stem-2`, `stem-3` and so on."""
    names = (f"{stem}{'' if i == 1 else f'-{i}'}{suffix}" for i in range(1, 1_000_000))
    return next(path for path in (folder / name for name in names) if not path.exists())


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            # Pillow warns at half the size at which it refuses; the refusal below is the one word a user needs.
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)
            yield
    except FileNotFoundError:
        raise PictureError(f"no file '{path}'; check the path") from None
    except IsADirectoryError:
        raise PictureError(f"'{path}' is a folder; name a picture in it") from None
    except Image.DecompressionBombError:
        limit = 2 * (Image.MAX_IMAGE_PIXELS or 0) // 1_000_000
        raise PictureError(f"'{path}' holds more than {limit} million pixels and may be a decompression bomb; scale it down first") from None
    except Image.UnidentifiedImageError:
        raise PictureError(_unknown(path)) from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        reason = getattr(error, "strerror", None) or f"damaged or truncated ({error})"
        raise PictureError(f"cannot read '{path}': {reason}; try another copy of the file") from None


def _learn_heic(path: Path) -> None:
    if path.suffix.lower() in _HEIC and importlib.util.find_spec("pillow_heif"):
        importlib.import_module("pillow_heif").register_heif_opener()


def _unknown(path: Path) -> str:
    if path.suffix.lower() in _HEIC and not importlib.util.find_spec("pillow_heif"):
        return f"'{path}' is a HEIC picture; 'pip install impasto[heic]' brings its reader"
    return f"'{path}' is no picture that can be read; use PNG, JPEG, WebP, TIFF or another format that Pillow knows"


def _from_array(array: np.ndarray[Any, Any]) -> Image.Image:
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))) or 0 in array.shape:
        raise PictureError(f"a picture array must have the shape (H, W), (H, W, 3) or (H, W, 4), got {array.shape}")
    if np.issubdtype(array.dtype, np.floating):
        if not np.isfinite(array).all() or array.min() < 0 or array.max() > 1:
            raise PictureError(f"a float picture array must lie in 0 to 1, got {array.min():g} to {array.max():g}")
        array = np.round(array * 255).astype(np.uint8)
    if array.dtype != np.uint8:
        raise PictureError(f"a picture array must be uint8, or float in 0 to 1, got {array.dtype}")
    return Image.fromarray(np.ascontiguousarray(array))


def _upright(image: Image.Image, name: str) -> Picture:
    image = ImageOps.exif_transpose(image)
    if image.mode.startswith(("I", "F")):
        image = _eight_bit(image)
    alpha = None
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        alpha = rgba.getchannel("A")
        image = image if image.mode in ("RGB", "CMYK") else rgba
        if alpha.getextrema() == (255, 255):
            alpha = None
    return Picture(_srgb(image), alpha, name)


def _srgb(image: Image.Image) -> Image.Image:
    profile = image.info.get("icc_profile")
    # A profile speaks of the mode that the file was stored in; palettes are always RGB.
    plain = image if image.mode in ("RGB", "CMYK", "L") else image.convert("RGB")
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
            converted = ImageCms.profileToProfile(plain, source, _SRGB, outputMode="RGB")
        except (ImageCms.PyCMSError, OSError, ValueError):
            converted = None  # a damaged profile, or one of another mode: the numbers themselves are the best guess
        if converted is not None:
            return converted
    return plain.convert("RGB")


def _eight_bit(image: Image.Image) -> Image.Image:
    values = np.asarray(image, dtype=np.float64)
    # 16-bit files come as whole numbers up to 65535; float files hold 0 to 1 where they follow the custom.
    top = 65535.0 if image.mode.startswith("I") else max(1.0, float(values.max(initial=0.0)))
    return Image.fromarray(np.round(np.clip(values / top, 0, 1) * 255).astype(np.uint8))


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
