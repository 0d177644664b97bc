"""Truncated files: every lost picture is detected, and no complete file is reported as truncated."""

import av
import numpy as np
import pytest
from madeup import SIZE, clip, numbered, numbers

from impasto.errors import PictureError
from impasto.media.clip import Clip
from impasto.media.ending import is_cut_off

CUTS = [*range(30, 100, 5), 98, 99]
FILMS = {
    "mkv": {},
    "silent.mkv": {"voice": ""},
    "b.mkv": {"options": {"bf": "3"}},
    "webm": {"codec": "libvpx-vp9", "voice": "libopus"},
    "mp4": {},
    "hevc.mp4": {"codec": "libx265", "voice": "", "options": {"x265-params": "log-level=none"}},
    "mov": {"codec": "mpeg4", "voice": "pcm_s16le"},
    "3gp": {},
    "avi": {"codec": "mpeg4", "voice": "libmp3lame"},
    "mjpeg.avi": {"codec": "mjpeg", "form": "yuvj420p", "voice": ""},
    "wmv": {"codec": "wmv2", "voice": ""},
    "mpg": {"codec": "mpeg2video", "voice": "mp2"},
    "ts": {},
    "mpeg2.ts": {"codec": "mpeg2video", "voice": "mp2"},
}


def noisy(count):
    noise = np.random.default_rng(7).normal(0, 20, (*SIZE, 3))
    return [
        av.VideoFrame.from_ndarray(np.clip(noise + 60 + 4 * (i % 40), 0, 255).astype(np.uint8))
        for i in range(count)
    ]


def film(folder, name, count):
    return clip(
        folder / f"whole.{name}", range(count), pictures=noisy(count), **{"voice": "aac", **FILMS[name]}
    )


def read(path):
    opened = Clip.open(path)
    return opened, list(opened.frames())


@pytest.mark.parametrize("name", FILMS)
@pytest.mark.parametrize("count", [5, 40])
def test_wherever_a_film_is_cut_its_loss_is_known(tmp_path, name, count):
    whole = film(tmp_path, name, count)
    opened, frames = read(whole)
    assert len(frames) == count and not opened.truncated and opened.notes == []
    data, cut, kept = whole.read_bytes(), tmp_path / f"cut.{name}", 0
    for percent in CUTS:
        length = len(data) * percent // 100
        length -= (
            length % 188 == 0 or length % 2048 == 0
        )  # a stream that ends between two of its packets tells nothing
        cut.write_bytes(data[:length])
        try:
            opened, frames = read(cut)
        except PictureError as error:
            assert str(cut) in str(error) and "\n" not in str(error)
            continue
        kept += 1
        assert opened.truncated and opened.notes[-1] == "the file is truncated; the readable part was used", (
            percent
        )
    assert kept or name in ("3gp",)


@pytest.mark.parametrize("name", FILMS)
def test_what_another_program_appended_is_no_loss(tmp_path, name):
    path = film(tmp_path, name, 10)
    data = path.read_bytes()
    for junk in (bytes(1000), b"TAGMy holiday" + bytes(115), b"\r\n--boundary--\r\n"):
        path.write_bytes(data + junk)
        opened, frames = read(path)
        assert len(frames) == 10 and not opened.truncated, junk[:5]


class Pipe:
    """What cannot be wound back, so that lengths are left open."""

    def __init__(self):
        self.data, self.name = bytearray(), "pipe"

    def write(self, data):
        self.data += data
        return len(data)


@pytest.mark.parametrize(
    ("form", "options"),
    [
        ("matroska", {}),
        ("webm", {"live": "1"}),
        ("mp4", {"movflags": "frag_keyframe+empty_moov"}),
        ("flv", {}),
        ("mpegts", {}),
        ("mpegts", {"mpegts_m2ts_mode": "1"}),
        ("vob", {}),
    ],
)
def test_a_live_recording_is_whole_and_one_that_broke_off_is_not(tmp_path, form, options):
    codec, voice = {"webm": ("libvpx-vp9", "libopus"), "vob": ("mpeg2video", "mp2")}.get(
        form, ("libx264", "aac")
    )
    source = clip(tmp_path / "a.mkv", range(60), codec=codec, voice=voice, pictures=noisy(60))
    pipe = Pipe()
    with av.open(str(source)) as given, av.open(pipe, "w", format=form, options=options) as out:
        streams = {stream.index: out.add_stream_from_template(stream) for stream in given.streams}
        for packet in given.demux():
            if packet.size:
                packet.stream = streams[packet.stream.index]
                out.mux(packet)
    (tmp_path / "live").write_bytes(pipe.data)
    opened, frames = read(tmp_path / "live")
    assert len(frames) == 60 and not opened.truncated
    (tmp_path / "live").write_bytes(pipe.data[: len(pipe.data) * 97 // 100 - 1])
    opened, frames = read(tmp_path / "live")
    assert 0 < len(frames) <= 60 and opened.truncated


def test_a_gif_ends_with_its_last_byte(tmp_path):
    path, images = tmp_path / "a.gif", [numbered(i).quantize() for i in range(12)]
    images[0].save(path, save_all=True, append_images=images[1:], duration=40)
    data = path.read_bytes()
    assert not is_cut_off(path, "gif") and numbers(read(path)[1]) == list(range(12))
    path.write_bytes(data + b"\0\0junk")
    assert not is_cut_off(path, "gif")
    for length in range(len(data) // 3, len(data), 7):
        path.write_bytes(data[:length])
        assert is_cut_off(path, "gif"), length


def test_a_part_that_is_all_there_is_no_loss(tmp_path):
    path = film(tmp_path, "mkv", 40)
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 9 // 10])
    opened = Clip.open(path)
    assert len(list(opened.frames(end=0.4))) == 10 and not opened.truncated and opened.notes == []


def test_a_format_without_lengths_tells_nothing(tmp_path):
    path = clip(tmp_path / "a.h264")
    path.write_bytes(path.read_bytes()[:-20])
    assert not is_cut_off(path, "h264") and not is_cut_off(tmp_path / "none", "avi")
