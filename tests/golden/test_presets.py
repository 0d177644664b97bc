"""The loss of each preset on a small picture, against NumPy in float64, sharing only the weight file."""

from __future__ import annotations

import numpy as np
import pytest
from safetensors.numpy import load_file

from conftest import ROOT, blobs
from impasto.settings.picture import STRENGTH
from impasto.settings.presets import presets
from impasto.stills.stylize import Stylization

ENCODER = ROOT / "src/impasto/encoder"
STYLE = ["conv1_1", "conv2_1", "conv3_1", "conv4_1", "conv5_1"]
MANNER = ["conv1_1", "conv1_2", "conv2_1", "conv2_2", "conv3_1", "conv3_2"]
ORDER = [
    "conv1_1",
    "conv1_2",
    "P",
    "conv2_1",
    "conv2_2",
    "P",
    "conv3_1",
    "conv3_2",
    "conv3_3",
    "conv3_4",
    "P",
    "conv4_1",
    "conv4_2",
    "conv4_3",
    "conv4_4",
    "P",
    "conv5_1",
]
SIZE = 48
PHOTO, FIRST, SECOND, PASTICHE = (blobs(32, SIZE, seed) for seed in range(4))
SHARES = (0.25, 0.75)


def kernels(normalised: bool):
    archive, means = load_file(ENCODER / "vgg19.safetensors"), load_file(ENCODER / "vgg19_means.safetensors")
    result, incoming = {}, np.ones(3)
    for name in (n for n in ORDER if n != "P"):
        kernel = archive[f"{name}.codebook"][archive[f"{name}.indices"].astype(int)].astype(np.float64)
        bias = archive[f"{name}.bias"].astype(np.float64)
        if normalised:
            outgoing = np.maximum(means[name], 0.05 * means[name].mean()).astype(np.float64)
            kernel, bias = (
                kernel * incoming[None, :, None, None] / outgoing[:, None, None, None],
                bias / outgoing,
            )
            incoming = outgoing
        result[name] = kernel, bias
    return result


