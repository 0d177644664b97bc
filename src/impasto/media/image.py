"""Picture input and output: any format Pillow opens, as upright sRGB with transparency; atomic writing."""

from __future__ import annotations

import importlib
import importlib.util
import io
import os
import stat
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any

import numpy as np
from PIL import Image

from impasto.errors import OutputError, PictureError, option
from impasto.media import deep, large
from impasto.media.formats import FILMS, FORMATS, HEIC
from impasto.media.metadata import finish_tiff, is_sideways, kept_exif, upright, with_density
from impasto.media.part import write_whole
from impasto.media.paths import check_address, is_folder, landing, missing, same_place, trouble, unreadable
from impasto.media.profile import SRGB_BYTES, Levels, to_srgb
from impasto.media.recipe import embed, has_room, keep_beside
from impasto.media.visible import filled

if TYPE_CHECKING:
    from torch import Tensor

# torch is imported where pixels become tensors, since what only looks at a picture should not wait for it.

Source = str | os.PathLike[str] | Image.Image | np.ndarray[Any, Any]
"""A picture input: a path, a Pillow image or an array.

Arrays are `(H, W)`, `(H, W, 3)` or `(H, W, 4)`, uint8, uint16 or float in 0 to 1.
"""

_LONGEST = {"JPEG": 65_535, "WEBP": 16_383}
_OPTIONS: dict[str, dict[str, Any]] = {
    "JPEG": {"quality": 95, "subsampling": 0},
    "WEBP": {"quality": 95},
    "TIFF": {"compression": "tiff_deflate"},
}


@dataclass(frozen=True)
class Picture:
    """An upright sRGB picture with its transparency (None if opaque), name and EXIF.

    Fully or mostly transparent pixels have colours filled in from the visible ones, unless loaded as is.
    `levels`, `(H, W, 3 | 4)`, holds the same pixels at 16 bits if the source is deep. `whole` is the stored
    height and width if the picture was shrunk on opening, else None.
    """

    image: Image.Image
    alpha: Image.Image | None = None
    name: str = "picture"
    levels: Levels | None = None
    exif: bytes = b""
    whole: tuple[int, int] | None = None

    @property
    def size(self) -> tuple[int, int]:
        """Height and width in pixels."""
        return self.image.height, self.image.width

    @property
    def note(self) -> str:
        """A warning about how it was opened, or an empty string."""
        return "" if self.whole is None else _shrunk(self.name, self.whole, self.size)

    def pixels(self, size: tuple[int, int]) -> Tensor:
        """Return the colours at a height and width, float32 `(1, 3, H, W)` in 0 to 255, by Lanczos."""
        import torch

        if self.levels is not None:
            return torch.stack([_resized(self.levels[..., channel], size) for channel in range(3)])[None]
        image = self.image
        if size != self.size:
            image = image.resize((size[1], size[0]), Image.Resampling.LANCZOS)
        return torch.from_numpy(np.array(image, dtype=np.float32)).permute(2, 0, 1)[None].contiguous()

    def opacity(self, size: tuple[int, int]) -> Tensor | None:
        """Return the opacity at a height and width, float32 `(H, W)` in 0 to 255, or None if opaque."""
        if self.alpha is None:
            return None
        levels = np.asarray(self.alpha, np.uint16) * 257 if self.levels is None else self.levels[..., 3]
        return _resized(levels, size)


def load(source: Source) -> Picture:
    """Open a picture, with the colours of transparent pixels filled in from the visible ones around them.

    Raises PictureError if it is missing, damaged, too large, not a picture or entirely transparent.
    """
    picture = load_as_it_is(source)
    if picture.alpha is None:
        return picture
    if not picture.alpha.getextrema()[1]:
        name = source if isinstance(source, str | os.PathLike) else picture.name
        raise PictureError(f"'{name}' is entirely transparent; give a picture with visible pixels")
    if picture.levels is not None:
        levels = picture.levels.copy()
        levels[..., :3] = filled(levels[..., :3], levels[..., 3] / 257)
        return replace(picture, image=Image.fromarray(deep.to_bytes(levels[..., :3])), levels=levels)
    return replace(
        picture, image=Image.fromarray(filled(np.asarray(picture.image), np.asarray(picture.alpha)))
    )


