"""Films of which it is known where each pixel goes: photos moved, and one passing before another."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image
from torch import Tensor

from conftest import EXAMPLES

HEIGHT, WIDTH = 120, 200
MARGIN = 60


@cache
def photo(name: str = "coffee.png") -> Tensor:
    """A photo with a margin around, so that nothing from outside it is ever seen; float32 `(1, 3, H, W)`."""
    (path,) = EXAMPLES.glob(f"*/{name}")
    size = (WIDTH + 2 * MARGIN, HEIGHT + 2 * MARGIN)
    array = np.asarray(Image.open(path).convert("RGB").resize(size, Image.Resampling.LANCZOS), np.float32)
    return torch.from_numpy(array).permute(2, 0, 1)[None]


def places() -> Tensor:
    """Where each pixel lies, `(1, 2, H, W)`, x then y."""
    rows, columns = torch.meshgrid(torch.arange(float(HEIGHT)), torch.arange(float(WIDTH)), indexing="ij")
    return torch.stack([columns, rows])[None]


def seen(at: Tensor, name: str = "coffee.png") -> np.ndarray:
    """The photo at places `(1, 2, H, W)`, bicubic, as a frame of uint8."""
    whole = photo(name)
    height, width = whole.shape[2:]
    grid = torch.stack(
        [(at[0, 0] + MARGIN) * 2 / (width - 1) - 1, (at[0, 1] + MARGIN) * 2 / (height - 1) - 1], -1
    )[None]
    pixels = F.grid_sample(whole, grid, "bicubic", "border", align_corners=True)
    return pixels[0].permute(1, 2, 0).round().clamp(0, 255).to(torch.uint8).numpy()


def moved(
    matrix: Tensor, shift: tuple[float, float] = (0.0, 0.0), name: str = "coffee.png"
) -> tuple[np.ndarray, np.ndarray, Tensor]:
    """Return two frames and the flow between them: p moves to M(p − m) + m + s for the centre m."""
    middle, s = (
        torch.tensor([(WIDTH - 1) / 2, (HEIGHT - 1) / 2]).view(1, 2, 1, 1),
        torch.tensor(shift).view(1, 2, 1, 1),
    )

    def through(m: Tensor, p: Tensor) -> Tensor:
        return torch.einsum("ij,bjhw->bihw", m, p)

    here = places()
    came_from = through(torch.linalg.inv(matrix), here - s - middle) + middle
    return seen(here, name), seen(came_from, name), through(matrix, here - middle) + middle + s - here


def pan(name: str, count: int, speed: float, start: float = 0.0) -> list[np.ndarray]:
    """Return frames of a camera panning over a photo by `speed` pixels a frame, with motion blur."""
    return [_panned(name, speed, start, i).copy() for i in range(count)]


@cache
def _panned(name: str, speed: float, start: float, i: int) -> np.ndarray:
    shift = torch.tensor([1.0, 0.3]).view(1, 2, 1, 1)
    parts = max(1, round(abs(speed) / 2))
    seen_on_the_way = [
        seen(places() + (start - MARGIN + 4 + speed * (i + k / parts / 2)) * shift, name)
        for k in range(parts)
    ]
    return np.mean(seen_on_the_way, 0).round().astype(np.uint8)


def passing(at: int, side: int = 40) -> tuple[np.ndarray, np.ndarray]:
    """Return a frame with a square of another photo on a static background, and where it covers it."""
    frame, square = seen(places()).copy(), seen(places(), "grass.png")
    covered = np.zeros((HEIGHT, WIDTH), bool)
    covered[40 : 40 + side, at : at + side] = True
    frame[covered] = square[40 : 40 + side, 30 : 30 + side].reshape(-1, 3)
    return frame, covered
