"""Films written and read again: counts, times and colours."""

import errno
import os
import sys
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from madeup import SIZE, clip, numbered, numbers
from PIL import Image

from impasto.errors import OutputError, RecipeError, SettingsError
from impasto.media import libav
from impasto.media.clip import Clip
from impasto.media.film import Film, check_film, even, needs_even, recipe_text_of
from impasto.media.formats import ENDINGS

FORMATS = [".mp4", ".mov", ".webm", ".mkv", ".gif", ""]
CLOCKS = {
    ".mp4": Fraction(1, 90000),
    ".mov": Fraction(1, 90000),
    ".webm": Fraction(1, 1000),
    ".mkv": Fraction(1, 1000),
    ".gif": Fraction(1, 100),
}

COLOURS = {".mp4": 2, ".mov": 2, ".mkv": 2, ".webm": 2, ".gif": 6, "": 0}
"""Mean difference of a smooth moving picture to itself after a round trip, in levels of 255."""


def moving(number, size=SIZE):
    """A gradient of all hues that moves by a pixel a frame, soft enough for half of the colours' lines."""
    y, x = np.mgrid[: size[0], : size[1]]
    waves = [
        127 + 100 * np.sin((x + number) / 11 + phase) * np.cos(y / 17 + phase) for phase in (0, 2.1, 4.2)
    ]
    return Image.fromarray(np.stack(waves, axis=-1).round().astype(np.uint8))


def written(path, images, rate=25, times=None, **options):
    times = times or [(i / Fraction(rate), 1 / Fraction(rate)) for i in range(len(images))]
    with Film(path, images[0].size[::-1], rate, **options) as film:
        for image, (time, duration) in zip(images, times, strict=True):
            film.add(image, time, duration)
    return path


def difference(frame, image):
    return np.asarray(frame.image).astype(int) - np.asarray(image).astype(int)


@pytest.mark.parametrize("ending", FORMATS)
def test_what_was_written_comes_back(tmp_path, ending):
    images = [moving(number) for number in range(20)]
    path = written(tmp_path / f"film{ending}", images)
    opened = Clip.open(path)
    frames = list(opened.frames())
    assert (
        len(frames) == 20
        and [frame.time * 25 for frame in frames] == list(range(20))
        and frames[-1].end == opened.seconds == Fraction(20, 25)
    )
    for frame, image in zip(frames, images, strict=True):
        assert np.abs(difference(frame, image)).mean() <= COLOURS[ending]
        assert np.abs(difference(frame, image).mean(axis=(0, 1))).max() <= COLOURS[ending]
    assert (
        not opened.truncated
        and opened.notes == []
        and [name for name in os.listdir(tmp_path) if name != path.name] == []
    )


@pytest.mark.parametrize("ending", FORMATS[:4])
def test_flat_colours_come_back_and_say_what_they_are(tmp_path, ending):
    colours = [(255, 0, 0), (0, 255, 0), (0, 0, 255), (255, 255, 255), (0, 0, 0), (128, 64, 200)]
    path = written(tmp_path / f"film{ending}", [Image.new("RGB", SIZE[::-1], colour) for colour in colours])
    for frame, colour in zip(Clip.open(path).frames(), colours, strict=True):
        assert np.asarray(frame.image).reshape(-1, 3).mean(axis=0) == pytest.approx(colour, abs=4)
    with av.open(str(path)) as container:
        frame = next(container.decode(video=0))
        assert (
            frame.colorspace,
            frame.color_range,
            frame.color_primaries,
            frame.color_trc,
            frame.format.name,
        ) == (1, 1, 1, 1, "yuv420p")


@pytest.mark.parametrize("ending", FORMATS[:5])
@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lengths=st.lists(st.integers(3, 40), min_size=1, max_size=12))
def test_times_and_durations_are_kept(tmp_path, ending, lengths):
    ends = np.cumsum(lengths).tolist()
    times = [
        (Fraction(end - length, 100), Fraction(length, 100))
        for end, length in zip(ends, lengths, strict=True)
    ]
    path = written(
        tmp_path / f"film{ending}",
        [numbered(i) for i in range(len(lengths))],
        rate=Fraction(100 * len(lengths), ends[-1]),
        times=times,
    )
    frames = list(Clip.open(path).frames())
    assert (
        numbers(frames) == list(range(len(lengths)))
        and [(frame.time, frame.duration) for frame in frames[:-1]] == times[:-1]
    )
    assert frames[-1].time == times[-1][0]
    with av.open(str(path)) as container:
        total = Fraction(container.duration, 1_000_000) if ending != ".gif" else frames[-1].end
        assert abs(total - sum(times[-1])) <= Fraction(1, 1000)