def load_as_it_is(source: Source) -> Picture:
    """Open a picture without filling in transparent pixels; raises PictureError if it cannot be read."""
    if isinstance(source, np.ndarray):
        return _from_array(source)
    if isinstance(source, Image.Image):
        return _from_image(source, Path(getattr(source, "filename", "") or "picture").stem)
    check_address(os.fspath(source))
    path = Path(source)
    check_file(path)
    with _reading(path):
        if deep.is_deep(path):
            levels, whole = deep.read(path)
            return replace(_from_levels(levels, path.stem, _exif_of(path)), whole=whole)
        with header(path) as image:
            factor = large.factor_of(*image.size, path)
            if factor == 1:
                image.load()
                return _from_image(image, path.stem)
            exif, whole = kept_exif(image), image.size if is_sideways(image) else image.size[::-1]
        return replace(_from_image(large.shrunk(path, factor), path.stem), exif=exif, whole=whole)


def header(path: Path) -> Image.Image:
    """Open a file with Pillow, reading only its header, whatever its size; raises what Pillow raises."""
    _learn_heic(path)
    return large.opened(path)


def check_file(path: Path) -> None:
    """Raise PictureError for an unreadable path, and for a pipe or device, which cannot be read twice.

    Missing files pass.
    """
    if why := unreadable(path):
        raise PictureError(why)
    try:
        mode = path.stat().st_mode
    except OSError:
        return
    if not (stat.S_ISREG(mode) or stat.S_ISDIR(mode)):
        kind = "a pipe" if stat.S_ISFIFO(mode) else "a device or socket"
        raise PictureError(f"'{path}' is {kind}, not a file; write its output to a file first")


def opening_note(path: Path) -> str:
    """Return a warning about how a file is opened, from its header, or an empty string."""
    with suppress(OSError, SyntaxError, ValueError, PictureError), header(path) as image:
        whole, size = image.size if is_sideways(image) else image.size[::-1], large.size_of(image, path)
        return "" if size == (whole[0], whole[1]) else _shrunk(path.stem, (whole[0], whole[1]), size)
    return ""


def _shrunk(name: str, whole: tuple[int, int], size: tuple[int, int]) -> str:
    return (
        f"'{name}' of {whole[1]}x{whole[0]} px is too large to open at full size; "
        f"it was reduced to {size[1]}x{size[0]} px"
    )


def image_of(pixels: Tensor) -> Image.Image:
    """Return pixels `(1, 3, H, W)` as an 8-bit image, rounded and clipped to 0 to 255."""
    import torch

    array = pixels.detach()[0].permute(1, 2, 0).round().clamp(0, 255).to("cpu", torch.uint8).numpy()
    return Image.fromarray(array)


def levels_of(pixels: Tensor, opacity: Tensor | None = None) -> Levels:
    """Return pixels `(1, 3, H, W)` and opacity `(H, W)` in 0 to 255 as 16-bit levels `(H, W, 3 | 4)`."""
    channels = [*pixels.detach()[0].cpu(), *([] if opacity is None else [opacity])]
    levels = [(channel * 257).round().clamp(0, 65535).numpy().astype(np.uint16) for channel in channels]
    return np.stack(levels, axis=-1)


def with_alpha(image: Image.Image, alpha: Image.Image | None) -> Image.Image:
    """Return the image with an alpha channel, resized to fit."""
    if alpha is None:
        return image
    result = image.convert("RGBA")
    result.putalpha(alpha.resize(image.size, Image.Resampling.LANCZOS))
    return result


def check_output(
    path: Path, *, size: tuple[int, int], alpha: bool, depth: int = 8, inputs: tuple[Source, ...] = ()
) -> None:
    """Raise OutputError if a picture of this height and width cannot be written to `path`."""
    check_format(path, size=size, alpha=alpha, depth=depth)
    check_place(path, inputs)


