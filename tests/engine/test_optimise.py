import itertools
import math

import pytest
import torch

from impasto.engine.events import Preview, ScaleDone, Step, as_record
from impasto.engine.lbfgs import LBFGS, LONGEST, RISE, Adam
from impasto.engine.optimise import WINDOW, begin, fresh_optimizer, next_scale, optimise, restart
from impasto.engine.schedule import Scale
from impasto.errors import Diverged
from impasto.objective.whole import Evaluation
from impasto.settings import Settings

TARGET = torch.linspace(0, 200, 48).view(1, 3, 4, 4)
STIFFNESS = torch.linspace(1, 50, 48).view(1, 3, 4, 4)


def bowl(picture, bump=0.0):
    """A quadratic with condition number 50, and its gradient."""
    error = picture - TARGET
    loss = float((STIFFNESS * error.square()).sum() / 2) + bump
    return Evaluation(loss, {"bowl": loss}, STIFFNESS * error)


def start(steps=30, **settings):
    return begin(
        (Scale((4, 4), steps),), torch.full((1, 3, 4, 4), 100.0), fresh_optimizer(Settings(**settings))
    )


def test_lbfgs_comes_close_to_the_minimum_of_a_quadratic():
    state = start(40)
    events = list(optimise(bowl, state))
    assert state.best_loss < 1e-6 * events[0].loss
    assert torch.allclose(state.kept, TARGET, atol=0.05)


def test_lbfgs_follows_an_independent_bfgs_with_the_full_matrix():
    """With all pairs, L-BFGS is BFGS from the scaled identity (Nocedal and Wright, 6.17 and 7.20)."""
    optimizer, picture, pairs = LBFGS(history=100), torch.full((1, 3, 4, 4), 100.0).double(), []
    for _ in range(8):
        gradient = bowl(picture).gradient.double()
        following = optimizer.advance(picture, gradient)
        if pairs:
            s, y = pairs[-1]
            inverse = torch.eye(48).double() * (s @ y) / (y @ y)
            for s, y in pairs:
                left = torch.eye(48).double() - torch.outer(s, y) / (y @ s)
                inverse = left @ inverse @ left.T + torch.outer(s, s) / (y @ s)
            assert torch.allclose(
                following, picture - (inverse @ gradient.flatten()).view_as(picture), rtol=1e-6, atol=1e-6
            )
        pairs.append(
            (
                (following - picture).flatten(),
                (bowl(following).gradient - bowl(picture).gradient).double().flatten(),
            )
        )
        picture = following


def test_the_first_step_moves_one_level_whatever_the_scale_of_the_loss():
    for factor in (1e-9, 1.0, 1e9):
        moved = LBFGS(5).advance(TARGET, factor * STIFFNESS) - TARGET
        assert float(moved.abs().max()) == pytest.approx(1.0, rel=1e-3)


def test_history_is_bounded():
    state = start(30, history=4)
    list(optimise(bowl, state))
    assert (
        len(state.optimizer.steps)
        == len(state.optimizer.differences)
        == len(state.optimizer.curvatures)
        == 4
        < state.optimizer.learnt
    )


def test_the_oldest_pair_goes_first():
    one = LBFGS(4)
    one.reserve(TARGET)
    for row in range(7):
        one._remember(torch.full((48,), 1.0 + row), torch.full((48,), 2.0))
    assert one.steps[:, 0].tolist() == [5, 6, 7, 4]
    assert one.curvatures == [pytest.approx(48 * 2 * n) for n in (4, 5, 6, 7)]


def test_pairs_at_half_precision_still_find_the_minimum():
    state = begin(
        (Scale((4, 4), 40),), torch.full((1, 3, 4, 4), 100.0), fresh_optimizer(Settings(), pairs=5, half=True)
    )
    events = list(optimise(bowl, state))
    assert state.optimizer.steps.dtype == torch.bfloat16 and len(state.optimizer.steps) == 5
    assert state.best_loss < 1e-4 * events[0].loss


