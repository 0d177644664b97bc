"""Checkpoints that were damaged on the disk: each is told from a good one, whatever the damage."""

import shutil
import tempfile
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file

from impasto.engine.lbfgs import LBFGS, Adam
from impasto.engine.optimise import State, next_scale, optimise, restart
from impasto.engine.schedule import Scale
from impasto.jobs.checkpoints import Checkpoints
from impasto.jobs.files import write_durably
from impasto.jobs.tensors import safetensors_of
from impasto.losses.hold import Hold
from impasto.objective.whole import Evaluation

SIZES = [(4, 5), (6, 7)]


def bowl(picture):
    """A loss of which L-BFGS learns something."""
    slope = torch.linspace(1, 2, picture.numel()).view_as(picture)
    return Evaluation(float((slope * picture.square()).sum()), {"bowl": 1 / 3}, 2 * slope * picture)


def painted(optimizer, steps, folder):
    """Run steps in the second scale with a checkpoint after each; return the pictures of the last two."""
    picture = torch.rand(1, 3, *SIZES[1], generator=torch.Generator().manual_seed(0)) * 9
    state = State(
        tuple(Scale(size, 20) for size in SIZES),
        optimizer,
        picture,
        index=1,
        carried={Hold("content", "conv4_2"): 0.1},
    )
    checkpoints, pictures = Checkpoints(folder), []
    for _, _event in zip(range(steps), optimise(bowl, state), strict=False):
        checkpoints.write(state, {"used": ["a"]})
        pictures.append(state.picture.clone())
    return state, pictures[-2:]


def same(one, other):
    if isinstance(one, torch.Tensor):
        return torch.equal(one, other) and one.dtype == other.dtype
    return one == other


@pytest.mark.parametrize(
    "optimizer", [LBFGS(3), LBFGS(9, half=True), LBFGS(3, careful=True, shortened=True), Adam(0.5)]
)
def test_a_state_comes_back_as_it_was_bit_by_bit(optimizer, tmp_path):
    state, _ = painted(optimizer, 7, tmp_path)
    found = Checkpoints(tmp_path).read(SIZES, torch.device("cpu"))
    assert found.damaged == [] and found.more == {"used": ["a"]}
    back = found.state
    for name in set(vars(state)) - {"optimizer"}:
        assert same(getattr(state, name), getattr(back, name)), name
    held = slice(0, getattr(optimizer, "learnt", None))
    for name, value in vars(optimizer).items():
        other = getattr(back.optimizer, name)
        assert same(value[held], other[held]) if name in ("steps", "differences") else same(value, other), (
            name
        )
    assert torch.equal(
        state.optimizer.advance(state.picture, state.gradient),
        back.optimizer.advance(back.picture, back.gradient),
    )


def test_files_are_safetensors_that_its_own_library_reads(tmp_path):
    tensors = {
        "a": torch.rand(2, 3),
        "b": torch.rand(5).to(torch.bfloat16),
        "c": torch.rand(3, 2, dtype=torch.float64).T,
    }
    write_durably(tmp_path / "x", safetensors_of(tensors))
    read = load_file(tmp_path / "x")
    assert read.keys() == tensors.keys() and all(same(read[name], tensors[name]) for name in tensors)


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    folder = tmp_path_factory.mktemp("kept")
    return folder, painted(LBFGS(3), 7, folder)[1]


damages = st.one_of(
    st.tuples(st.just("delete"), st.just(0.0), st.just(b"")),
    st.tuples(st.just("cut"), st.floats(0, 1, exclude_max=True), st.just(b"")),
    st.tuples(st.just("replace"), st.floats(0, 1, exclude_max=True), st.binary(min_size=1, max_size=40)),
    st.tuples(st.just("rewrite"), st.just(0.0), st.binary(max_size=200)),
    st.tuples(
        st.just("rewrite"),
        st.just(0.0),
        st.recursive(st.none() | st.integers() | st.text(), st.lists).map(lambda value: repr(value).encode()),
    ),
)


def damage(path, how, where, data):
    content = path.read_bytes()
    at = int(where * len(content))
    if how == "delete":
        path.unlink()
    else:
        path.write_bytes(
            {
                "cut": content[:at],
                "replace": content[:at] + data + content[at + len(data) :],
                "rewrite": data,
            }[how]
        )


