"""Passes: order, direction, neighbours within the shot; long-term weights and blends against NumPy."""

import math

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from conftest import objective_of
from impasto.encoder import load_encoder
from impasto.losses.gram import FEW
from impasto.losses.moment import Moment
from impasto.settings import Settings
from impasto.video.passes import (
    BLEND,
    SEAM,
    Neighbour,
    Turn,
    blended,
    followed,
    joined,
    merged,
    moment_of,
    seam_of,
    warped,
)
from impasto.video.shots import MOST, Shot, grown, shots_of

SHOT = Shot(3, 8)


def random(*shape, seed=0):
    return torch.rand(*shape, generator=torch.Generator().manual_seed(seed))


def neighbours(count, size=(5, 7), seed=0, binary=False):
    found = []
    for k in range(count):
        weights = random(1, 1, *size, seed=seed + 100 + k)
        found.append(
            (255 * random(1, 3, *size, seed=seed + k), (weights > 0.5).float() if binary else weights)
        )
    return found


def moved(count):
    """Neighbours that are more alike than trusted, and less firm in some places than in others."""
    firm = random(1, 1, 5, 7, seed=7)
    return [Neighbour(picture, weight / 2, weight, firm) for picture, weight in neighbours(count)]


def test_passes_go_forwards_and_backwards_by_turns_and_each_frame_once():
    assert [list(Turn(number, 4).order(SHOT)) for number in (1, 2, 3, 4)] == [
        [3, 4, 5, 6, 7],
        [7, 6, 5, 4, 3],
    ] * 2
    assert list(Turn(2, 2).order(Shot(5, 6))) == [5]


def test_neighbours_were_painted_before_in_this_pass_and_are_of_the_shot():
    for number in (1, 2):
        turn, seen = Turn(number, 2), []
        for i in turn.order(SHOT):
            found = turn.neighbours(i, SHOT, (1, 2, 4))
            assert all(j in seen for j in found)
            assert found == sorted(found, key=lambda j: abs(i - j))
            seen.append(i)
    assert Turn(1, 1).neighbours(7, SHOT, (1, 2, 4)) == [6, 5, 3] and Turn(2, 2).neighbours(
        3, SHOT, (1, 2, 4)
    ) == [4, 5, 7]
    assert Turn(1, 1).neighbours(3, SHOT, (1, 2, 4)) == [] == Turn(2, 2).neighbours(7, SHOT, (1, 2, 4))


@pytest.mark.parametrize(
    ("of", "held"), [(1, [1]), (2, [2]), (3, [2, 3]), (4, [3, 4]), (15, [*range(8, 16)])]
)
def test_frames_are_held_in_the_second_half(of, held):
    assert [number for number in range(1, of + 1) if Turn(number, of).holds] == held


def test_shots_cover_the_film():
    assert shots_of([0], 1) == [Shot(0, 1)] and shots_of([0, 2, 5], 6) == [Shot(0, 2), Shot(2, 5), Shot(5, 6)]


@given(st.integers(0, 40), st.integers(1, 300), st.integers(1, 60))
def test_frames_of_a_shot_are_taken_evenly(first, length, most):
    found = Shot(first, first + length).spread(most)
    assert len(found) == min(most, length) == len(set(found)) and found == sorted(found)
    assert first <= found[0] and found[-1] < first + length
    assert (
        abs((found[0] - first) - (first + length - 1 - found[-1])) <= 1
    )  # as far from the start as from the end


def test_content_weights_grow_to_the_size_of_the_film_as_those_of_its_first_frame():
    mean, small = {"content": 0.2, "calm": 0.1}, {"content": 0.1, "calm": 0.3}
    assert grown(mean, small, {"content": 0.3, "calm": 0.0}) == pytest.approx(
        {"content": 0.15, "calm": 0.075}
    )
    assert grown(mean, small, {"content": 0.0, "calm": 0.0}) == pytest.approx(
        {key: value / MOST for key, value in mean.items()}
    )
    assert grown(mean, small, {"content": 9.0, "calm": 0.0}) == pytest.approx(
        {key: value * MOST for key, value in mean.items()}
    )
    assert grown(mean, {"content": 0.0, "calm": 0.0}, small) == mean == grown(mean, {}, small)