def test_a_scale_ends_once_it_falls_no_further():
    state = begin(
        (Scale((4, 4), 500), Scale((4, 4), 3)), torch.full((1, 3, 4, 4), 100.0), fresh_optimizer(Settings())
    )
    events = list(optimise(lambda picture: bowl(picture, bump=1.0), state, min_fall=0.01))
    taken = len(events) - 1
    assert WINDOW < taken < 200 and state.best_loss == pytest.approx(1, rel=0.02)
    losses = [event.loss for event in events[:-1]]
    assert min(losses[: taken - WINDOW]) - min(losses) <= 0.01 * min(losses[: taken - WINDOW])
    next_scale(state, torch.zeros(1, 3, 4, 4), fresh_optimizer(Settings()))
    assert next(iter(optimise(bowl, state))).step == taken + 1


def test_adam_is_torch_adam():
    ours, picture = Adam(rate=10), torch.full((1, 3, 4, 4), 100.0)
    theirs = torch.full((1, 3, 4, 4), 100.0, requires_grad=True)
    reference = torch.optim.Adam([theirs], lr=10)
    for _ in range(20):
        picture = ours.advance(picture, bowl(picture).gradient)
        theirs.grad = bowl(theirs.detach()).gradient
        reference.step()
    assert torch.allclose(picture, theirs, rtol=1e-5)


def test_events_count_steps_over_all_scales():
    state = begin((Scale((2, 2), 3), Scale((4, 4), 2)), torch.zeros(1, 3, 4, 4), fresh_optimizer(Settings()))
    events = list(optimise(bowl, state))
    next_scale(state, torch.zeros(1, 3, 4, 4), fresh_optimizer(Settings()))
    events += optimise(bowl, state)
    assert [e.step for e in events if isinstance(e, Step)] == [1, 2, 3, 4, 5]
    assert [(e.scale, e.width) for e in events if isinstance(e, ScaleDone)] == [(1, 2), (2, 4)]
    assert events[-2].seconds_left == 0 and events[-1].seconds == events[-2].seconds
    first = events[0]
    # After one of three small steps: two more small ones, and two of four times the pixels.
    assert first.seconds_left == pytest.approx(first.seconds * (2 + 2 * 4))
    assert as_record(first)["kind"] == "step" and as_record(first)["losses"] == {"bowl": first.loss}
    assert "pixels" not in as_record(Preview(1, TARGET))


def test_a_run_can_be_cancelled_between_steps_and_go_on():
    whole, parts = start(12), start(12)
    list(optimise(bowl, whole))
    list(itertools.islice(optimise(bowl, parts), 5))
    assert parts.step == 5
    list(optimise(bowl, parts))
    assert torch.equal(whole.kept, parts.kept)


def test_the_best_picture_is_kept():
    state, bumps = start(6, content_weight=0.2), iter([0, 0, 0, 1e9, 1e9, 1e9])
    list(optimise(lambda picture: bowl(picture, next(bumps)), state))
    assert state.best_loss < 1e9 and state.kept is not state.picture


@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_stops_the_run_and_is_named(value):
    state, bumps = start(9), iter([0, 0, value])
    with pytest.raises(Diverged, match=r"bowl became (nan|inf) at step 3 of scale 1"):
        list(optimise(lambda picture: bowl(picture, next(bumps)), state))
    assert state.step == 2 and torch.isfinite(state.kept).all()


def test_a_gradient_that_is_not_finite_stops_the_run():
    with pytest.raises(Diverged, match="the gradient"):
        list(optimise(lambda picture: Evaluation(1.0, {"bowl": 1.0}, picture * math.nan), start()))