@given(st.data())
def test_whatever_is_damaged_a_good_state_comes_back_or_none(kept, data):
    source, pictures = kept
    with tempfile.TemporaryDirectory() as name:
        folder = Path(shutil.copytree(source, Path(name) / "copy"))
        chosen = data.draw(
            st.lists(
                st.sampled_from(sorted(path.name for path in folder.iterdir())),
                min_size=1,
                max_size=3,
                unique=True,
            )
        )
        for file in chosen:
            damage(folder / file, *data.draw(damages))
        checkpoints = Checkpoints(folder)
        found = checkpoints.read(SIZES, torch.device("cpu"))
        if found.state is None:
            assert chosen
            return
        assert any(torch.equal(found.state.picture, picture) for picture in pictures)
        assert all("7" in name for name in found.damaged)
        checkpoints.write(found.state, {})
        assert torch.equal(
            Checkpoints(folder).read(SIZES, torch.device("cpu")).state.picture, found.state.picture
        )


def test_a_checkpoint_of_other_sizes_is_not_taken(kept):
    found = Checkpoints(kept[0]).read([(4, 5), (8, 8)], torch.device("cpu"))
    assert found.state is None and len(found.damaged) == 2


def test_forgotten_pairs_are_written_no_more_and_new_ones_under_names_of_their_own(tmp_path):
    state, _ = painted(LBFGS(3), 7, tmp_path)
    names = {path.name for path in tmp_path.glob("pair-*")}
    checkpoints = Checkpoints(tmp_path)
    checkpoints.read(SIZES, torch.device("cpu"))
    restart(state)
    for _, _event in zip(range(3), optimise(bowl, state), strict=False):
        checkpoints.write(state, {})
    assert {path.name for path in tmp_path.glob("pair-*")}.isdisjoint(names)
    back = Checkpoints(tmp_path).read(SIZES, torch.device("cpu")).state
    assert torch.equal(
        state.optimizer.advance(state.picture, state.gradient),
        back.optimizer.advance(back.picture, back.gradient),
    )


def test_each_scales_end_stays_until_it_is_painted_anew(tmp_path):
    state = State(
        tuple(Scale(size, 4) for size in (*SIZES, (8, 9))), LBFGS(3), torch.full((1, 3, *SIZES[0]), 9.0)
    )
    checkpoints, ends = Checkpoints(tmp_path), []
    for size in SIZES:
        for _ in optimise(bowl, state):
            checkpoints.write(state, {"used": ["a"]})
        ends.append(checkpoints.number)
        next_scale(state, torch.full((1, 3, *size), 8.0), LBFGS(3))
    for _, _event in zip(range(3), optimise(bowl, state), strict=False):
        checkpoints.write(state, {})
    last = checkpoints.number
    assert sorted(int(path.stem.split("-")[1]) for path in tmp_path.glob("checkpoint-*")) == [
        *ends,
        last - 1,
        last,
    ]
    found = Checkpoints(tmp_path)
    assert {index: number for index, (number, _) in found.tables_of_ends().items()} == {
        0: ends[0],
        1: ends[1],
    }
    end, more = found.read_end(ends[0])
    assert (end.index, end.step, more) == (0, 4, {"used": ["a"]}) and end.kept.shape[2:] == SIZES[0]
    # From the first end on the second scale is painted anew, and the old one's end counts no more.
    for path in (*tmp_path.glob("checkpoint-*"), *tmp_path.glob("state-*")):
        if int(path.stem.split("-")[1]) > ends[0]:
            path.write_bytes(b"")
    found = Checkpoints(tmp_path)
    state = found.read([SIZES[0], SIZES[1], (8, 9)], torch.device("cpu")).state
    assert (state.index, state.step) == (0, 4) and found.ends == {0: ends[0]}
    next_scale(state, torch.full((1, 3, *SIZES[1]), 8.0), LBFGS(3))
    next(optimise(bowl, state))
    found.write(state, {})
    assert sorted(int(path.stem.split("-")[1]) for path in tmp_path.glob("checkpoint-*")) == [
        ends[0],
        last + 1,
    ]