def features(picture, pooling="max", normalised=False, replicate=()):
    """Feature maps of an RGB picture (H, W, 3) in 0 to 255, by nine shifted products per convolution."""
    x = (
        picture.astype(np.float64)[..., ::-1].transpose(2, 0, 1)
        - np.array([103.939, 116.779, 123.68])[:, None, None]
    )
    found, weights = {}, kernels(normalised)
    for name in ORDER:
        _, h, w = x.shape
        if name == "P":
            blocks = x[:, : h // 2 * 2, : w // 2 * 2].reshape(len(x), h // 2, 2, w // 2, 2)
            x = blocks.max((2, 4)) if pooling == "max" else blocks.mean((2, 4))
            continue
        kernel, bias = weights[name]
        padded = np.pad(x, ((0, 0), (1, 1), (1, 1)), mode="edge" if name[4] in replicate else "constant")
        x = (
            sum(
                np.tensordot(kernel[:, :, i, j], padded[:, i : i + h, j : j + w], 1)
                for i in range(3)
                for j in range(3)
            )
            + bias[:, None, None]
        )
        x = found[name] = np.maximum(x, 0)
    return found


def flat(feature_map):
    return feature_map.reshape(len(feature_map), -1)


def gatys(normalised: bool):
    x, p = (features(q, "average", normalised) for q in (PASTICHE, PHOTO))
    styles = [features(q, "average", normalised) for q in (FIRST, SECOND)]
    total = 1e-3 * 0.5 * ((x["conv4_2"] - p["conv4_2"]) ** 2).sum()
    for layer in STYLE:
        f = flat(x[layer])
        n, m = f.shape
        a = sum(share * flat(s[layer]) @ flat(s[layer]).T for share, s in zip(SHARES, styles, strict=True))
        total += 0.2 * ((f @ f.T - a) ** 2).sum() / (4 * n**2 * m**2)
    return total


def johnson():
    x, p, styles = features(PASTICHE), features(PHOTO), [features(q) for q in (FIRST, SECOND)]
    total = 5 * ((x["conv4_2"] - p["conv4_2"]) ** 2).mean()
    for layer in STYLE:
        g = flat(x[layer]) @ flat(x[layer]).T / x[layer].size
        a = sum(
            share * flat(s[layer]) @ flat(s[layer]).T / s[layer].size
            for share, s in zip(SHARES, styles, strict=True)
        )
        total += 100 * ((g - a) ** 2).mean()
    return total


def anishathalye():
    x, p = features(PASTICHE), features(PHOTO)
    total = 5 * ((x["conv4_2"] - p["conv4_2"]) ** 2).mean()
    for share, s in zip(SHARES, (features(FIRST), features(SECOND)), strict=True):
        for layer in STYLE:
            g, a = (flat(q[layer]) @ flat(q[layer]).T / q[layer].size for q in (x, s))
            total += share * 500 * 0.2 * ((g - a) ** 2).mean()
    q = PASTICHE.astype(np.float64)
    return total + 100 * ((np.diff(q, axis=0) ** 2).mean() + (np.diff(q, axis=1) ** 2).mean())


def root(matrix):
    values, vectors = np.linalg.eigh(matrix)
    return vectors @ np.diag(np.sqrt(values)) @ vectors.T


def calm(p):
    """One over the energy of the 9x9 positions around, and half of the mean energy more."""
    energy = (p**2).mean(0)
    padded = np.pad(energy, 4, mode="edge")
    around = np.array(
        [
            [padded[i : i + 9, j : j + 9].mean() for j in range(energy.shape[1])]
            for i in range(energy.shape[0])
        ]
    )
    return 1 / (around + energy.mean() / 2)


def default(strength=STRENGTH):
    colours, styles = (
        PHOTO.reshape(-1, 3).astype(np.float64),
        [q.reshape(-1, 3).astype(np.float64) for q in (FIRST, SECOND)],
    )
    mean = sum(share * s.mean(0) for share, s in zip(SHARES, styles, strict=True))
    covariance = sum(share * np.cov(s.T) for share, s in zip(SHARES, styles, strict=True))
    r = root(np.cov(colours.T))
    moved = (colours - colours.mean(0)) @ (
        np.linalg.inv(r) @ root(r @ covariance @ r) @ np.linalg.inv(r)
    ) + mean
    x, p, *maps = (
        features(q, "average", replicate="1") for q in (PASTICHE, moved.reshape(PHOTO.shape), FIRST, SECOND)
    )
    error, energy = ((x["conv4_2"] - p["conv4_2"]) ** 2).sum(), (p["conv4_2"] ** 2).sum()
    total = 10 / 2 * max(0, error / energy / (strength / 100) - 1) ** 2
    weights = calm(p["conv4_2"])
    error, energy = ((x["conv4_2"] - p["conv4_2"]) ** 2 * weights).sum(), (p["conv4_2"] ** 2 * weights).sum()
    total += 10 / 2 * max(0, error / energy / (1.1 * strength / 100) - 1) ** 2
    for layer in MANNER:
        f = flat(x[layer])
        g = f @ f.T / f.shape[1]
        a = sum(
            share * flat(s[layer]) @ flat(s[layer]).T / flat(s[layer]).shape[1]
            for share, s in zip(SHARES, maps, strict=True)
        )
        total += ((g - a) ** 2).sum() / (a**2).sum()
    return total  # the pastiche is an 8-bit picture, so the range penalty is 0


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("gatys2015", lambda: gatys(False)),
        ("gatys2016", lambda: gatys(True)),
        ("johnson", johnson),
        ("anishathalye", anishathalye),
        ("default", default),
    ],
)
def test_the_loss_is_that_of_the_paper(name, expected):
    settings = presets()[name].settings.with_changes(size=SIZE, steps=1, protect="none")
    run = Stylization(PHOTO, [(FIRST, 1.0), (SECOND, 3.0)], settings)
    objective = run._objective(run.scales[-1], run.encoder.exact(), run.plans[-1])
    import torch

    picture = torch.from_numpy(PASTICHE.astype(np.float32)).permute(2, 0, 1)[None]
    assert objective(picture).loss == pytest.approx(expected(), rel=1e-4)