def test_long_term_weights_are_those_of_the_paper():
    found = followed(neighbours(3))
    c = [weight.numpy() for _, weight in neighbours(3)]
    expected = [c[0], np.maximum(c[1] - c[0], 0), np.maximum(c[2] - c[0] - c[1], 0)]
    for (picture, weight), (own, _), wanted in zip(found, neighbours(3), expected, strict=True):
        assert np.allclose(weight.numpy(), wanted, atol=1e-6) and torch.equal(picture, own)


@given(st.integers(1, 6), st.integers(0, 1000), st.booleans())
def test_long_term_weights_add_up_to_1_at_most(count, seed, binary):
    found, given_ = followed(neighbours(count, (3, 4), seed, binary)), neighbours(count, (3, 4), seed, binary)
    total = sum(weight for _, weight in found)
    assert float(total.max()) <= 1 + 1e-6 and min(float(weight.min()) for _, weight in found) >= 0
    # Of weights of 0 and 1 what some neighbour shows is never left to none of them.
    assert not binary or torch.equal(total, torch.stack([weight for _, weight in given_]).amax(0))


def test_neighbours_are_merged_by_their_weights():
    picture, total = merged(followed(neighbours(3)))
    parts = [(p.numpy(), w.numpy()) for p, w in followed(neighbours(3))]
    assert np.allclose(total, sum(w for _, w in parts), atol=1e-6)
    assert np.allclose(picture, sum(p * w for p, w in parts) / sum(w for _, w in parts), rtol=1e-4)
    nothing = merged([(picture, torch.zeros(1, 1, 5, 7))])
    assert not nothing[0].any() and not nothing[1].any()


def test_a_later_pass_begins_half_with_the_neighbour_where_it_is_trusted():
    own, (picture, weight, *_) = 255 * random(1, 3, 5, 7, seed=9), moved(1)[0]
    expected = BLEND * weight.numpy() * picture.numpy() + (1 - BLEND * weight.numpy()) * own.numpy()
    assert BLEND == 0.5 and np.allclose(blended(own, moved(1)[0]), expected, atol=1e-3)


def test_the_first_pass_begins_with_neighbours_and_the_photo_between_them():
    shot = Moment(random(2, 3, 4, 4), {"content conv4_2": 2.0})
    found, photo = moment_of(shot, Turn(1, 1), moved(2), None), 255 * random(1, 3, 5, 7, seed=8)
    picture, total = merged(followed(neighbours(2)))
    assert torch.allclose(found.started(photo), total * picture + (1 - total) * photo, atol=1e-3)
    assert found.shot is shot.shot and found.slopes == shot.slopes and len(found.before) == 2
    assert torch.allclose(found.before[0][1], moved(1)[0].trust * moved(1)[0].firm) and torch.equal(
        found.fresh, (total < 0.5).float()
    )
    alone = moment_of(shot, Turn(1, 1), [], None)
    assert alone.start is None and alone.before == () and alone.started(photo) is photo


def test_later_passes_begin_with_their_own_picture_and_hold_in_the_second_half():
    own = 255 * random(1, 3, 5, 7, seed=9)
    for number, held in ((2, 0), (3, 2)):
        found = moment_of(Moment(), Turn(number, 4), moved(2), own)
        assert len(found.before) == held
        assert torch.allclose(found.started(torch.zeros_like(own)), blended(own, moved(2)[0]))
        alone = moment_of(Moment(), Turn(number, 4), [], own)
        assert torch.equal(alone.started(torch.zeros_like(own)), own) and alone.before == ()


@pytest.mark.parametrize("part", [0.25, 0.5, 1.0])
def test_a_join_shares_the_difference_out(part):
    own, neighbour = 255 * random(1, 3, 5, 7, seed=9), moved(1)[0]
    found = joined(Moment(), neighbour, own, part)
    weight = neighbour[1] * (1 - part)
    # However firm the neighbour is, the parts of both are the same.
    for (_, one), share in zip(found.before, (weight, 1 - weight), strict=True):
        assert torch.allclose(one, neighbour.firm * share)
    assert torch.allclose(
        found.started(torch.zeros_like(own)), weight * neighbour[0] + (1 - weight) * own, atol=1e-3
    )


