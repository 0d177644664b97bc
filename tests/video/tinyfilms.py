"""Tiny films: photos that move by whole pixels, painted in a second."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from conftest import EXAMPLES
from impasto.engine.events import Event
from impasto.settings import Settings
from impasto.settings.presets import preset
from impasto.video.stylize import Filming

HEIGHT, WIDTH = 36, 48
SMALL = preset("default").with_changes(
    size=WIDTH,
    steps=6,
    frame_steps=3,
    start_size=32,
    content_weight=0.3,
    content_layers="conv2_2",
    style_layers="conv1_1,conv2_1",
    history=3,
    min_fall=0,
)
STRONG = SMALL.with_changes(strength=20, init="noise")
"""With a strength, whose content weight is estimated per shot; from noise it exceeds 0 after few steps."""


def photo(name: str = "coffee.png", height: int = 90, width: int = 140) -> np.ndarray:
    """A bundled photo, small but larger than a frame, uint8 `(H, W, 3)`."""
    (path,) = EXAMPLES.glob(f"*/{name}")
    return np.asarray(Image.open(path).convert("RGB").resize((width, height), Image.Resampling.LANCZOS))


def pan(count: int, speed: int = 2, name: str = "coffee.png", at: int = 4) -> list[np.ndarray]:
    """Frames of a camera that moves over a photo by so many whole pixels a frame."""
    whole = photo(name)
    return [whole[20 : 20 + HEIGHT, at + speed * i : at + speed * i + WIDTH] for i in range(count)]


def turning(count: int) -> list[np.ndarray]:
    """Frames that repeat exactly, by a few pixels each: after the last one comes the first."""
    half = photo()[20 : 20 + HEIGHT, 40 : 40 + WIDTH // 4]
    whole = np.concatenate([half, half[:, ::-1]] * 2, 1)
    return [np.roll(whole, i * WIDTH // 2 // count, 1) for i in range(count)]


def folder_of(frames: Iterable[np.ndarray], folder: Path) -> Path:
    """The frames as PNG files in a folder."""
    folder.mkdir()
    for i, frame in enumerate(frames, 1):
        Image.fromarray(frame).save(folder / f"{i:03d}.png")
    return folder


def painted(filming: Filming, on_event: Callable[[Event], object] = lambda event: None) -> Filming:
    """Paint a film to its end."""
    for event in filming:
        on_event(event)
    return filming


def pictures(filming: Filming) -> list[np.ndarray]:
    """The frames as they are to be written."""
    return [np.asarray(image).astype(np.float64) for image, _, _ in filming.pictures()]


def files(folder: Path, pattern: str = "pass*/*.png") -> dict[str, bytes]:
    """The bytes of every file of a kind in a folder."""
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.glob(pattern))}


def tensor(frame: np.ndarray) -> Tensor:
    """A frame as pixels `(1, 3, H, W)`."""
    return torch.from_numpy(np.ascontiguousarray(frame, np.float32)).permute(2, 0, 1)[None]


def stopping_at(events: Iterable[Event], places: Sequence[tuple[int, int]], kind: type) -> Iterator[Event]:
    """Events up to one of a kind at a frame and pass."""
    for event in events:
        yield event
        if isinstance(event, kind) and (event.frame, event.turn) in places:  # type: ignore[attr-defined]
            return


__all__ = [
    "HEIGHT",
    "SMALL",
    "STRONG",
    "WIDTH",
    "Settings",
    "files",
    "folder_of",
    "painted",
    "pan",
    "photo",
    "pictures",
    "stopping_at",
    "tensor",
    "turning",
]
