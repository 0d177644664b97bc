"""The whole method in one file, on Impasto's own parts: python docs/core_loop.py PHOTO PAINTING OUT

A photo is recoloured, then painted coarse to fine: L-BFGS moves the pixels along the gradient of one
objective, the relative content and style errors of VGG-19's feature maps. `impasto stylize` adds strength,
masks, tiles, jobs and care.
"""

import sys

import torch.nn.functional as F

from impasto.colour import palette, recolour
from impasto.encoder import load_encoder
from impasto.engine.lbfgs import LBFGS
from impasto.engine.schedule import fit_long, schedule
from impasto.losses.scene import Scene
from impasto.media.image import image_of, load, save
from impasto.objective.build import objective_for
from impasto.settings import Settings

settings = Settings(size=512, steps=200, content_weight=0.2)


def paint(photo, painting, settings):
    """Paint a photo in the style of a painting and return the pixels `(1, 3, H, W)` in 0 to 255."""
    encoder = load_encoder(["conv4_2"], padding=settings.padding)
    pastiche = None
    for size, steps in schedule(photo.size, settings):
        # What is compared: the photo in the painting's colours, and the painting, both at this scale.
        style = painting.pixels(fit_long(painting.size, max(size)))
        content = recolour(photo.pixels(size), palette(style))
        objective = objective_for(
            Scene(encoder=encoder, settings=settings, content=content, styles=[style], shares=[1.0])
        )

        # The first scale starts from the photo, each other one from the picture so far.
        pastiche = content if pastiche is None else F.interpolate(pastiche, size, mode="bicubic")
        optimizer, best = LBFGS(settings.history), (float("inf"), pastiche)
        for step in range(steps):
            evaluation = objective(pastiche)  # one pass through VGG-19 and back to the pixels
            if evaluation.loss < best[0]:
                best = evaluation.loss, pastiche
            pastiche = optimizer.advance(pastiche, evaluation.gradient)
            if step % 10 == 0:
                print(f"{size[1]}x{size[0]}, step {step}: {evaluation.losses}", file=sys.stderr)
        pastiche = best[1]
    return pastiche


if __name__ == "__main__":
    photo, painting, output = sys.argv[1:]
    save(image_of(paint(load(photo), load(painting), settings)), output)
