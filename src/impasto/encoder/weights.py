"""Encoder weights: the bundled file, and published formats."""

from __future__ import annotations

import hashlib
import pickle
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from impasto.errors import WeightsError, option
from impasto.settings.layers import CONVOLUTIONS_PER_BLOCK, ENCODER, LAYERS

BUNDLED = Path(__file__).with_name("vgg19.safetensors")
MEANS = Path(__file__).with_name("vgg19_means.safetensors")

CONVOLUTIONS = tuple(name for name in LAYERS if name.startswith("conv"))
_CHANNELS = (64, 128, 256, 512, 512)
_WIDTHS = [width for width, n in zip(_CHANNELS, CONVOLUTIONS_PER_BLOCK, strict=True) for _ in range(n)]
WIDTHS = dict(zip(CONVOLUTIONS, _WIDTHS, strict=True))

# Indices of the convolutions in the `features` of torchvision and of the Caffe port.
_INDICES = (0, 2, 5, 7, 10, 12, 14, 16, 19, 21, 23, 25, 28, 30, 32, 34)
_POSITIONS = dict(zip(CONVOLUTIONS, _INDICES, strict=True))
_TORCHVISION = "dcbb9e9d"
_CAFFE = "d01eb7cb"


@dataclass(frozen=True)
class Weights:
    """Kernels `(O, I, 3, 3)` and biases `(O,)` by layer, for RGB in 0 to 255 minus `mean` `(3,)`."""

    layers: Mapping[str, tuple[Tensor, Tensor]]
    mean: Tensor
    sha256: str


def load_weights(path: str = "", layers: Iterable[str] = CONVOLUTIONS) -> Weights:
    """Load the convolutions named in `layers` from a file, or the bundled ones if `path` is empty.

    Supported formats: `.safetensors` with `NAME.weight` (or a codebook, as bundled) and `NAME.bias`, for BGR
    in 0 to 255 minus the mean; torchvision's `vgg19-dcbb9e9d.pth` and any `.pth` with its names (RGB in 0 to
    1, ImageNet mean and deviation); the Caffe port `vgg19-d01eb7cb.pth`. Raises WeightsError.
    """
    file = Path(path) if path else BUNDLED
    sha256 = _sha256(file)
    _check_hash(file, sha256, bundled=not path)
    wanted = set(layers)
    names = [name for name in CONVOLUTIONS if name in wanted]
    if file.suffix == ".safetensors":
        return _caffe_input(_from_safetensors(file, names), sha256)
    found = _from_torch(file, names)
    return _caffe_input(found, sha256) if sha256.startswith(_CAFFE) else _torchvision_input(found, sha256)


def _sha256(file: Path) -> str:
    try:
        with file.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()
    except OSError as error:
        raise WeightsError(
            f"cannot read weights '{file}': {error.strerror}; check the path of {option('weights')}"
        ) from None


def _check_hash(file: Path, sha256: str, *, bundled: bool) -> None:
    if bundled and sha256 != ENCODER:
        raise WeightsError(
            f"the weights inside the package are damaged (SHA-256 {sha256[:16]}…, "
            f"expected {ENCODER[:16]}…); install impasto again"
        )
    # Published under names that contain the start of their hash.
    for start in (_TORCHVISION, _CAFFE):
        if start in file.stem and not sha256.startswith(start):
            raise WeightsError(
                f"'{file}' is damaged or truncated: its SHA-256 starts with {sha256[:8]}, "
                f"its name says {start}; download it again"
            )


def _from_safetensors(file: Path, names: list[str]) -> dict[str, tuple[Tensor, Tensor]]:
    try:
        with safe_open(file, "np") as archive:
            keys = set(archive.keys())
            found = {}
            for name in names:
                quantised = f"{name}.indices" in keys
                for key in (f"{name}.codebook" if quantised else f"{name}.weight", f"{name}.bias"):
                    if key not in keys:
                        raise WeightsError(f"weights '{file}' lack '{key}'; they are not those of VGG-19")
                # NumPy's take accepts one-byte indices; torch would convert them to int64 first.
                if quantised:
                    kernel = archive.get_tensor(f"{name}.codebook").take(
                        archive.get_tensor(f"{name}.indices")
                    )
                else:
                    kernel = archive.get_tensor(f"{name}.weight")
                bias = torch.from_numpy(archive.get_tensor(f"{name}.bias"))
                found[name] = _pair(file, name, torch.from_numpy(np.asarray(kernel)), bias)
            return found
    except (SafetensorError, OSError) as error:
        raise WeightsError(
            f"cannot read weights '{file}': damaged or truncated ({error}); get the file again"
        ) from None


def _from_torch(file: Path, names: list[str]) -> dict[str, tuple[Tensor, Tensor]]:
    try:
        state = torch.load(file, map_location="cpu", weights_only=True, mmap=False)
    except (RuntimeError, pickle.UnpicklingError, EOFError, OSError, ValueError, KeyError) as error:
        reason = str(error).splitlines()[0] if str(error) else "damaged"
        raise WeightsError(f"cannot read weights '{file}': {reason}; get the file again") from None
    if not isinstance(state, Mapping):
        raise WeightsError(
            f"weights '{file}' hold a {type(state).__name__}, expected a table of tensors by name"
        )
    found = {}
    for name in names:
        keys = [f"features.{_POSITIONS[name]}.{part}" for part in ("weight", "bias")]
        for key in keys:
            if key not in state:
                raise WeightsError(f"weights '{file}' lack '{key}' ({name}); they are not those of VGG-19")
        found[name] = _pair(file, name, state[keys[0]], state[keys[1]])
    return found


def _pair(file: Path, name: str, kernel: Tensor, bias: Tensor) -> tuple[Tensor, Tensor]:
    index = CONVOLUTIONS.index(name)
    shape = (WIDTHS[name], 3 if index == 0 else WIDTHS[CONVOLUTIONS[index - 1]], 3, 3)
    if tuple(kernel.shape) != shape or tuple(bias.shape) != shape[:1]:
        raise WeightsError(
            f"layer {name} of weights '{file}' has the shape {tuple(kernel.shape)}, expected {shape}"
        )
    return kernel.float().contiguous(), bias.float().contiguous()


def _caffe_input(layers: dict[str, tuple[Tensor, Tensor]], sha256: str) -> Weights:
    kernel, bias = layers["conv1_1"]
    return Weights(
        {**layers, "conv1_1": (kernel.flip(1).contiguous(), bias)},
        torch.tensor([123.68, 116.779, 103.939]),
        sha256,
    )


def _torchvision_input(layers: dict[str, tuple[Tensor, Tensor]], sha256: str) -> Weights:
    kernel, bias = layers["conv1_1"]
    mean, deviation = 255 * torch.tensor([0.485, 0.456, 0.406]), 255 * torch.tensor([0.229, 0.224, 0.225])
    # Zero padding is invariant under scaling, so the deviation can be folded into the first kernel.
    return Weights({**layers, "conv1_1": (kernel / deviation.view(1, 3, 1, 1), bias)}, mean, sha256)