def check_format(path: Path, *, size: tuple[int, int], alpha: bool, depth: int = 8) -> None:
    """Raise OutputError if the format of a path's suffix cannot hold a picture of this height and width."""
    kind = FORMATS.get(path.suffix.lower())
    if kind is None:
        example = f", such as '{path.name}.png'" if not path.suffix and path.name else ""
        raise OutputError(f"cannot write '{path}': the name must end in {', '.join(FORMATS)}{example}")
    if depth == 16 and kind not in deep.KINDS:
        raise OutputError(
            f"'{path}' cannot hold 16 bits a channel", f"write a .png or .tiff, or use {option('depth')} 8"
        )
    if max(size) > _LONGEST.get(kind, max(size)):
        raise OutputError(
            f"{kind} holds at most {_LONGEST[kind]} px a side, got {max(size)}; write a .png or .tiff"
        )
    if alpha and kind == "JPEG":
        raise OutputError(f"'{path}' cannot hold the photo's transparency; write a .png, .webp or .tiff")


def check_place(path: Path, inputs: tuple[Source, ...] = ()) -> None:
    """Raise OutputError if no file can be written at `path`, or if it is an input."""
    target = landing(path)
    if why := trouble(target):
        raise OutputError(f"cannot write '{path}': {why}; choose another name")
    if not is_folder(target.parent):
        link = "" if target == path else f"'{path}' is a link to '{target}': "
        raise OutputError(
            f"{link}no folder '{target.parent}' to write '{target.name}' into",
            f"make it first or choose another {option('output')}",
        )
    if is_folder(target):
        raise OutputError(f"'{path}' is a folder; name a file in it")
    if not os.access(target.parent, os.W_OK):
        raise OutputError(
            f"folder '{target.parent}' cannot be written to", f"choose another {option('output')}"
        )
    for source in inputs:
        if isinstance(source, str | os.PathLike) and same_place(path, source):
            raise OutputError(
                f"'{path}' is an input and is never overwritten", f"choose another {option('output')}"
            )


def save(
    picture: Image.Image | Levels,
    path: str | os.PathLike[str],
    *,
    dpi: int = 0,
    exif: bytes = b"",
    recipe: str = "",
) -> Path:
    """Write an 8-bit image or 16-bit levels `(H, W, 3 | 4)` as sRGB, atomically; raises OutputError.

    The recipe is embedded in the file, or written to a sidecar file if the format has no room for it.
    """
    path = Path(path)
    kind = FORMATS.get(path.suffix.lower(), "")
    if isinstance(picture, np.ndarray):
        check_output(path, size=picture.shape[:2], alpha=picture.shape[2] == 4, depth=16)
    else:
        check_output(path, size=(picture.height, picture.width), alpha=picture.mode == "RGBA")
    inside = bool(recipe) and has_room(kind, recipe)

    def write(file: IO[bytes]) -> None:
        if isinstance(picture, np.ndarray):
            data = deep.encode(picture, kind, dpi=dpi, exif=exif)
        else:
            data = _encode(picture, kind, dpi, exif)
        file.write(embed(data, kind, recipe) if inside else data)

    write_whole(path, write)
    keep_beside(path, "" if inside else recipe)
    return path


def _encode(image: Image.Image, kind: str, dpi: int, exif: bytes) -> bytes:
    options = dict(_OPTIONS.get(kind, {}))
    if dpi:
        options["dpi"] = (dpi, dpi)
        if exif or kind == "WEBP":  # which stores it nowhere else
            exif = with_density(exif, dpi)
    if exif and kind != "TIFF":
        options["exif"] = exif
    file = io.BytesIO()
    image.save(file, kind, icc_profile=SRGB_BYTES, **options)
    return finish_tiff(file.getvalue(), exif, density=dpi > 0) if kind == "TIFF" and exif else file.getvalue()


@contextmanager
def _reading(path: Path) -> Iterator[None]:
    try:
        with warnings.catch_warnings():
            # Pillow warns of large pictures and of damaged metadata; only the errors below concern the user.
            warnings.simplefilter("ignore")
            yield
    except FileNotFoundError:
        raise PictureError(missing(path)) from None
    except IsADirectoryError:
        raise PictureError(f"'{path}' is a folder; name a picture in it") from None
    except PermissionError as error:
        raise PictureError(f"cannot read '{path}': {error.strerror}; check who may read it") from None
    except Image.UnidentifiedImageError:
        raise PictureError(_unknown(path)) from None
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        reason = getattr(error, "strerror", None) or f"damaged or truncated ({error})"
        raise PictureError(f"cannot read '{path}': {reason}; try another copy of the file") from None


