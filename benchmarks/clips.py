"""Synthetic clips of moving and rotating photos, with the exact optical flow between frames."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from impasto.media.image import image_of, load
from impasto.video.warp import warp

PHOTOS = Path(__file__).parents[1] / "examples" / "photos"
SIZE = 270, 480


@dataclass
class Known:
    """Frames `(1, 3, H, W)`, and the flow from frame i to j with the weights of what both show."""

    frames: list[Tensor]
    flow: Callable[[int, int], tuple[Tensor, Tensor]]

    def write(self, folder: Path) -> Path:
        folder.mkdir(parents=True, exist_ok=True)
        for i, frame in enumerate(self.frames):
            image_of(frame).save(folder / f"{i + 1:04d}.png")
        return folder


def _grid() -> Tensor:
    height, width = SIZE
    rows, columns = torch.meshgrid(
        torch.arange(height, dtype=torch.float64), torch.arange(width, dtype=torch.float64), indexing="ij"
    )
    return torch.stack([columns, rows, torch.ones_like(rows)]).flatten(1)


def _sampled(photo: Tensor, to_photo: Tensor) -> Tensor:
    at = (to_photo @ _grid())[:2].view(1, 2, *SIZE)
    own = _grid()[:2].view(1, 2, *SIZE)
    canvas = torch.zeros(1, 3, max(SIZE[0], photo.shape[2]), max(SIZE[1], photo.shape[3]))
    canvas[..., : photo.shape[2], : photo.shape[3]] = photo
    flow = torch.zeros(1, 2, *canvas.shape[2:])
    flow[..., : SIZE[0], : SIZE[1]] = (at - own).float()
    return warp(canvas, flow)[0][..., : SIZE[0], : SIZE[1]].clone()


def _moved(photo: Tensor, maps: list[Tensor], blur: int = 1) -> Known:
    """A photo seen through one matrix per frame; with `blur` a frame averages so many moments."""
    frames = []
    for i in range(len(maps) - 1):
        moments = [_sampled(photo, torch.lerp(maps[i], maps[i + 1], k / blur)) for k in range(blur)]
        frames.append(torch.stack(moments).mean(0))

    def flow(i: int, j: int) -> tuple[Tensor, Tensor]:
        there = (torch.linalg.inv(maps[j]) @ maps[i] @ _grid())[:2].view(1, 2, *SIZE)
        moved = (there - _grid()[:2].view(1, 2, *SIZE)).float()
        return moved, warp(torch.zeros(1, 1, *SIZE), moved)[1]

    return Known(frames, flow)


def _matrix(centre: tuple[float, float], angle: float, zoom: float) -> Tensor:
    """Map a frame's pixels to the photo's: rotated by degrees and scaled about the middle, at `centre`."""
    turn, (x, y) = np.deg2rad(angle), centre
    a, b = np.cos(turn) / zoom, np.sin(turn) / zoom
    middle = SIZE[1] / 2, SIZE[0] / 2
    return torch.tensor(
        [[a, -b, x - a * middle[0] + b * middle[1]], [b, a, y - b * middle[0] - a * middle[1]], [0, 0, 1]],
        dtype=torch.float64,
    )


def _photo(name: str, width: int) -> Tensor:
    picture = load(PHOTOS / name)
    return picture.pixels((round(picture.size[0] * width / picture.size[1]), width))


def turning(count: int) -> Known:
    """A photo that turns by 1.5 degrees a frame, grows by 1% and drifts."""
    photo = _photo("astronaut.png", 720)
    return _moved(photo, [_matrix((330 + 3 * k, 300 + 2 * k), 1.5 * k, 1.01**k) for k in range(count + 1)])


def fast(count: int) -> Known:
    """A pan of 24 pixels a frame with the blur of an open shutter."""
    photo = _photo("coffee.png", 480 + 24 * (count + 1))
    return _moved(
        photo, [_matrix((240.0 + 24 * k, photo.shape[2] / 2), 0, 1) for k in range(count + 1)], blur=8
    )


def passing(count: int) -> Known:
    """A cat's head passing a still castle at 32 pixels a frame: each place is hidden for three frames."""
    head = _photo("chelsea.png", 100)
    return _placed("eilean_donan.webp", head, [(120, 120 - head.shape[3] + 32 * i) for i in range(count + 1)])


def falling(count: int) -> Known:
    """A cup falling before a still lawn, 4 pixels a frame faster with each frame."""
    return _placed("grass.png", _photo("coffee.png", 130), [(10 + 2 * i * i, 150) for i in range(count + 1)])


def _placed(ground: str, picture: Tensor, corners: list[tuple[int, int]]) -> Known:
    """An oval of a picture `(1, 3, H, W)` before a still photo, its top left corner at one place a frame."""
    whole = load(PHOTOS / ground)
    height = round(whole.size[0] * SIZE[1] / whole.size[1])
    still = whole.pixels((height, SIZE[1]))[..., (height - SIZE[0]) // 2 :, :][..., : SIZE[0], :]
    tall, wide = picture.shape[2:]
    rows, columns = torch.meshgrid(torch.linspace(-1, 1, tall), torch.linspace(-1, 1, wide), indexing="ij")
    cut = (rows.square() + columns.square() < 0.9).float()

    def placed(pixels: Tensor, base: Tensor, i: int) -> Tensor:
        (top, left), result = corners[i], base.clone()
        a, b = max(0, -left), min(wide, SIZE[1] - left)
        low = min(tall, SIZE[0] - top)
        if b > a and low > 0:
            region = result[..., top : top + low, left + a : left + b]
            region.copy_(torch.lerp(region, pixels[..., :low, a:b].expand_as(region), cut[:low, a:b]))
        return result

    frames = [placed(picture, still, i) for i in range(len(corners) - 1)]

    def flow(i: int, j: int) -> tuple[Tensor, Tensor]:
        mine, theirs = (placed(torch.ones(1, 1, tall, wide), torch.zeros(1, 1, *SIZE), k) for k in (i, j))
        down, right = (there - here for there, here in zip(corners[j], corners[i], strict=True))
        moved = torch.cat([mine * right, mine * down], 1)
        there, inside = warp(theirs, moved)
        return moved, inside * (1 - (there - mine).abs())

    return Known(frames, flow)


KNOWN = {"turning": turning, "fast": fast, "passing": passing, "falling": falling}


def sheet(known: Known) -> Image.Image:
    """The frames below one another, to be looked at."""
    return image_of(torch.cat(known.frames, 2))
