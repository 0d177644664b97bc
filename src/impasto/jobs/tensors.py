"""Tensors in safetensors files."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

_TYPES = {torch.float32: "F32", torch.float64: "F64", torch.bfloat16: "BF16"}


def safetensors_of(tensors: Mapping[str, Tensor]) -> Iterator[bytes | memoryview]:
    """Yield a safetensors file in pieces; its own library would build the whole file in memory, twice."""
    there = {name: tensor.detach().cpu().contiguous() for name, tensor in tensors.items()}
    table, end = {}, 0
    for name, tensor in there.items():
        start, end = end, end + tensor.nbytes
        table[name] = {
            "dtype": _TYPES[tensor.dtype],
            "shape": list(tensor.shape),
            "data_offsets": [start, end],
        }
    head = json.dumps(table).encode()
    head += b" " * (-len(head) % 8)
    yield len(head).to_bytes(8, "little") + head
    for tensor in there.values():
        yield tensor.flatten().view(torch.uint8).numpy().data


def read_tensors(path: Path, sha256: str, device: torch.device) -> dict[str, Tensor]:
    """Read a safetensors file; raises OSError, SafetensorError, and ValueError for another hash."""
    with path.open("rb") as file:
        if hashlib.file_digest(file, "sha256").hexdigest() != sha256:
            raise ValueError(f"{path.name} has another hash")
    # Copied, since sums over memory that is aligned differently may round differently.
    return {name: tensor.clone().to(device) for name, tensor in load_file(path).items()}