def _learn_heic(path: Path) -> None:
    if importlib.util.find_spec("pillow_heif") and _brands(path):
        importlib.import_module("pillow_heif").register_heif_opener()


def _unknown(path: Path) -> str:
    if HEIC & _brands(path) and not importlib.util.find_spec("pillow_heif"):
        return f"'{path}' is a HEIC picture; install its reader with 'pip install impasto[heic]'"
    if path.suffix.lower() in FILMS:
        return f"'{path}' is a film, not a picture; paint it as a film"
    return (
        f"'{path}' is not a readable picture; use PNG, JPEG, WebP, TIFF or another format that Pillow reads"
    )


def _brands(path: Path) -> frozenset[bytes]:
    """Return the brands of a HEIC or AVIF file; empty for any other file."""
    with suppress(OSError), path.open("rb") as file:
        head = file.read(64)
        if head[4:8] == b"ftyp":
            length = min(int.from_bytes(head[:4], "big"), len(head))
            return frozenset({head[8:12], *(head[i : i + 4] for i in range(16, length - 3, 4))})
    return frozenset()


def _from_array(array: np.ndarray[Any, Any]) -> Picture:
    if not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (3, 4))) or 0 in array.shape:
        raise PictureError(
            f"a picture array must have the shape (H, W), (H, W, 3) or (H, W, 4), got {array.shape}"
        )
    if np.issubdtype(array.dtype, np.floating):
        if not np.isfinite(array).all() or array.min() < 0 or array.max() > 1:
            raise PictureError(
                f"a float picture array must lie in 0 to 1, got {array.min():g} to {array.max():g}"
            )
        return _from_levels(deep.to_levels(array), "array")
    if array.dtype == np.uint16:
        return _from_levels(array, "array")
    if array.dtype != np.uint8:
        raise PictureError(f"a picture array must be uint8, uint16, or float in 0 to 1, got {array.dtype}")
    return _from_image(Image.fromarray(np.ascontiguousarray(array)), "array")


def _from_levels(levels: Levels, name: str, exif: bytes = b"") -> Picture:
    levels = np.repeat(levels[..., None], 3, axis=2) if levels.ndim == 2 else levels
    if levels.shape[2] == 4 and (levels[..., 3] == 65535).all():
        levels = levels[..., :3]
    alpha = Image.fromarray(deep.to_bytes(levels[..., 3])) if levels.shape[2] == 4 else None
    return Picture(Image.fromarray(deep.to_bytes(levels[..., :3])), alpha, name, levels, exif)


def _from_image(image: Image.Image, name: str) -> Picture:
    exif = kept_exif(image)
    image = upright(image)
    if image.mode == "La":
        image = image.convert("LA")
    if image.mode.startswith(("I", "F")):
        return _from_levels(deep.to_levels(np.asarray(image)), name, exif)
    alpha = None
    if "A" in image.getbands() or "a" in image.getbands() or "transparency" in image.info:
        rgba = image.convert("RGBA")
        alpha = rgba.getchannel("A")
        image = image if image.mode in ("RGB", "CMYK") else rgba
        if alpha.getextrema() == (255, 255):
            alpha = None
    return Picture(to_srgb(image), alpha, name, exif=exif)


def _exif_of(path: Path) -> bytes:
    try:
        with header(path) as image:
            return kept_exif(image)
    except (OSError, SyntaxError, ValueError):
        return b""  # such as 16-bit grey TIFF with transparency, which Pillow cannot open


def _resized(levels: Levels, size: tuple[int, int]) -> Tensor:
    """Resize one channel of 16-bit levels by Lanczos to float32 `(H, W)` in 0 to 255."""
    import torch

    channel = Image.fromarray(levels.astype(np.float32) / 257)
    if size != levels.shape:
        channel = channel.resize((size[1], size[0]), Image.Resampling.LANCZOS)
    return torch.from_numpy(np.array(channel)).clamp(0, 255)
