from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from impasto.engine.schedule import fit_long, schedule
from impasto.settings import Settings


@given(
    st.integers(16, 4096),
    st.integers(16, 4096),
    st.integers(16, 4096),
    st.integers(1, 2000),
    st.integers(0, 1000),
)
def test_scales_grow_to_the_size_and_share_out_all_steps(height, width, size, steps, start):
    scales = schedule((height, width), Settings(size=size, steps=steps, start_size=start), shortest=16)
    assert scales[-1].size == fit_long((height, width), size) and max(scales[-1].size) == size
    assert sum(scale.steps for scale in scales) == steps and all(scale.steps >= 1 for scale in scales)
    assert all(max(a.size) < max(b.size) for a, b in pairwise(scales))
    assert all(min(scale.size) >= 16 for scale in scales[:-1])


@given(
    st.integers(16, 4096),
    st.integers(16, 4096),
    st.integers(16, 4096),
    st.integers(7, 2000),
    st.integers(0, 1000),
)
def test_what_repeats_is_a_grid_of_positions_at_every_scale(height, width, size, steps, start):
    scales = schedule(
        (height, width), Settings(size=size, steps=steps, start_size=start, tileable=True), shortest=16
    )
    assert all(side % 16 == 0 and side >= 16 for scale in scales for side in scale.size)
    assert abs(max(scales[-1].size) - size) <= 8
    assert sum(scale.steps for scale in scales) == steps
    assert len({scale.size for scale in scales}) == len(scales)


def test_the_default_passes_three_scales():
    assert [tuple(scale) for scale in schedule((341, 512), Settings())] == [
        ((170, 256), 71),
        ((241, 362), 51),
        ((341, 512), 38),
    ]


def test_without_decay_every_scale_has_as_many_steps():
    assert [scale.steps for scale in schedule((341, 512), Settings(decay=1, steps=330))] == [110, 110, 110]


def test_published_methods_run_at_one_scale():
    assert schedule((341, 512), Settings(start_size=0, steps=9)) == (((341, 512), 9),)


@given(st.integers(1, 5000), st.integers(1, 5000), st.integers(1, 5000))
def test_the_aspect_ratio_is_kept_to_the_pixel(height, width, size):
    fitted = fit_long((height, width), size)
    assert max(fitted) == size
    assert abs(min(fitted) - min(height, width) * size / max(height, width)) <= 0.5 or min(fitted) == 1
