"""A look as an ONNX model, for phones and other programs: the recolouring, the network and the dial."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np
import torch

from impasto.errors import LookError
from impasto.looks.grain import PERIOD, tile
from impasto.looks.look import Look
from impasto.looks.network import BLOCKS, EPSILON, LEAK, NORMALISED, STRIDE
from impasto.looks.shelf import trunk_of
from impasto.media.part import write_whole

OPSET, IR = 17, 8
"""Versions of ONNX from 2022, which current run times read."""

ROUNDS = 20
"""Newton steps for the square root of a covariance: enough for float32 at a condition number of 10⁴."""

FLOOR = 1.0
"""Variance in levels squared that is added to a photo's colours, which keeps a grey photo's root finite."""


def write_onnx(look: Look, path: Path) -> None:
    """Write a look as an ONNX model: `photo` `(1, 3, H, W)` in 0 to 255 and `strength` 0 to 100 to `painted`.

    Raises LookError without the package onnx, and OutputError.
    """
    try:
        onnx = import_module("onnx")
    except ImportError:
        raise LookError("the package onnx is missing", "pip install 'impasto[onnx]'") from None
    content = _Graph(onnx, look).model().SerializeToString()
    write_whole(path, lambda file: file.write(content))


class _Graph:
    """The nodes of a look's model."""

    def __init__(self, onnx: Any, look: Look) -> None:
        self.onnx, self.look = onnx, look
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def model(self) -> Any:
        """Return the model."""
        make, floats = self.onnx.helper, self.onnx.TensorProto.FLOAT
        mix = self._mix()
        painted = self._painted(self._recoloured("photo"), self.op("Relu", mix))
        kept = self.op("Relu", self.op("Neg", mix))
        blended = self.op("Add", painted, self.op("Mul", self.op("Sub", "photo", painted), kept))
        self.op("Clip", blended, self.value(0.0), self.value(255.0), out="painted")
        pictures = [
            make.make_tensor_value_info(name, floats, [1, 3, "H", "W"]) for name in ("photo", "painted")
        ]
        strength = make.make_tensor_value_info("strength", floats, [1])
        graph = make.make_graph(
            self.nodes, self.look.name, [pictures[0], strength], [pictures[1]], initializer=self.constants
        )
        model = make.make_model(
            graph, producer_name="impasto", opset_imports=[make.make_opsetid("", OPSET)], ir_version=IR
        )
        self.onnx.checker.check_model(model)
        return model

    def op(self, kind: str, *inputs: str, out: str = "", **attributes: Any) -> str:
        """Add a node and return the name of its output."""
        out = out or f"{kind}{len(self.nodes)}"
        self.nodes.append(self.onnx.helper.make_node(kind, list(inputs), [out], **attributes))
        return out

    def value(self, found: Any, kind: type = np.float32) -> str:
        """Add a constant and return its name."""
        name = f"constant{len(self.constants)}"
        array: np.ndarray[Any, Any] = np.ascontiguousarray(found, dtype=kind)
        self.constants.append(self.onnx.numpy_helper.from_array(array, name))
        return name

    def _mix(self) -> str:
        """The mix for a strength: the dial as a sum of ramps, one from each of its points to the next."""
        mixes, errors = self.look.dial.T.numpy()
        widths = np.diff(errors)
        along = self.op("Sub", self.op("Div", "strength", self.value(100.0)), self.value(errors[:-1]))
        ramps = self.op("Min", self.op("Relu", along), self.value(widths))
        risen = self.op("Mul", ramps, self.value(np.diff(mixes) / widths))
        total = self.op("ReduceSum", risen, self.value([0], np.int64), keepdims=1)
        return self.op("Add", total, self.value(mixes[:1]))

    def _recoloured(self, photo: str) -> str:
        """The photo with the mean and covariance of the look's palette; see `colour.recolour`."""
        shape = self.op("Shape", photo)
        colours = self.op("Reshape", photo, self.value([3, -1], np.int64))
        mean = self.op("ReduceMean", colours, axes=[1], keepdims=1)
        centred = self.op("Sub", colours, mean)
        turned = self.op("Transpose", centred, perm=[1, 0])
        size = self.op("Cast", self.op("Size", photo), to=self.onnx.TensorProto.FLOAT)
        product = self.op("Div", self.op("MatMul", centred, turned), self.op("Div", size, self.value(3.0)))
        root, inverse = self._roots(self.op("Add", product, self.value(FLOOR * np.eye(3))))
        target = self.value(self.look.palette.covariance.numpy() + 1e-3 * np.eye(3))
        middle, _ = self._roots(self.op("MatMul", self.op("MatMul", root, target), root))
        transport = self.op("MatMul", self.op("MatMul", inverse, middle), inverse)
        moved = self.op("Add", self.op("MatMul", transport, centred), self.value(self._column()))
        return self.op("Reshape", moved, shape)

    def _column(self) -> np.ndarray[Any, Any]:
        return self.look.palette.mean.numpy()[:, None]

    def _roots(self, matrix: str) -> tuple[str, str]:
        """The square root of a positive matrix and its inverse, by the coupled Newton-Schulz iteration."""
        norm = self.op("Sqrt", self.op("ReduceSum", self.op("Mul", matrix, matrix), keepdims=0))
        y, z = self.op("Div", matrix, norm), self.value(np.eye(3))
        three, half = self.value(3 * np.eye(3)), self.value(0.5)
        for _ in range(ROUNDS):
            step = self.op("Mul", self.op("Sub", three, self.op("MatMul", z, y)), half)
            y, z = self.op("MatMul", y, step), self.op("MatMul", step, z)
        scale = self.op("Sqrt", norm)
        return self.op("Mul", y, scale), self.op("Div", z, scale)

    def _painted(self, picture: str, mix: str) -> str:
        """The picture as the network paints it; see `network.paint`."""
        trunk = {name: kernel.float().numpy() for name, kernel in trunk_of(self.look).items()}
        sets = [torch.split(one, [2 * width for width in NORMALISED.values()]) for one in self.look.values]
        values = {name: [one[i].numpy() for one in sets] for i, name in enumerate(NORMALISED)}

        def mixed(ends: Sequence[np.ndarray[Any, Any]]) -> str:
            return self.op("Add", self.value(ends[0]), self.op("Mul", mix, self.value(ends[1] - ends[0])))

        def convolved(name: str, x: str, stride: int = 1) -> str:
            kernel = trunk[name]
            side = kernel.shape[-1] // 2
            padded = self._padded(x, self.value([0, 0, side, side] * 2, np.int64), "reflect")
            return self.op("Conv", padded, self.value(kernel), strides=[stride] * 2)

        def layer(name: str, x: str, stride: int = 1) -> str:
            width = NORMALISED[name]
            gains, biases = (
                [one[part] for one in values[name]] for part in (slice(width), slice(width, None))
            )
            found = convolved(name, x, stride)
            return self.op("InstanceNormalization", found, mixed(gains), mixed(biases), epsilon=EPSILON)

        shape = self.op("Shape", picture)
        scaled = self.op("Sub", self.op("Div", picture, self.value(127.5)), self.value(1.0))
        fitted = self._padded(scaled, self._to_stride(shape), "edge")
        x = self.op("Concat", fitted, self._grain(fitted), axis=1)
        for name, stride in (("contract1", 1), ("contract2", 2), ("contract3", 2)):
            x = self.op("Relu", layer(name, x, stride))
        for block in range(1, BLOCKS + 1):
            inner = layer(f"block{block}b", self.op("Relu", layer(f"block{block}a", x)))
            x = self.op("Add", x, inner)
        for name in ("expand1", "expand2"):
            scales = self.value([1, 1, 2, 2])
            nearest = dict(mode="nearest", coordinate_transformation_mode="asymmetric", nearest_mode="floor")
            x = self.op("LeakyRelu", layer(name, self.op("Resize", x, "", scales, **nearest)), alpha=LEAK)
        x = self.op("Add", convolved("expand3", x), self.value(trunk["bias"][:, None, None]))
        cut = self.op("Slice", x, self.value([0] * 4, np.int64), shape)
        return self.op("Mul", self.op("Add", cut, self.value(1.0)), self.value(127.5))

    def _grain(self, picture: str) -> str:
        """The grain at the size of a picture."""
        one = self.value([1, 3, 1, 1], np.int64)
        size = self.op("Div", self.op("Shape", picture), one)
        period = self.value([1, 1, PERIOD, PERIOD], np.int64)
        fewer = self.op("Sub", self.op("Add", size, period), self.value([1], np.int64))
        repeated = self.op("Tile", self.value(tile()), self.op("Div", fewer, period))
        return self.op("Slice", repeated, self.value([0] * 4, np.int64), size)

    def _padded(self, x: str, pads: str, mode: str) -> str:
        return self.op("Pad", x, pads, mode=mode)

    def _to_stride(self, shape: str) -> str:
        """The pads that make both sides multiples of STRIDE."""
        stride = self.value([1, 1, STRIDE, STRIDE], np.int64)
        rest = self.op("Mod", self.op("Sub", stride, self.op("Mod", shape, stride)), stride)
        return self.op("Concat", self.value([0] * 4, np.int64), rest, axis=0)
