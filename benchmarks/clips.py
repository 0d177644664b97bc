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
    ground, object_ = load(PHOTOS / "eilean_donan.webp"), _photo("chelsea.png", 100)
    height = round(ground.size[0] * SIZE[1] / ground.size[1])
    still = ground.pixels((height, SIZE[1]))[..., (height - SIZE[0]) // 2 :, :][..., : SIZE[0], :]
    tall, wide = object_.shape[2:]
    rows, columns = torch.meshgrid(torch.linspace(-1, 1, tall), torch.linspace(-1, 1, wide), indexing="ij")
    cut = (rows.square() + columns.square() < 0.9).float()
    top = 120

    def lefts(i: int) -> int:
        return -wide + 32 * i + 120

    def placed(picture: Tensor, base: Tensor, i: int) -> Tensor:
        left, result = lefts(i), base.clone()
        a, b = max(0, -left), min(wide, SIZE[1] - left)
        if b > a:
            region = result[..., top : top + tall, left + a : left + b]
            mask = cut[:, a:b]
            region.copy_(torch.lerp(region, picture[..., a:b].expand_as(region), mask))
        return result

    frames = [placed(object_, still, i) for i in range(count)]

    def flow(i: int, j: int) -> tuple[Tensor, Tensor]:
        mine, theirs = (placed(torch.ones(1, 1, tall, wide), torch.zeros(1, 1, *SIZE), k) for k in (i, j))
        moved = torch.cat([mine * (lefts(j) - lefts(i)), torch.zeros_like(mine)], 1)
        there, inside = warp(theirs, moved)
        return moved, inside * (1 - (there - mine).abs())

    return Known(frames, flow)


KNOWN = {"turning": turning, "fast": fast, "passing": passing}


def sheet(known: Known) -> Image.Image:
    """The frames below one another, to be looked at."""
    return image_of(torch.cat(known.frames, 2))
