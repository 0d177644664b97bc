"""Face detection by OpenCV.

Viola and Jones: Rapid Object Detection using a Boosted Cascade of Simple Features, 2001.
"""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from impasto.engine.schedule import fit_long
from impasto.errors import SettingsError

CASCADE = "haarcascade_frontalface_alt2.xml"
"""The only frontal cascade of OpenCV's wheel without false positives in the bundled pictures."""

LONGEST = 1024
"""Long side in pixels for detection: fast, and enough for the smallest faces."""

SMALLEST = 1 / 30
"""Side of the smallest face, relative to the long side; smaller detections are mostly pebbles and leaves."""

AGREEING = 8
"""OpenCV's minNeighbors: the usual 3 to 5 find faces in the noise of upsampled pictures."""

WIDTH, HEIGHT = 0.6, 0.75
"""Half axes of an ellipse around the head, in sides of the detected square, which spans brows to chin."""

SOFTNESS = 0.35
"""Width of the soft edge outside the ellipse, as a fraction of its axes."""


class Face(NamedTuple):
    """A detected square, in pixels."""

    left: int
    top: int
    side: int


def find_faces(image: Image.Image) -> list[Face]:
    """Return the frontal faces in a picture, sorted; raises SettingsError if OpenCV is not installed."""
    try:
        import cv2
        import cv2.data
    except ImportError:
        raise SettingsError(
            "protect faces needs OpenCV; install it with pip install 'impasto[faces]'"
        ) from None
    grey = np.asarray(image.convert("L"))
    cascade = cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / CASCADE))
    least = max(20, round(max(grey.shape) * SMALLEST))
    found = cascade.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=AGREEING, minSize=(least, least))
    return sorted(Face(int(left), int(top), int(side)) for left, top, side, _ in found)


def face_mask(image: Image.Image) -> tuple[Image.Image, int]:
    """Return a grey picture of the image's aspect with a soft ellipse over each face, and their number."""
    height, width = fit_long((image.height, image.width), min(LONGEST, max(image.size)))
    faces = find_faces(image.resize((width, height), Image.Resampling.BOX))
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32) + 0.5
    weights = np.zeros((height, width), np.float32)
    for left, top, side in faces:
        across, down = (columns - left - side / 2) / (WIDTH * side), (rows - top - side / 2) / (HEIGHT * side)
        weights = np.maximum(weights, np.clip((1 + SOFTNESS - np.hypot(across, down)) / SOFTNESS, 0, 1))
    return Image.fromarray(np.round(weights * 255).astype(np.uint8)), len(faces)
