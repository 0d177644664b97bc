"""Make src/impasto/encoder/vgg19_means.safetensors: mean activations of VGG-19 over a folder of pictures.

    python scripts/mean_activations.py examples

The pictures are read at 512 px and the network with average pooling, as the papers use it.
"""

import sys
from pathlib import Path

from safetensors.torch import save_file

from impasto.encoder.normalise import mean_activations
from impasto.encoder.vgg19 import VGG19
from impasto.encoder.weights import MEANS, load_weights
from impasto.engine.schedule import fit_long
from impasto.media.image import load

SIZE = 512


def main(folder: Path) -> None:
    """Measure and write; sorted, so that the same pictures give the same file."""
    files = sorted(p for p in folder.rglob("*") if p.suffix in (".webp", ".png", ".jpg"))
    pictures = (p.pixels(fit_long(p.size, SIZE)) for p in map(load, files))
    save_file(
        mean_activations(VGG19(load_weights()), pictures),
        MEANS,
        metadata={"pictures": str(len(files)), "size": str(SIZE)},
    )
    print(f"{MEANS}: {len(files)} pictures")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