@pytest.mark.parametrize("ending", FORMATS[:4])
@pytest.mark.parametrize(
    "rate",
    [Fraction(24), Fraction(30000, 1001), Fraction(60000, 1001), Fraction(25, 2), Fraction(39767, 1328)],
)
def test_usual_rates_lie_on_the_clock(tmp_path, ending, rate):
    path = written(tmp_path / f"film{ending}", [numbered(i) for i in range(9)], rate=rate)
    opened = Clip.open(path)
    for i, frame in enumerate(opened.frames()):
        assert abs(frame.time - i / rate) <= CLOCKS[ending] / 2
    if ending == ".mp4" and rate != Fraction(39767, 1328):
        assert opened.rate == rate and opened.seconds == 9 / rate


def test_a_gif_leaves_out_what_browsers_would_show_too_long(tmp_path):
    path = written(tmp_path / "a.gif", [numbered(i) for i in range(30)], rate=120)
    frames = list(Clip.open(path).frames())
    assert (
        len(frames) < 16
        and min(frame.duration for frame in frames) >= Fraction(2, 100)
        and frames[-1].end == Fraction(25, 100)
    )


def test_a_gif_has_one_palette(tmp_path):
    path = written(tmp_path / "a.gif", [moving(i) for i in range(5)])
    with Image.open(path) as image:
        assert image.n_frames == 5 and image.info["loop"] == 0
    data = path.read_bytes()
    assert data[10] & 0x80 and data.count(b"\x21\xf9\x04") == 5


def test_mp4_begins_with_its_index(tmp_path):
    data = written(tmp_path / "a.mp4", [moving(i) for i in range(5)]).read_bytes()
    assert 0 < data.index(b"moov") < data.index(b"mdat")


@pytest.mark.parametrize("size", [(47, 64), (48, 63), (1, 1)])
def test_odd_sizes_go_where_they_can(tmp_path, size):
    for ending in (".gif", ""):
        frame = next(
            Clip.open(written(tmp_path / f"a{ending}", [Image.new("RGB", size[::-1], (9, 9, 9))])).frames()
        )
        assert frame.image.size == size[::-1]
    for ending in FORMATS[:4]:
        best = even(size)
        with pytest.raises(
            OutputError,
            match=rf"needs an even width and height, got {size[1]}x{size[0]}; take {best[1]}x{best[0]}",
        ):
            check_film(tmp_path / f"a{ending}", size)
        with pytest.raises(OutputError, match="even"):
            Film(tmp_path / f"a{ending}", size, 25)


def test_even_takes_a_pixel_at_most():
    assert even((480, 640)) == (480, 640) and even((481, 639)) == (480, 638) and even((1, 1)) == (2, 2)
    assert [needs_even(Path(f"a{ending}")) for ending in FORMATS] == [True] * 4 + [False] * 2


def test_the_recipe_is_in_the_film_or_beside_it(tmp_path):
    text = '{"a": "ä…", "long": "' + "x" * 3000 + '"}'
    for ending in FORMATS:
        path = tmp_path / f"film{ending}"
        written(path, [numbered(1)], recipe=text)
        assert recipe_text_of(path) == text
        assert (tmp_path / f"film{ending}.recipe.json").exists() == (ending in (".gif", ""))
        if ending:
            written(path, [numbered(1)])
            assert recipe_text_of(path) is None and not (tmp_path / f"film{ending}.recipe.json").exists()
    long = '{"a": "' + "x" * 100_000 + '"}'
    for ending in FORMATS[:4]:
        assert recipe_text_of(written(tmp_path / f"long{ending}", [numbered(1)], recipe=long)) == long


def test_a_recipe_that_is_none_of_ours_is_told(tmp_path):
    assert recipe_text_of(clip(tmp_path / "a.mp4", range(2))) is None
    assert recipe_text_of(written(tmp_path / "b.mkv", [numbered(1)], recipe="some words")) is None
    with pytest.raises(RecipeError, match="longer than 1048576 bytes"):
        recipe_text_of(written(tmp_path / "c.mkv", [numbered(1)], recipe="{" + " " * (1 << 20)))
    with pytest.raises(RecipeError, match="no file '.*d.mp4'; did you mean '.*a.mp4'"):
        recipe_text_of(tmp_path / "d.mp4")