def texture2015():
    """Equal weights, Gram matrices of conv1_1 and pools, normalised network (NIPS 2015, equations 2 to 4)."""
    x, a = (pooled(features(q, "average", True)) for q in (PASTICHE, PHOTO))
    total = 0.0
    for layer in x:
        f, g = flat(x[layer]), flat(a[layer])
        n, m = f.shape
        total += ((f @ f.T - g @ g.T) ** 2).sum() / (4 * n**2 * m**2)
    return total


def pooled(maps):
    """conv1_1 as it is, and the mean of each 2x2 positions of the last map of four blocks."""
    result = {"conv1_1": maps["conv1_1"]}
    for block, last in enumerate((2, 2, 4, 4), 1):
        x = maps[f"conv{block}_{last}"]
        _, h, w = x.shape
        result[f"pool{block}"] = (
            x[:, : h // 2 * 2, : w // 2 * 2].reshape(len(x), h // 2, 2, w // 2, 2).mean((2, 4))
        )
    return result


def reconstruction():
    x, p = (features(q, "average", replicate="1") for q in (PASTICHE, PHOTO))
    q = PASTICHE.astype(np.float64)
    error = ((x["conv4_2"] - p["conv4_2"]) ** 2).sum() / (p["conv4_2"] ** 2).sum()
    return error + 3e-6 * ((np.diff(q, axis=0) ** 2).mean() + (np.diff(q, axis=1) ** 2).mean())


def texture():
    x, a = (features(q, "average", replicate="1") for q in (PASTICHE, PHOTO))
    total = 0.0
    for layer, weight in zip(STYLE, (10, 3, 1, 1, 1), strict=True):
        f, s = flat(x[layer]), flat(a[layer])
        g, wanted = f @ f.T / f.shape[1], s @ s.T / s.shape[1]
        total += weight * ((g - wanted) ** 2).sum() / (wanted**2).sum()
    return total + 0.3 * spectrum(PASTICHE.astype(np.float64), PHOTO.astype(np.float64))


def spectrum(picture, sample):
    """The squared distance to the nearest picture with the sample's spectrum, tapered at the edges."""
    ramps = [
        np.minimum(1, (np.minimum(np.arange(n), np.arange(n)[::-1]) + 0.5) / (n // 8))
        for n in sample.shape[:2]
    ]
    window = np.outer(*(np.sin(np.pi / 2 * ramp) ** 2 for ramp in ramps))[..., None]
    faded = (sample - (sample * window).sum((0, 1)) / window.sum()) * window / np.sqrt((window**2).mean())
    x, s = (np.fft.fft2(p - p.mean((0, 1)), axes=(0, 1)) for p in (picture, faded))
    power = abs((x * s.conj()).sum(2)) ** 2
    nearest = np.sqrt(power + 1e-6 * power.mean()).sum()  # Σ|C|, rounded off where there is next to nothing
    return ((abs(x) ** 2).sum() + (abs(s) ** 2).sum() - 2 * nearest) / (abs(s) ** 2).sum()


@pytest.mark.parametrize(
    ("name", "pictures", "expected"),
    [
        ("texture", (None, PHOTO), texture),
        ("texture2015", (None, PHOTO), texture2015),
        ("reconstruction", (PHOTO, []), reconstruction),
    ],
)
def test_the_loss_of_one_picture_is_that_of_the_paper(name, pictures, expected):
    found = presets()[name]
    run = Stylization(*pictures, found.settings.with_changes(size=SIZE, steps=1), command=found.commands[0])
    objective = run._objective(run.scales[-1], run.encoder.exact(), run.plans[-1])
    import torch

    picture = torch.from_numpy(PASTICHE.astype(np.float32)).permute(2, 0, 1)[None]
    assert objective(picture).loss == pytest.approx(expected(), rel=1e-4)


def test_strength_holds_the_content_error():
    run = Stylization(
        PHOTO,
        [(FIRST, 1.0), (SECOND, 3.0)],
        presets()["default"].settings.with_changes(size=SIZE, steps=1, strength=40, protect="none"),
    )
    objective = run._objective(run.scales[-1], run.encoder.exact(), run.plans[-1])
    import torch

    loss = objective(torch.from_numpy(PASTICHE.astype(np.float32)).permute(2, 0, 1)[None]).loss
    assert loss == pytest.approx(default(40), rel=1e-4) and default(40) > default(100)


def test_johnsons_total_variation_is_a_gradient_alone():
    """TVLoss of neural-style: differences to the right and below where both exist, times the strength."""
    import torch

    run = Stylization(
        PHOTO,
        FIRST,
        presets()["johnson"].settings.with_changes(size=SIZE, content_weight=0, style_weight=1e-30),
    )
    x = PASTICHE.astype(np.float64).transpose(2, 0, 1)
    dx, dy = x[:, :-1, :-1] - x[:, :-1, 1:], x[:, :-1, :-1] - x[:, 1:, :-1]
    expected = np.zeros_like(x)
    expected[:, :-1, :-1] += dx + dy
    expected[:, :-1, 1:] -= dx
    expected[:, 1:, :-1] -= dy
    found = run._objective(run.scales[-1], run.encoder.exact(), run.plans[-1])(
        torch.from_numpy(x.astype(np.float32))[None]
    )
    assert np.allclose(found.gradient[0].numpy(), 1e-3 * expected, rtol=1e-4, atol=1e-5)
    assert found.loss == pytest.approx(0, abs=1e-12) and found.losses["variation"] == pytest.approx(
        1e-3 * ((dx**2).sum() + (dy**2).sum()) / 2, rel=1e-4
    )


def ruder2016():
    """Ruder et al. 2016: Johnson's loss plus γ/D Σ c_long (x − ω(x'))² per neighbour (equations 7, 9, 10)."""
    x, total, nearer = PASTICHE.astype(np.float64), johnson(), 0.0
    for picture, shift, trust in NEIGHBOURS:
        columns = np.arange(SIZE) + shift
        moved = picture.astype(np.float64)[:, np.clip(columns, 0, SIZE - 1)]
        c = trust * ((columns >= 0) & (columns < SIZE))
        total += 1000 / x.size * (np.maximum(c - nearer, 0)[..., None] * (x - moved) ** 2).sum()
        nearer = nearer + c
    return total


NEIGHBOURS = [
    (blobs(32, SIZE, 10 + k), shift, np.random.default_rng(k).random((32, SIZE)).round(1))
    for k, shift in enumerate((3, -5))
]


def test_the_loss_of_a_films_frame_is_that_of_the_paper():
    import torch

    from impasto.losses.moment import Moment
    from impasto.video.consistency import firmness
    from impasto.video.passes import Turn, moment_of, warped

    def tensor(array):
        return torch.from_numpy(array.astype(np.float32)).reshape(32, SIZE, -1).permute(2, 0, 1)[None]

    flows = [tensor(np.broadcast_to(np.array([shift, 0.0]), (32, SIZE, 2))) for _, shift, _ in NEIGHBOURS]
    settings = presets()["ruder2016"].settings.with_changes(size=SIZE, steps=1, long_term="1,2")
    neighbours = [
        warped(
            tensor(picture),
            flow,
            tensor(trust),
            torch.ones_like(tensor(trust)),
            firmness(flow + 0.5, settings.blur_relief),
        )
        for (picture, _, trust), flow in zip(NEIGHBOURS, flows, strict=True)
    ]
    moment = moment_of(Moment(), Turn(1, settings.passes), neighbours, None)
    run = Stylization(PHOTO, [(FIRST, 1.0), (SECOND, 3.0)], settings, command="video", moment=moment)
    found = run._objective(run.scales[-1], run.encoder.exact(), run.plans[-1])(tensor(PASTICHE))
    assert found.loss == pytest.approx(ruder2016(), rel=1e-4)
    assert found.losses["temporal"] == pytest.approx(ruder2016() - johnson(), rel=1e-4)
