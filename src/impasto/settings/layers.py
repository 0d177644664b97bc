"""Layers of the encoder by name, as used in settings."""

from __future__ import annotations

from typing import Any, NamedTuple

from pydantic import GetCoreSchemaHandler, GetJsonSchemaHandler
from pydantic_core import CoreSchema, core_schema

from impasto.errors import SettingsError
from impasto.settings.number import number

CONVOLUTIONS_PER_BLOCK = (2, 2, 4, 4, 4)
LAYERS: tuple[str, ...] = tuple(
    name
    for block, count in enumerate(CONVOLUTIONS_PER_BLOCK, start=1)
    for name in (*(f"conv{block}_{i}" for i in range(1, count + 1)), f"pool{block}")
)
"""Layers of the encoder, shallow to deep; a `conv` is read after its ReLU."""

CHANNELS = (64, 128, 256, 512, 512)
"""Number of filters of the layers in each block."""

ENCODER = "966416a758353803e57e5fd8b9e9344617a6fbb94af5f316bc98611d2307fc2c"
"""SHA-256 of the weights of the bundled encoder."""


class Layer(NamedTuple):
    """A layer of the encoder and its weight in the loss, written `conv4_2` or `conv4_2:0.5`.

    >>> Layer.parse("conv4_2:0.5")
    Layer(name='conv4_2', weight=0.5)
    """

    name: str
    weight: float = 1.0

    @classmethod
    def parse(cls, text: str) -> Layer:
        """Parse `NAME` or `NAME:WEIGHT`; raises SettingsError."""
        name, colon, weight = text.strip().partition(":")
        if name not in LAYERS:
            raise SettingsError(f"unknown layer '{name}'; the encoder has {', '.join(LAYERS)}")
        return cls(name, number(f"weight of layer {name}", weight, float) if colon else 1.0)

    @property
    def channels(self) -> int:
        """Number of filters."""
        return CHANNELS[int(self.name.removeprefix("conv").removeprefix("pool")[0]) - 1]

    def __str__(self) -> str:
        if self.weight == 1:
            return self.name
        short = f"{self.weight:g}"
        return f"{self.name}:{short if float(short) == self.weight else repr(self.weight)}"

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Return a schema that accepts layers only; `Option` parses strings and checks names."""
        return core_schema.is_instance_schema(cls)

    @classmethod
    def __get_pydantic_json_schema__(
        cls, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> dict[str, Any]:
        """Return the JSON schema: a layer is a string."""
        return {"type": "string", "pattern": r"^(conv|pool)[1-5](_[1-4])?(:[0-9.]+)?$"}


def channel_of(text: str) -> tuple[Layer, int]:
    """Parse `LAYER:CHANNEL`, one filter of a layer; raises SettingsError."""
    name, _, channel = text.partition(":")
    layer, found = Layer.parse(name), number("channel", channel, int)
    if not 0 <= found < layer.channels:
        raise SettingsError(f"channel must be 0 to {layer.channels - 1}, the filters of {name}, got {found}")
    return layer, found
