import pytest
import torch

from conftest import tiny_weights
from impasto.encoder import load_encoder
from impasto.encoder.normalise import FLOOR, floored, mean_activations, normalised, shipped_means
from impasto.encoder.vgg19 import VGG19, stride
from impasto.encoder.weights import CONVOLUTIONS, WIDTHS, load_weights
from impasto.errors import SettingsError
from impasto.settings.layers import LAYERS


def test_shapes_and_order(encoder):
    wanted = [name for name in LAYERS if LAYERS.index(name) <= LAYERS.index("conv5_1")]
    maps = encoder(torch.rand(1, 3, 37, 50) * 255, wanted)
    height, width = 37, 50
    for name in wanted:
        if name.startswith("pool"):
            height, width = height // 2, width // 2
        else:
            assert maps[name].shape == (1, WIDTHS[name], height, width)
            assert maps[name].min() >= 0  # read after the ReLU


def test_it_stops_at_the_deepest_layer(encoder):
    shallow = VGG19(load_weights(layers=["conv1_1"]))
    picture = torch.rand(1, 3, 4, 4) * 255
    assert torch.equal(shallow(picture, ["conv1_1"])["conv1_1"], encoder(picture, ["conv1_1"])["conv1_1"])
    assert encoder(picture, []) == {}


def test_pooling():
    picture = torch.rand(1, 3, 8, 8) * 255
    maps = {
        pooling: load_encoder(["pool1"], pooling=pooling)(picture, ["conv1_2", "pool1"])
        for pooling in ("average", "max")
    }
    blocks = maps["max"]["conv1_2"].unflatten(3, (4, 2)).unflatten(2, (4, 2))
    assert torch.allclose(maps["average"]["pool1"], blocks.mean((3, 5)))
    assert torch.equal(maps["max"]["pool1"], blocks.amax((3, 5)))


def test_a_picture_too_small_is_refused(encoder):
    assert [stride(name) for name in ("conv1_2", "pool1", "conv4_2", "conv5_1", "pool5")] == [1, 2, 8, 16, 32]
    with pytest.raises(SettingsError, match="40x15 px is too small for conv5_1, which needs 16 px"):
        encoder(torch.rand(1, 3, 15, 40), ["conv5_1"])


@pytest.mark.parametrize("pooling", ["average", "max"])
def test_activations_are_rescaled_by_known_factors_only(pooling):
    weights, means = load_weights(), shipped_means()
    picture = torch.rand(1, 3, 32, 48, generator=torch.Generator().manual_seed(1)) * 255
    plain = VGG19(weights, pooling)(picture, CONVOLUTIONS)
    scaled = VGG19(normalised(weights, means), pooling)(picture, CONVOLUTIONS)
    for name in CONVOLUTIONS:
        expected = plain[name] / floored(means[name]).view(1, -1, 1, 1)
        assert torch.allclose(scaled[name], expected, rtol=1e-3, atol=1e-3 * float(expected.max())), name


def test_normalising_gives_every_filter_the_mean_one():
    weights = tiny_weights(torch.float32)
    pictures = [torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(i)) * 4 for i in range(3)]
    means = mean_activations(VGG19(weights), pictures)
    for name, again in mean_activations(VGG19(normalised(weights, means)), pictures).items():
        loud = means[name] > FLOOR * means[name].mean()
        assert torch.allclose(again[loud], torch.ones(int(loud.sum())), rtol=1e-4)
        assert (again[~loud] <= 1 + 1e-4).all()


def test_replicated_borders_look_like_more_of_the_same():
    """A constant picture has constant maps in the first block: there is no rim for the optimiser to paint."""
    picture = torch.tensor([200.0, 90.0, 30.0]).view(1, 3, 1, 1).expand(1, 3, 24, 32)
    for padding, constant in (("replicate", True), ("zeros", False)):
        feature_map = load_encoder(["conv1_2"], padding=padding)(picture, ["conv1_2"])["conv1_2"]
        middle = feature_map[..., 6:7, 8:9].expand_as(feature_map)
        assert torch.allclose(feature_map, middle, rtol=1e-3, atol=1e-2) == constant
