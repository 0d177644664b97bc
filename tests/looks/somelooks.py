"""Looks of an untrained trunk, to test with."""

from __future__ import annotations

import torch
from safetensors.torch import save_file
from test_network import some_values, trunk

from impasto.colour import Palette
from impasto.looks import card, shelf
from impasto.looks import instant as instants
from impasto.looks.look import Look

DIAL = torch.tensor([[-1.0, 0.0], [0.0, 0.4], [1.0, 0.8]])


def look(name, seed, **changes):
    values = torch.stack([some_values(seed), some_values(seed + 1)])
    mean = torch.tensor([200.0, 60.0, 60.0] if seed == 2 else [40.0, 60.0, 200.0])
    made = dict(dial=DIAL, trunk_sha256=shelf.shared_hash())
    return Look(name, values, Palette(mean, 900 * torch.eye(3)), **(made | changes))


def shelve_two(tmp_path, monkeypatch):
    """Put two looks on the shelf, of an untrained trunk, that paint at 64 pixels."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(card, "SHIPPED", tmp_path / "shipped")
    monkeypatch.setattr(instants, "WORKING", 64)
    shelf._shared.cache_clear()
    (tmp_path / "shipped").mkdir()
    save_file({name: kernel.half() for name, kernel in trunk().items()}, tmp_path / "shipped" / shelf.TRUNK)
    look("red", 2).write(tmp_path / "shipped/red.look")
    look("blue", 4).write(tmp_path / "shipped/blue.look")