def test_places_that_cannot_take_a_film_are_told_before_the_work(tmp_path):
    source = clip(tmp_path / "in.mp4", range(2))
    (tmp_path / "full").mkdir()
    numbered(1).save(tmp_path / "full" / "1.png")
    cases = {
        "a.avi": rf"a film's name must end in {', '.join(ENDINGS)}, "
        r"or have no ending for PNG frames in a folder",
        "none/a.mp4": "no folder '.*none' to write 'a.mp4' into; make it first or choose another output",
        "none/frames": "no folder '.*none'",
        "in.mp4": "'.*in.mp4' is an input and is never overwritten; choose another output",
        "full": "is an input and is never overwritten",
    }
    for name, message in cases.items():
        with pytest.raises(OutputError, match=message) as caught:
            check_film(tmp_path / name, SIZE, (source, tmp_path / "full"))
        assert "\n" not in str(caught.value)
    with pytest.raises(OutputError, match="folder '.*full' is not empty; empty it or choose another output"):
        check_film(tmp_path / "full", SIZE)
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match="'.*file' is a file; name a folder for PNG frames, or a film"):
        check_film(tmp_path / "file", SIZE)
    with pytest.raises(
        OutputError,
        match="libx264 cannot encode frames of 100000x100000 px; "
        "choose a smaller size, or PNG frames in a folder",
    ):
        check_film(tmp_path / "a.mp4", (100_000, 100_000))
    (tmp_path / "empty").mkdir()
    for name in ("a.mp4", "b.webm", "c.gif", "new", "empty"):
        check_film(tmp_path / name, SIZE)
    assert sorted(os.listdir(tmp_path)) == ["empty", "file", "full", "in.mp4"]
    assert numbers(Clip.open(written(tmp_path / "empty", [numbered(4)])).frames()) == [4]


def test_an_encoder_that_is_not_there_is_told(tmp_path, monkeypatch):
    real = av.Codec

    def codec(name, mode):
        if name in ("libx264", "libopus"):
            raise av.codec.codec.UnknownCodecError(name)
        return real(name, mode)

    monkeypatch.setattr(av, "Codec", codec)
    with pytest.raises(
        OutputError,
        match=r"this PyAV has no encoder libx264 for '.*a.mp4'; "
        r"write .webm or .gif, or install PyAV with pip",
    ):
        check_film(tmp_path / "a.mp4", SIZE)
    with pytest.raises(
        OutputError, match=r"no encoder libopus for '.*a.webm'; write .mp4, .mov, .mkv or .gif"
    ):
        check_film(tmp_path / "a.webm", SIZE)


def test_without_pyav_only_a_folder_is_written(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "av", None)
    for name in ("a.mp4", "a.gif"):
        with pytest.raises(SettingsError, match="PyAV"):
            check_film(tmp_path / name, SIZE)
    written(tmp_path / "frames", [numbered(1)])


@pytest.mark.parametrize("ending", FORMATS)
def test_a_film_appears_whole_or_not_at_all(tmp_path, ending):
    path = tmp_path / f"film{ending}"
    with pytest.raises(KeyboardInterrupt), Film(path, SIZE, 25, recipe="{}") as film:
        for i in range(30):
            film.add(moving(i), Fraction(i, 25), Fraction(1, 25))
            assert not path.exists() and all(name.endswith(".part") for name in os.listdir(tmp_path))
        raise KeyboardInterrupt
    assert os.listdir(tmp_path) == []
    with (
        pytest.raises(OutputError, match="'.*' has no frames; take a longer span"),
        Film(path, SIZE, 25),
    ):
        pass
    film = Film(path, SIZE, 25)
    with pytest.raises(ValueError, match="a frame must be RGB of 64x48 px, got L of 9x9"):
        film.add(Image.new("L", (9, 9)), 0, 1)
    film.add(numbered(1), 0, 1)
    film.close()
    film.close()
    assert os.listdir(tmp_path) == [path.name]


@contextmanager
def room(most):
    """Files may have so many bytes: to a program that writes them, much as where the disk is full.

    It ends with the test's own lines: what pytest writes may be a file that is longer.
    """
    resource = pytest.importorskip("resource")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (most, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


@pytest.mark.parametrize("ending", FORMATS)
@pytest.mark.parametrize("most", [0, 600, 5000])
def test_where_the_disk_is_full_it_is_told_and_nothing_is_left(tmp_path, ending, most):
    noise, path = np.random.default_rng(0), tmp_path / f"film{ending}"
    with (
        room(most),
        pytest.raises(
            OutputError,
            match=r"cannot write '.*film[.a-z4]*': File too large; free some space or choose another output$",
        ) as caught,
        Film(path, SIZE, 25) as film,
    ):
        for i in range(20):
            film.add(
                Image.fromarray(noise.integers(0, 256, (*SIZE, 3), dtype=np.uint8)),
                Fraction(i, 25),
                Fraction(1, 25),
            )
    assert os.listdir(tmp_path) == [] and "\n" not in str(caught.value)


def test_an_error_at_the_very_end_of_writing_is_an_error(tmp_path, monkeypatch):
    real, full = libav.Sink.write, []

    def write(sink, data):
        if full:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return real(sink, data)

    monkeypatch.setattr(libav.Sink, "write", write)
    for ending in FORMATS[:5]:
        film = Film(tmp_path / f"film{ending}", SIZE, 25)
        film.add(numbered(1), 0, 1)
        full.append(True)
        with pytest.raises(
            OutputError, match="No space left on device; free some space or choose another output"
        ):
            film.close()
        full.clear()
    assert os.listdir(tmp_path) == []
