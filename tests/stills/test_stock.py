"""Runs that share an encoder and style targets: computed once, and no bit is another."""

import pytest
import torch

from conftest import blobs
from impasto.convolution.tune import Tuner
from impasto.encoder import load_encoder
from impasto.encoder.tiles import Tiles
from impasto.losses.moments import moments
from impasto.losses.targets import MOST, Targets
from impasto.settings import Settings
from impasto.stills import stock as module
from impasto.stills.stock import Stock
from impasto.stills.stylize import Stylization, paint

SMALL = Settings(size=48, steps=3, start_size=32, history=3, min_fall=0)


@pytest.fixture
def computed(monkeypatch):
    """The shapes of the pictures whose moments were computed."""
    shapes = []

    def counted(tiles, picture, *arguments):
        shapes.append(tuple(picture.shape[2:]))
        return moments(tiles, picture, *arguments)

    monkeypatch.setattr("impasto.losses.targets.moments", counted)
    return shapes


@pytest.fixture
def loaded(monkeypatch):
    """How often an encoder was loaded."""
    calls, load = [], load_encoder
    monkeypatch.setattr(
        module, "load_encoder", lambda layers, **options: calls.append(options) or load(layers, **options)
    )
    return calls


def saved(photo, style, settings, path, stock=None):
    return paint(Stylization(photo, style, settings, stock=stock), None).save(path).read_bytes()


@pytest.mark.parametrize(
    ("changes", "again"),
    [({}, False), ({"plan": "tile:32"}, False), ({"colors": "content"}, True), ({"style_fit": "both"}, True)],
)
def test_targets_of_a_style_are_computed_once_for_all_photos(tmp_path, computed, loaded, changes, again):
    settings, style = SMALL.with_changes(**changes), blobs(64, 48, 2)
    photos = [blobs(48, 64, 1), blobs(40, 64, 3)]
    alone = [saved(photo, style, settings, tmp_path / "alone.png") for photo in photos]
    computed.clear(), loaded.clear()
    stock = Stock()
    assert saved(photos[0], style, settings, tmp_path / "shared.png", stock) == alone[0]
    before = len(computed)
    assert before >= 2
    assert saved(photos[1], style, settings, tmp_path / "shared.png", stock) == alone[1]
    assert len(computed) == (2 * before if again else before) and len(loaded) == 1


def test_another_encoder_is_loaded_where_the_settings_want_one(tmp_path, loaded):
    stock, pair = Stock(), (blobs(48, 64, 1), blobs(64, 48, 2))
    for changes in ({}, {"pooling": "max"}, {"pooling": "max", "strength": 70}, {}):
        run = Stylization(*pair, SMALL.with_changes(**changes), stock=stock)
        assert run.encoder.pooling == changes.get("pooling", "average") and run.encoder.tuner is run.tuner
    assert len(loaded) == 2
    for network in ("normalised", "plain"):
        for pooling in ("max", "average"):
            Stylization(*pair, SMALL.with_changes(network=network, pooling=pooling), stock=stock)
    assert len(loaded) == 2 + 2 + 2


def tiles(encoder, choices=None):
    return Tiles(encoder.tuned(Tuner(torch.device("cpu"), "float32", dict(choices or {}))), 10**6, "conv1_2")


def test_targets_are_those_of_the_same_ways_and_name_them(encoder, computed):
    ways = {"64x3@1024": "reference", "64x64@1024": "reference"}
    kept, style = Targets(), torch.rand(1, 3, 32, 32)
    first = kept.moments(tiles(encoder, ways), style, ["conv1_2"])
    other = tiles(encoder, ways)
    assert kept.moments(other, style.clone(), ["conv1_2"]) is first and other.encoder.tuner.used == set(ways)
    assert len(computed) == 1
    kept.moments(tiles(encoder, ways | {"64x64@1024": "winograd"}), style, ["conv1_2"])
    kept.moments(tiles(encoder, ways), style, ["conv1_1"])
    kept.moments(tiles(encoder, ways), style, ["conv1_2"], torch.ones(1, 1, 32, 32))
    kept.moments(tiles(encoder, ways), style + 1, ["conv1_2"])
    assert len(computed) == 5


def test_few_targets_are_kept(encoder, computed):
    kept, ways = Targets(), {"64x3@1024": "reference"}
    styles = [torch.full((1, 3, 32, 32), float(i)) for i in range(MOST + 1)]
    for style in [*styles, styles[-1], styles[1], styles[0]]:
        kept.moments(tiles(encoder, ways), style, ["conv1_1"])
    assert len(computed) == MOST + 2
