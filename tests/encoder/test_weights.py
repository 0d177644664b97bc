import hashlib

import pytest
import torch
from safetensors.torch import load_file, save_file

from impasto.encoder import weights as module
from impasto.encoder.vgg19 import VGG19
from impasto.encoder.weights import BUNDLED, CONVOLUTIONS, WIDTHS, load_weights
from impasto.errors import WeightsError

SHALLOW = ("conv1_1", "conv1_2")


@pytest.fixture(scope="module")
def bundled():
    return load_weights(layers=SHALLOW)


def torchvision_state(weights):
    """The same network as a torchvision state: RGB in 0 to 1, less the ImageNet mean, over its deviation."""
    (kernel, bias), second = weights.layers["conv1_1"], weights.layers["conv1_2"]
    deviation = torch.tensor([0.229, 0.224, 0.225]).view(1, 3, 1, 1) * 255
    return {
        "features.0.weight": kernel * deviation,
        "features.0.bias": bias,
        "features.2.weight": second[0],
        "features.2.bias": second[1],
    }


def test_the_package_holds_all_of_vgg19():
    weights = load_weights()
    assert tuple(weights.layers) == CONVOLUTIONS and len(CONVOLUTIONS) == 16
    assert weights.sha256 == hashlib.sha256(BUNDLED.read_bytes()).hexdigest()
    for name, (kernel, bias) in weights.layers.items():
        assert kernel.shape[0] == bias.shape[0] == WIDTHS[name] and kernel.dtype == torch.float32
        assert kernel.unique().numel() <= 256


def test_codebook_and_index_make_the_kernel(bundled):
    archive = load_file(BUNDLED)
    kernel = archive["conv1_1.codebook"][archive["conv1_1.indices"].long()]
    assert torch.equal(bundled.layers["conv1_1"][0], kernel.flip(1))  # stored for BGR, used for RGB


def test_torchvision_files_mean_the_same(tmp_path, bundled):
    torch.save(torchvision_state(bundled), tmp_path / "vgg.pth")
    loaded = load_weights(str(tmp_path / "vgg.pth"), SHALLOW)
    picture = torch.rand(1, 3, 12, 12) * 255
    shift = (loaded.mean - bundled.mean).view(1, 3, 1, 1)
    ours, theirs = VGG19(bundled)(picture, ["conv1_2"]), VGG19(loaded)(picture + shift, ["conv1_2"])
    assert torch.allclose(ours["conv1_2"], theirs["conv1_2"], rtol=1e-4, atol=1e-3)


def test_the_caffe_port_is_known_by_its_hash(tmp_path, monkeypatch, bundled):
    state = torchvision_state(bundled)
    state["features.0.weight"] = bundled.layers["conv1_1"][0].flip(1)
    torch.save(state, tmp_path / "vgg.pth")
    monkeypatch.setattr(module, "_CAFFE", hashlib.sha256((tmp_path / "vgg.pth").read_bytes()).hexdigest()[:8])
    loaded = load_weights(str(tmp_path / "vgg.pth"), SHALLOW)
    assert torch.equal(loaded.layers["conv1_1"][0], bundled.layers["conv1_1"][0])
    assert torch.equal(loaded.mean, bundled.mean)


def test_plain_safetensors_are_read(tmp_path, bundled):
    tensors = {
        f"{n}.{part}": t
        for n, pair in bundled.layers.items()
        for part, t in zip(("weight", "bias"), pair, strict=True)
    }
    save_file(tensors, tmp_path / "vgg.safetensors")
    loaded = load_weights(str(tmp_path / "vgg.safetensors"), SHALLOW)
    assert torch.equal(loaded.layers["conv1_2"][0], bundled.layers["conv1_2"][0])


def test_wrong_files_are_named(tmp_path, monkeypatch, bundled):
    with pytest.raises(WeightsError, match="cannot read weights"):
        load_weights(str(tmp_path / "none.pth"))
    (tmp_path / "cut.safetensors").write_bytes(BUNDLED.read_bytes()[:5000])
    with pytest.raises(WeightsError, match="damaged or truncated"):
        load_weights(str(tmp_path / "cut.safetensors"))
    save_file({"conv1_1.weight": torch.zeros(64, 3, 3, 3)}, tmp_path / "lacking.safetensors")
    with pytest.raises(WeightsError, match=r"lack 'conv1_1.bias'"):
        load_weights(str(tmp_path / "lacking.safetensors"))
    save_file(
        {"conv1_1.weight": torch.zeros(8, 3, 3, 3), "conv1_1.bias": torch.zeros(8)},
        tmp_path / "narrow.safetensors",
    )
    with pytest.raises(WeightsError, match=r"conv1_1 .* shape \(8, 3, 3, 3\), expected \(64, 3, 3, 3\)"):
        load_weights(str(tmp_path / "narrow.safetensors"))
    state = torchvision_state(bundled)
    del state["features.2.bias"]
    torch.save(state, tmp_path / "vgg.pth")
    with pytest.raises(WeightsError, match=r"lack 'features.2.bias' \(conv1_2\)"):
        load_weights(str(tmp_path / "vgg.pth"), SHALLOW)
    (tmp_path / "vgg19-dcbb9e9d.pth").write_bytes(b"half a download")
    with pytest.raises(WeightsError, match="its name says dcbb9e9d"):
        load_weights(str(tmp_path / "vgg19-dcbb9e9d.pth"))
    (tmp_path / "other.pth").write_bytes(b"no weights")
    with pytest.raises(WeightsError, match="cannot read weights"):
        load_weights(str(tmp_path / "other.pth"))
    torch.save([1, 2], tmp_path / "list.pth")
    with pytest.raises(WeightsError, match="hold a list"):
        load_weights(str(tmp_path / "list.pth"))
    damaged = tmp_path / "vgg19.safetensors"
    damaged.write_bytes(BUNDLED.read_bytes()[:-1] + b"\0")
    monkeypatch.setattr(module, "BUNDLED", damaged)
    with pytest.raises(WeightsError, match="inside the package are damaged"):
        load_weights()