@pytest.mark.parametrize("settings", [{}, {"optimizer": "adam", "learning_rate": 3.0}])
def test_after_a_restart_it_goes_on_as_one_that_begins_there(settings):
    state = start(20, **settings)
    for _, _event in zip(range(7), optimise(bowl, state), strict=False):
        pass
    kept = state.kept.clone()
    for _ in range(2):  # twice is as good as once
        restart(state)
        assert torch.equal(state.kept, kept) and state.step == 7 and state.best_losses == []
    other = begin((Scale((4, 4), 13),), kept, fresh_optimizer(Settings(**settings)))
    losses = [
        [event.loss for event in optimise(bowl, one) if isinstance(event, Step)] for one in (state, other)
    ]
    assert len(losses[0]) == 13 and losses[0] == losses[1] and torch.equal(state.kept, other.kept)


def test_pairs_that_are_forgotten_keep_their_numbers_and_count_no_more():
    optimizer, picture = LBFGS(history=3), torch.full((1, 3, 4, 4), 100.0)
    for _ in range(6):
        picture = optimizer.advance(picture, bowl(picture).gradient)
    assert list(optimizer.held) == [2, 3, 4]
    optimizer.forget()
    assert list(optimizer.held) == [] and optimizer.steps is not None
    for _ in range(3):
        picture = optimizer.advance(picture, bowl(picture).gradient)
    assert list(optimizer.held) == [5, 6] and len(optimizer.curvatures) == 2


def test_the_first_step_of_a_next_scale_is_longer_in_proportion_to_the_strength():
    for strength, scale, length in ((60, 0, 1), (60, 1, 30), (100, 2, 50), (1, 1, 1), (None, 1, 1)):
        weight = None if strength else 0.2
        optimizer = fresh_optimizer(Settings(strength=strength, content_weight=weight), scale=scale)
        start, gradient = torch.zeros(1, 3, 2, 2), torch.full((1, 3, 2, 2), 0.25)
        gradient[0, 1, 1, 0] = -2
        moved = optimizer.advance(start, gradient)
        assert float(moved[0, 1, 1, 0]) == pytest.approx(length) == float(moved.abs().max())


def wall(picture):
    """A slope that is next to flat, and from 103 on a steep rise; its minimum is just beyond 103."""
    far, inside = picture - 1e4, (picture - 103).clamp_min(0)
    loss = float((1e-8 * far.square() + 10 * inside.square()).mean())
    return Evaluation(loss, {"wall": loss}, (2e-8 * far + 20 * inside) / picture.numel())


def test_a_careful_optimiser_comes_to_rest_at_a_wall_which_another_jumps_over():
    tried = {True: [], False: []}
    for careful, pictures in tried.items():

        def objective(picture, pictures=pictures):
            pictures.append(picture)
            return wall(picture)

        state = begin((Scale((4, 4), 40),), torch.full((1, 3, 4, 4), 100.0), LBFGS(20, careful=careful))
        list(optimise(objective, state))
        if careful:
            torch.testing.assert_close(state.kept, torch.full_like(state.kept, 103), rtol=0, atol=0.2)
            assert state.picture is state.kept or state.loss <= RISE * state.best_loss
    assert max(float(picture.max()) for picture in tried[False]) > 1000
    assert max(float(picture.max()) for picture in tried[True]) < 103 + LONGEST + 1


def test_only_a_strength_makes_the_optimiser_careful():
    assert fresh_optimizer(Settings(strength=50)).careful
    assert not fresh_optimizer(Settings(content_weight=0.2)).careful


def test_a_step_that_was_taken_back_is_tried_again_shorter_even_after_an_interruption():
    whole, parts = (
        begin((Scale((4, 4), 12),), torch.full((1, 3, 4, 4), 100.0), LBFGS(20, careful=True))
        for _ in range(2)
    )
    list(optimise(wall, whole))
    for _event in optimise(wall, parts):
        if parts.optimizer.shortened:
            break
    assert parts.optimizer.shortened and parts.step < 12
    list(optimise(wall, parts))
    assert torch.equal(whole.kept, parts.kept)
