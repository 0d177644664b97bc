"""Pictures and encoders that many tests share."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from impasto.cli import run_command
from impasto.encoder import load_encoder
from impasto.encoder.vgg19 import VGG19
from impasto.encoder.weights import WIDTHS, Weights
from impasto.losses.moments import gram
from impasto.losses.scene import Scene
from impasto.objective.build import Objective, objective_for

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"


def blobs(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A smooth colourful picture, uint8 `(H, W, 3)`, such as a photo is."""
    generator = np.random.default_rng(seed)
    coarse = Image.fromarray(generator.integers(0, 256, (4, 5, 3), dtype=np.uint8))
    return np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))


def tiny_weights(dtype: torch.dtype = torch.float64, seed: int = 0) -> Weights:
    """Random kernels for the first two blocks, two to four filters wide, to differentiate numerically."""
    generator = torch.Generator().manual_seed(seed)
    layers, incoming = {}, 3
    for name, width in (("conv1_1", 3), ("conv1_2", 3), ("conv2_1", 4), ("conv2_2", 4), ("conv3_1", 4)):
        layers[name] = (
            torch.randn(width, incoming, 3, 3, generator=generator, dtype=dtype) / 4,
            torch.randn(width, generator=generator, dtype=dtype),
        )
        incoming = width
    return Weights(layers, torch.full((3,), 2.0, dtype=dtype), "")


def moments_of(feature_map: torch.Tensor) -> torch.Tensor:
    """The second moments FFᵀ/M of a feature map."""
    with torch.no_grad():
        return gram(feature_map) / (feature_map.shape[2] * feature_map.shape[3])


def objective_of(
    encoder: VGG19,
    content,
    styles,
    shares,
    settings,
    tile: int = 0,
    until: str = "",
    regions=None,
    moment=None,
) -> Objective:
    """The objective of a scene with these pictures."""
    pictures = dict(content=content, styles=styles, shares=shares, regions=regions, moment=moment)
    return objective_for(Scene(encoder=encoder, settings=settings, tile=tile, **pictures), until)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Use a temporary cache folder instead of the user's, also for programs that tests start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMPASTO_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("IMPASTO_PRECISION", raising=False)
        yield


@pytest.fixture(scope="session")
def encoder() -> VGG19:
    return load_encoder(["conv5_1"])


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(blobs(48, 64, 1)).save(path)
    return path


@pytest.fixture
def painting(tmp_path: Path) -> Path:
    path = tmp_path / "painting.png"
    Image.fromarray(blobs(64, 48, 2)).save(path)
    return path


@pytest.fixture(autouse=True, scope="session")
def interruptible() -> None:
    """A shell that runs the tests in the background has them ignore Ctrl-C, and Python with them."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def without_opencv(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenCV cannot be imported, as where its extra was not installed."""
    monkeypatch.setitem(sys.modules, "cv2", None)


@pytest.fixture
def untimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Convolutions are the reference's, which needs no timing for each number of threads."""
    monkeypatch.setenv("IMPASTO_PRECISION", "reference")


@pytest.fixture
def own_threads() -> Iterator[None]:
    """Threads that a run was told to take are no other test's."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def changed_text(table: dict[str, Any], **changes: Any) -> str:
    """Return the table as JSON with entries replaced, by paths such as settings__size or inputs__0__name."""
    for where, value in changes.items():
        *path, last = (int(part) if part.isdigit() else part for part in where.split("__"))
        inner: Any = table
        for part in path:
            inner = inner[part]
        if value is ...:
            del inner[last]
        else:
            inner[last] = value
    return json.dumps(table)


def failed(capsys: pytest.CaptureFixture[str], *arguments: str, code: int) -> str:
    """The one line on stderr with which a command ends."""
    assert run_command(list(arguments)) == code
    output = capsys.readouterr()
    assert output.out == "" and output.err.startswith("error: ") and output.err.count("\n") == 1
    return output.err


__all__ = [
    "EXAMPLES",
    "ROOT",
    "WIDTHS",
    "blobs",
    "changed_text",
    "failed",
    "moments_of",
    "objective_of",
    "tiny_weights",
]
