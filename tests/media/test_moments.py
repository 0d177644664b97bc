from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.errors import SettingsError
from impasto.media.moments import Shown, at_rate, rate_of, seconds_of, span_of, within

durations = st.lists(st.integers(1, 90), min_size=1, max_size=30)
rates = st.sampled_from([Fraction(1), Fraction(12), Fraction(25), Fraction(30000, 1001)])


def shots(lengths):
    time, result = Fraction(0), []
    for number, length in enumerate(lengths):
        result.append(Shown(number, time, Fraction(length, 90)))
        time = result[-1].end
    return result


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("90", 90),
        ("2.5s", Fraction(5, 2)),
        (" 1:02.5 ", Fraction(125, 2)),
        ("1:00:02", 3602),
        (".1", Fraction(1, 10)),
        ("3.", 3),
        ("100:00", 6000),
    ],
)
def test_a_time_is_read_exactly(text, seconds):
    assert seconds_of(text) == seconds


@pytest.mark.parametrize("text", ["", "s", "-1", "1:60", "1:60:00", "1::2", "2m", "nan", "1e3", "1:2:3:4"])
def test_what_is_no_time_is_told(text):
    with pytest.raises(
        SettingsError,
        match=rf"start must be seconds or minutes:seconds, got '{text}'; write it as 90, 2.5s or 1:02.5",
    ):
        seconds_of(text, "start")


def test_a_span_lies_in_its_film():
    assert span_of("a", Fraction(5), None, None) == (0, None)
    assert span_of("a", Fraction(5), 0.1, 9) == (Fraction(1, 10), 9)
    with pytest.raises(
        SettingsError, match="start must be before the end of 'a' at 5 s, got 5 s; start earlier"
    ):
        span_of("a", Fraction(5), 5, None)
    for start, end in ((2, 2), (3, 2), (-1, 2), (0, 0)):
        with pytest.raises(SettingsError, match=f"got {start} to {end} s; change start or end"):
            span_of("a", Fraction(5), start, end)


def test_a_rate_is_a_fraction_of_seconds():
    assert (
        rate_of(25) == 25
        and rate_of(12.5) == Fraction(25, 2)
        and rate_of(Fraction(30000, 1001)) == Fraction(30000, 1001)
    )
    for fps in (0, -1, 1000, float("nan"), float("inf")):
        with pytest.raises(SettingsError, match="fps must be > 0 and < 1000"):
            rate_of(fps)


@given(durations, st.integers(0, 500), st.integers(1, 500))
def test_a_span_is_filled_without_a_gap_by_what_was_on_the_screen(lengths, start, length):
    whole = shots(lengths)
    begin, end = Fraction(start, 90), Fraction(start + length, 90)
    cut = list(within(iter(whole), begin, end))
    assert sum(shot.duration for shot in cut) == max(0, min(end, whole[-1].end) - begin)
    assert all(shot.end == later.time for shot, later in pairwise(cut))
    for shot in cut:
        source = whole[shot.image]
        assert source.time <= shot.time + begin and shot.end + begin <= source.end


@given(durations, rates)
def test_at_a_constant_rate_no_frame_moves_by_more_than_half_a_tick(lengths, rate):
    whole = shots(lengths)
    ticks = list(at_rate(iter(whole), rate))
    assert [shot.time for shot in ticks] == [i / rate for i in range(len(ticks))] and {
        shot.duration for shot in ticks
    } == {1 / rate}
    assert len(ticks) == 1 or abs(ticks[-1].end - whole[-1].end) <= 1 / rate / 2
    for tick in ticks:
        begun = [shot.image for shot in whole if shot.time < tick.time + 1 / rate / 2]
        assert tick.image == begun[-1]


def test_a_constant_rate_stays_as_it_is():
    whole = [Shown(i, Fraction(i, 25), Fraction(1, 25)) for i in range(9)]
    assert list(at_rate(iter(whole), Fraction(25))) == whole
    assert [shot.image for shot in at_rate(iter(whole), Fraction(50))] == [i // 2 for i in range(18)]
