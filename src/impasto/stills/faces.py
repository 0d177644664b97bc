"""Faces in a photo, by OpenCV's detector (Viola and Jones: Rapid Object Detection using a Boosted Cascade of Simple Features, 2001)."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from impasto.engine.schedule import fit_long
from impasto.errors import SettingsError

CASCADE = "haarcascade_frontalface_alt2.xml"
"""Of the four frontal cascades the one that saw a face in none of the bundled pictures without one; its model is inside the wheel."""

LONGEST = 1024
"""Long side in pixels at which faces are sought: enough for one of a thirtieth of it, and quick."""

SMALLEST = 1 / 30
"""Side of the smallest face, as a part of the long side; smaller ones are mostly pebbles and leaves."""

AGREEING = 8
"""How many squares must lie about one face: with OpenCV's 3 to 5 enlarged pictures had faces in their noise."""

WIDTH, HEIGHT = 0.6, 0.75
"""Half axes of the ellipse that holds a whole head, in sides of the detector's square, which spans brows to chin."""

SOFTNESS = 0.35
"""How far beyond the ellipse the weight falls to 0, as a part of its axes: the painting takes over without an edge."""


class Face(NamedTuple):
    """The square that the detector drew, in pixels."""

    left: int
    top: int
    side: int


def find_faces(image: Image.Image) -> list[Face]:
    """Return the faces that look out of a picture, sorted; raises SettingsError where OpenCV is not installed."""
    try:
        import cv2
        import cv2.data
    except ImportError:
        raise SettingsError("protect faces needs OpenCV; pip install 'impasto[faces]' brings it") from None
    grey = np.asarray(image.convert("L"))
    cascade = cv2.CascadeClassifier(str(Path(cv2.data.haarcascades) / CASCADE))
    least = max(20, round(max(grey.shape) * SMALLEST))
    found = cascade.detectMultiScale(grey, scaleFactor=1.1, minNeighbors=AGREEING, minSize=(least, least))
    return sorted(Face(int(left), int(top), int(side)) for left, top, side, _ in found)


def face_mask(image: Image.Image) -> tuple[Image.Image, int]:
    """Return a grey picture of the image's aspect with a soft white ellipse over each face, and how many there are."""
    height, width = fit_long((image.height, image.width), min(LONGEST, max(image.size)))
    faces = find_faces(image.resize((width, height), Image.Resampling.BOX))
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32) + 0.5
    weights = np.zeros((height, width), np.float32)
    for left, top, side in faces:
        across, down = (columns - left - side / 2) / (WIDTH * side), (rows - top - side / 2) / (HEIGHT * side)
        weights = np.maximum(weights, np.clip((1 + SOFTNESS - np.hypot(across, down)) / SOFTNESS, 0, 1))
    return Image.fromarray(np.round(weights * 255).astype(np.uint8)), len(faces)
