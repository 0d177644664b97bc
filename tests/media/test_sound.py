"""The sound of a clip beside new pictures: copied or encoded again, cut to the span, and in time."""

from fractions import Fraction

import av
import numpy as np
import pytest
from madeup import clip, voice_at

from impasto.media.clip import Clip
from impasto.media.film import Film

IN_TIME = 0.002
"""Seconds by which sound may be early or late after a round trip."""

ENDS = 0.03
"""Seconds by which sound may end early or late: a packet has 0.021 s of AAC and 0.020 s of Opus."""

SOURCES = [
    (".mp4", "aac"),
    (".mp4", "libmp3lame"),
    (".ts", "aac"),
    (".webm", "libopus"),
    (".mkv", "pcm_s16le"),
    (".mkv", "flac"),
]
COPIED = {
    "aac": {".mp4", ".mov", ".mkv"},
    "libmp3lame": {".mp4", ".mov", ".mkv"},
    "libopus": {".mp4", ".webm", ".mkv"},
    "pcm_s16le": {".mov", ".mkv"},
    "flac": {".mp4", ".mkv"},
}


def source(folder, ending, voice):
    codec = "libvpx-vp9" if ending == ".webm" else "libx264"
    return clip(
        folder / f"in{ending}",
        range(5, 55),
        codec=codec,
        options={"deadline": "realtime"} if ending == ".webm" else {},
        voice=voice,
    )


def copied(path, folder, ending, start=None, end=None):
    opened, out = Clip.open(path), folder / f"out{ending}"
    with Film(out, opened.size, opened.rate, sound=opened, start=start or 0) as film:
        for frame in opened.frames(start, end):
            film.add(frame.image, frame.time, frame.duration)
    return out


def heard(path):
    """Samples at 48 kHz from the first picture on, and the codec's name."""
    origin = Clip.open(path).facts.origin
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        resampler, pieces, begin = av.AudioResampler("fltp", "mono", 48_000), [], None
        for frame in container.decode(stream):
            begin = frame.pts * frame.time_base - origin if begin is None else begin
            pieces += [block.to_ndarray()[0] for block in resampler.resample(frame)]
        samples = np.concatenate(pieces)
        first = round(begin * 48_000)
        return (
            np.pad(samples, (first, 0)) if first > 0 else samples[-first:]
        ), stream.codec_context.codec.canonical_name


def lag(samples, start):
    """How many samples later than they should the samples are, and how alike they are to what was made."""
    made = voice_at(np.arange(96_000) / 48_000)[round(start * 48_000) :][: len(samples)]
    size = 1 << 18
    product = np.fft.irfft(np.fft.rfft(samples, size) * np.conj(np.fft.rfft(made, size)))
    at = int(product.argmax())
    return (at if at < size // 2 else at - size), product.max() / np.linalg.norm(made) / np.linalg.norm(
        samples[: len(made)]
    )


@pytest.fixture(scope="module")
def sources(tmp_path_factory):
    """Clips by their ending and their sound's codec; tests do not change them."""
    return {pair: source(tmp_path_factory.mktemp("source"), *pair) for pair in SOURCES}


@pytest.mark.parametrize(("ending", "voice"), SOURCES)
@pytest.mark.parametrize("target", [".mp4", ".mov", ".webm", ".mkv"])
def test_sound_goes_with_the_pictures(tmp_path, sources, ending, voice, target):
    path = sources[ending, voice]
    assert Clip.open(path).sound and len(list(Clip.open(path).frames())) == 50
    _, name = heard(path)
    for start, end in ((None, None), (0.72, 1.52)):
        out = copied(path, tmp_path, target, start, end)
        samples, kept = heard(out)
        assert kept == (name if target in COPIED[voice] else "opus" if target == ".webm" else "aac")
        late, alike = lag(samples, start or 0)
        assert abs(late) <= IN_TIME * 48_000 and alike > 0.9
        seconds = float((end or 2) - (start or 0))
        assert len(samples) / 48_000 == pytest.approx(seconds, abs=ENDS + (0.1 if voice == "flac" else 0))
        with av.open(str(out)) as container:
            assert container.duration / 1e6 == pytest.approx(seconds, abs=0.01)
        assert Clip.open(out).facts.origin == 0


def test_none_where_there_is_none_or_no_room(tmp_path):
    path = source(tmp_path, ".mp4", "aac")
    silent = clip(tmp_path / "silent.mp4")
    for out in (copied(path, tmp_path, ".gif"), copied(path, tmp_path, ""), copied(silent, tmp_path, ".mp4")):
        opened = Clip.open(out)
        assert not opened.sound and len(list(opened.frames())) in (25, 50)


def test_many_channels_are_copied_and_become_two_where_they_are_encoded(tmp_path):
    with av.open(str(tmp_path / "in.mp4"), "w") as out:
        video = out.add_stream("libx264", rate=25, width=64, height=48, pix_fmt="yuv420p")
        sound = out.add_stream("aac", rate=48_000, layout="5.1")
        frame = av.AudioFrame.from_ndarray(np.zeros((6, 48_000), np.float32), format="fltp", layout="5.1")
        frame.sample_rate = 48_000
        out.mux(sound.encode(frame) + sound.encode(None))
        for i in range(25):
            picture = av.VideoFrame(64, 48, "yuv420p")
            picture.pts = i
            out.mux(video.encode(picture))
        out.mux(video.encode(None))
    for ending, layout in ((".mp4", "5.1"), (".webm", "stereo")):
        with av.open(str(copied(tmp_path / "in.mp4", tmp_path, ending))) as container:
            assert container.streams.audio[0].layout.name == layout


def test_damaged_sound_is_silent_and_stops_no_film(tmp_path):
    path = source(tmp_path, ".mp4", "aac")
    with av.open(str(path)) as container:
        places = [(packet.pos, packet.size) for packet in container.demux(audio=0) if packet.size]
    data = bytearray(path.read_bytes())
    for at, length in places[20:30]:
        data[at : at + length] = np.random.default_rng(at).bytes(length)
    path.write_bytes(data)
    for ending in (".mp4", ".webm"):
        out = copied(path, tmp_path, ending)
        assert len(list(Clip.open(out).frames())) == 50
    assert len(heard(tmp_path / "out.webm")[0]) / 48_000 == pytest.approx(2, abs=ENDS)


def test_sound_that_is_shorter_or_longer_than_the_pictures(tmp_path):
    path = source(tmp_path, ".mp4", "aac")
    opened = Clip.open(path)
    with Film(tmp_path / "long.mp4", opened.size, 25, sound=opened, start=1) as film:
        for i, frame in enumerate(opened.frames()):
            film.add(frame.image, Fraction(i, 25), Fraction(1, 25))
    assert Clip.open(tmp_path / "long.mp4").seconds == 2
    assert len(heard(tmp_path / "long.mp4")[0]) / 48_000 == pytest.approx(1, abs=ENDS)