def test_a_join_ends_with_its_shot_and_leaves_half_of_the_film():
    assert [seam_of([0], count) for count in (1, 2, 7, 1000)] == [0, 1, 3, SEAM]
    assert seam_of([0, 2, 5], 100) == 2 and seam_of([0, 60], 100) == SEAM


def test_what_is_less_firm_leaves_no_more_to_those_farther_off():
    firm = [one._replace(firm=torch.ones_like(one.firm)) for one in moved(3)]
    whole, found = (moment_of(Moment(), Turn(1, 1), some, None).before for some in (firm, moved(3)))
    for (_, one), (_, other), neighbour in zip(whole, found, moved(3), strict=True):
        assert torch.allclose(one * neighbour.firm, other)


def test_what_is_warped_from_outside_is_not_trusted():
    picture, flow = 255 * random(1, 3, 5, 7), torch.zeros(1, 2, 5, 7)
    flow[:, 0] = 2
    found = warped(picture, flow, *torch.full((3, 1, 1, 5, 7), 0.5))
    assert torch.equal(found.picture[..., :5], picture[..., 2:])
    assert torch.equal(found.trust[0, 0], torch.tensor([0.25] * 5 + [0.0] * 2).expand(5, 7))
    assert torch.equal(found.alike[0, 0], torch.tensor([0.5] * 5 + [0.0] * 2).expand(5, 7))


def test_what_the_objective_asks_goes_to_its_device():
    found = moment_of(Moment(random(2, 3, 4, 4)), Turn(1, 1), moved(2), None).on(torch.device("meta"))
    assert {one.device.type for pair in (*found.before, found.start) for one in pair} == {"meta"}
    assert found.shot.device.type == "cpu"


def test_what_is_fresh_is_painted_for_itself(untimed):
    generator = torch.Generator().manual_seed(0)
    photo, painting, before = (255 * torch.rand(1, 3, 32, 48, generator=generator) for _ in range(3))
    known = torch.ones(1, 1, 32, 48)
    known[..., 24:] = 0
    settings = Settings(size=48).with_changes(content_layers="conv2_2", style_layers="conv1_1,conv2_1")
    encoder = load_encoder(["conv2_2"])

    def losses(known, **changes):
        moment = Moment(start=(before, known))
        return objective_of(
            encoder, photo, [painting], [1.0], settings.with_changes(**changes), moment=moment
        ).report(photo)

    found, none = losses(known), losses(torch.ones_like(known))
    assert not any(key.startswith("fresh") for key in (*none, *losses(known, fresh_weight=0)))
    right, whole = (
        objective_of(encoder, one, [painting], [1.0], settings).report(one)
        for one in (photo[..., 24:], photo)
    )
    assert found["style conv1_1"] == pytest.approx(whole["style conv1_1"], rel=1e-5)
    # Half of the picture, weighted by its area: as that half alone except at the seam, and less if a layer
    # has few positions in it.
    for layer, positions, seam in (("conv1_1", 768, 0.05), ("conv2_1", 192, 0.1)):
        part = settings.fresh_weight / 2 * positions / (positions + FEW)
        assert found[f"fresh {layer}"] == pytest.approx(part * right[f"style {layer}"], rel=seam)


def test_what_is_fresh_only_where_a_layer_has_no_position_is_no_loss_of_it(untimed):
    generator = torch.Generator().manual_seed(0)
    photo, painting, before = (255 * torch.rand(1, 3, 33, 48, generator=generator) for _ in range(3))
    known = torch.ones(1, 1, 33, 48)
    known[..., 32:, :] = 0  # pooled to half its size, the picture has lost this row
    settings = Settings(size=48).with_changes(content_layers="conv2_2", style_layers="conv1_1,conv2_1")
    encoder = load_encoder(["conv2_2"])
    found = objective_of(encoder, photo, [painting], [1.0], settings, moment=Moment(start=(before, known)))(
        photo
    )
    assert "fresh conv1_1" in found.losses and "fresh conv2_1" not in found.losses
    assert torch.isfinite(found.gradient).all() and math.isfinite(found.loss)
