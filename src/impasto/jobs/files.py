"""Files that are written atomically and survive a loss of power, and tensors in them."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch import Tensor

PART = ".part"
"""Ending of the name of a file while it is written."""

_TYPES = {torch.float32: "F32", torch.float64: "F64", torch.bfloat16: "BF16"}


def write_durably(path: Path, chunks: Iterable[bytes | memoryview]) -> str:
    """Write a file under a temporary name, sync and rename it, and return its SHA-256; raises OSError.

    The new name survives a loss of power only after `sync_folder`.
    """
    temporary, digest = path.with_name(path.name + PART), hashlib.sha256()
    try:
        with temporary.open("wb") as file:
            for chunk in chunks:
                file.write(chunk)
                digest.update(chunk)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise
    return digest.hexdigest()


def sync_folder(folder: Path) -> None:
    """Sync the names in a folder to the disk; raises OSError."""
    if os.name == "nt":
        return  # Windows cannot open folders, and syncs names itself
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


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
