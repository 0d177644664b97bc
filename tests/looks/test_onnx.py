"""The exported model paints what the look paints, at any size and strength."""

import numpy as np
import onnx
import pytest
from onnx.reference import ReferenceEvaluator
from somelooks import look, shelve_two

import impasto
from conftest import blobs
from impasto.looks import instant as instants
from impasto.looks import shelf
from impasto.looks.onnx import write_onnx
from impasto.settings import Settings


@pytest.fixture(autouse=True)
def shelved(tmp_path, monkeypatch):
    shelve_two(tmp_path, monkeypatch)
    yield
    shelf._shared.cache_clear()


@pytest.mark.parametrize("strength", [0, 25, 60, 100])
@pytest.mark.parametrize(("height", "width"), [(36, 48), (37, 50)])
def test_the_model_paints_what_the_look_paints(tmp_path, monkeypatch, strength, height, width):
    monkeypatch.setattr(instants, "WORKING", width)
    write_onnx(look("red", 2), tmp_path / "red.onnx")
    model = onnx.load(tmp_path / "red.onnx")
    photo = blobs(height, width, 1)
    inputs = {
        "photo": photo.transpose(2, 0, 1)[None].astype(np.float32),
        "strength": np.array([strength], np.float32),
    }
    (painted,) = ReferenceEvaluator(model).run(None, inputs)
    settings = Settings(size=width, strength=strength, precision="float32")
    expected = impasto.instant(photo, "red", settings).pixels.numpy()
    assert painted.shape == expected.shape == (1, 3, height, width)
    assert np.abs(painted - expected).mean() < 0.5
