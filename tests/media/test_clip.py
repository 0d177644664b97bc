"""Films read frame by frame: each frame's brightness is its number."""

import subprocess
import sys
from fractions import Fraction

import av
import numpy as np
import pytest
from madeup import SIZE, clip, damage, numbered, numbers, packets, plain
from PIL import Image

from impasto.errors import PictureError, SettingsError
from impasto.media import libav
from impasto.media.clip import Clip

HALVES = [
    (Image.Transpose.ROTATE_90, (90, False)),
    (Image.Transpose.ROTATE_180, (180, False)),
    (Image.Transpose.ROTATE_270, (-90, False)),
]
MIRRORED = [(Image.Transpose.FLIP_LEFT_RIGHT, (0, True)), (Image.Transpose.FLIP_TOP_BOTTOM, (180, True))]


def read(path, **span):
    opened = Clip.open(path)
    return opened, list(opened.frames(**span))


def times(frames, rate=25):
    return [frame.time * rate for frame in frames]


def colour(path):
    _, frames = read(path)
    return np.asarray(frames[0].image).reshape(-1, 3).mean(axis=0)


@pytest.mark.parametrize(
    ("ending", "codec"),
    [
        (".mp4", "libx264"),
        (".mkv", "libx264"),
        (".ts", "libx264"),
        (".webm", "libvpx-vp9"),
        (".h264", "libx264"),
        (".flv", "libx264"),
    ],
)
def test_every_frame_comes_once_in_order_and_at_its_time(tmp_path, ending, codec):
    opened, frames = read(clip(tmp_path / f"a{ending}", codec=codec))
    assert numbers(frames) == list(range(25)) and times(frames) == list(range(25))
    assert {frame.duration for frame in frames} == {Fraction(1, 25)} and not any(
        frame.damaged for frame in frames
    )
    assert opened.name == "a" and opened.size == SIZE and opened.rate == 25 and opened.count in (25, None)
    assert (
        abs(opened.seconds - 1) <= Fraction(2, 25)
        and not opened.sound
        and not opened.truncated
        and opened.notes == []
    )
    assert all(frame.image.mode == "RGB" and frame.image.size == SIZE[::-1] for frame in frames)


def test_a_clip_without_times_of_pictures_is_read_in_order(tmp_path):
    opened, frames = read(
        clip(tmp_path / "a.avi", codec="mpeg4", options={"bf": "2", "qmin": "1", "qmax": "2"})
    )
    assert numbers(frames) == list(range(25)) and times(frames) == list(range(25)) and opened.count == 25


@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".ts", ".h264"])
@pytest.mark.parametrize(
    "options", [{"bf": "3"}, {"x264-params": "open-gop=1:keyint=8:min-keyint=8:bframes=3:scenecut=0"}]
)
def test_a_span_begins_with_the_frame_that_is_on_the_screen(tmp_path, ending, options):
    opened = Clip.open(clip(tmp_path / f"a{ending}", range(50), options=options))
    for start, end in ((0, 2), (0.5, 0.7), (1.3, 1.96), (1.98, None)):
        frames = list(opened.frames(start, end))
        first, last = int(start * 25), 49 if end is None else int(end * 25 - 0.001)
        assert numbers(frames) == list(range(first, last + 1))
        assert frames[0].time == 0 and frames[-1].end == Fraction(str(end or 2)) - Fraction(str(start))


def test_where_nothing_is_in_a_span_it_is_told(tmp_path):
    opened = Clip.open(clip(tmp_path / "a.mp4"))
    with pytest.raises(
        SettingsError, match="start must be before the end of 'a' at 1 s, got 2 s; start earlier"
    ):
        opened.frames(start=2)
    with pytest.raises(SettingsError, match="got 0.5 to 0.5 s"):
        opened.frames(start=0.5, end=0.5)


def test_variable_times_are_kept_and_a_late_first_one_is_zero(tmp_path):
    ticks = [1000, 1040, 1100, 1110, 1500, 2000]
    for ending in (".mp4", ".mkv"):
        opened, frames = read(clip(tmp_path / f"a{ending}", ticks, base=Fraction(1, 1000)))
        assert numbers(frames) == list(range(6)) and times(frames, 1000) == [tick - 1000 for tick in ticks]
        assert [frame.duration * 1000 for frame in frames[:-1]] == [40, 60, 10, 390, 500]
        assert numbers(opened.frames(start=0.2)) == [3, 4, 5] and numbers(opened.frames(fps=10))[:10] == [
            1,
            3,
            3,
            3,
            3,
            4,
            4,
            4,
            4,
            4,
        ]


def test_another_rate_takes_the_nearest_frames(tmp_path):
    opened = Clip.open(clip(tmp_path / "a.mp4"))
    assert numbers(opened.frames(fps=5)) == [2, 7, 12, 17, 22]
    assert numbers(opened.frames(fps=50)) == [i // 2 for i in range(50)]
    assert times(opened.frames(0.2, 0.6, fps=10), 10) == [0, 1, 2, 3]


def test_what_an_edit_list_hides_is_not_shown(tmp_path):
    clip(tmp_path / "a.mp4", options={"bf": "2"})
    with av.open(str(tmp_path / "a.mp4")) as source, av.open(str(tmp_path / "b.mp4"), "w") as out:
        stream = out.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                packet.pts -= round(Fraction(5, 25) / packet.time_base)
                packet.dts -= round(Fraction(5, 25) / packet.time_base)
                packet.stream = stream
                out.mux(packet)
    opened, frames = read(tmp_path / "b.mp4")
    assert numbers(frames) == list(range(5, 25)) and times(frames) == list(range(20)) and not opened.truncated
    assert not any(frame.damaged for frame in frames) and numbers(opened.frames(start=0.4)) == list(
        range(15, 25)
    )


@pytest.mark.parametrize(("transpose", "turned"), HALVES + MIRRORED)
def test_pictures_are_turned_upright(tmp_path, transpose, turned):
    corner = np.full((*SIZE, 3), 40, np.uint8)
    corner[:24, :32] = (200, 80, 80)
    corner[24:, :32] = (80, 80, 200)
    stored = [av.VideoFrame.from_ndarray(corner) for _ in range(3)]
    opened, frames = read(clip(tmp_path / "a.mp4", range(3), pictures=stored, turned=turned))
    expected = Image.fromarray(corner).transpose(transpose)
    assert opened.size == (expected.height, expected.width) == frames[0].image.size[::-1]
    assert np.abs(np.asarray(frames[0].image).astype(int) - np.asarray(expected)).mean() < 4


@pytest.mark.parametrize(
    ("aspect", "size"),
    [(Fraction(4, 3), (48, 85)), (Fraction(8, 9), (54, 64)), (Fraction(1), SIZE), (Fraction(0), SIZE)],
)
def test_pixels_become_square_and_no_line_is_lost(tmp_path, aspect, size):
    opened, frames = read(clip(tmp_path / "a.mp4", range(3), sample_aspect_ratio=aspect))
    assert opened.size == size == frames[2].image.size[::-1] and numbers(frames) == [0, 1, 2]


def rgb(y, u, v, *, red=0.2126, blue=0.0722, full=False):
    """H.273: numbers of a matrix and a range as R'G'B' in 0 to 255."""
    luma, pb, pr = (
        (y / 255, (u - 128) / 255, (v - 128) / 255)
        if full
        else ((y - 16) / 219, (u - 128) / 224, (v - 128) / 224)
    )
    r, b = luma + 2 * (1 - red) * pr, luma + 2 * (1 - blue) * pb
    return np.clip(np.array([r, (luma - red * r - blue * b) / (1 - red - blue), b]) * 255, 0, 255)


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize(
    ("matrix", "ratios"),
    [
        (1, {}),
        (5, {"red": 0.299, "blue": 0.114}),
        (6, {"red": 0.299, "blue": 0.114}),
        (9, {"red": 0.2627, "blue": 0.0593}),
    ],
)
def test_matrix_and_range_are_the_files(tmp_path, matrix, ratios, full):
    for number, yuv in enumerate(
        [(120, 90, 180), (200, 150, 110), (60, 128, 128), (235, 128, 128), (16, 128, 128)]
    ):
        path = clip(
            tmp_path / f"{number}.mp4",
            range(1),
            pictures=[plain(*yuv)],
            options={"crf": "1"},
            colorspace=matrix,
            color_range=2 if full else 1,
        )
        assert colour(path) == pytest.approx(rgb(*yuv, full=full, **ratios), abs=1.5)


def test_a_file_that_names_no_matrix_goes_by_its_size(tmp_path):
    yuv, ratios = (120, 90, 180), {"red": 0.299, "blue": 0.114}
    small = clip(tmp_path / "small.mp4", range(1), pictures=[plain(*yuv)], options={"crf": "1"})
    large = clip(
        tmp_path / "large.mp4",
        range(1),
        pictures=[plain(*yuv, (32, 1280))],
        size=(32, 1280),
        options={"crf": "1"},
    )
    assert colour(small) == pytest.approx(rgb(*yuv, **ratios), abs=1.5) and colour(large) == pytest.approx(
        rgb(*yuv), abs=1.5
    )


def test_transparent_parts_of_a_gif_are_white(tmp_path):
    images = []
    for number in range(3):
        image = Image.new("RGBA", SIZE[::-1], (0, 0, 0, 0))
        image.paste((200, 30, 30, 255), (0, 0, 10 + number, 48))
        images.append(image)
    images[0].save(
        tmp_path / "a.gif", save_all=True, append_images=images[1:], duration=[40, 100, 60], disposal=2
    )
    opened, frames = read(tmp_path / "a.gif")
    assert [frame.time * 100 for frame in frames] == [0, 4, 14] and frames[
        -1
    ].end == opened.seconds == Fraction(1, 5)
    assert [frame.image.getpixel((63, 5)) for frame in frames] == [(255, 255, 255)] * 3 and opened.count == 3
    assert [(np.asarray(frame.image)[0, :, 1] < 128).sum() for frame in frames] == [10, 11, 12]
    assert opened.notes == ["transparent parts are shown on white (#ffffff)"]


def noisy(count):
    noise = np.random.default_rng(7).normal(0, 20, (*SIZE, 3))
    return [
        av.VideoFrame.from_ndarray(np.clip(noise + 20 + 4 * i + 40, 0, 255).astype(np.uint8))
        for i in range(count)
    ]


@pytest.mark.parametrize("ending", [".mp4", ".mkv"])
def test_a_damaged_picture_costs_one_frame(tmp_path, ending):
    path = clip(tmp_path / f"a{ending}", pictures=noisy(25), options={"g": "1"})
    whole = numbers(read(path)[1])
    opened, frames = read(damage(path, 10))
    assert numbers(frames) == [*whole[:10], whole[9], *whole[11:]] and times(frames) == list(range(25))
    assert [i for i, frame in enumerate(frames) if frame.damaged] == [10] and not opened.truncated
    assert opened.notes == ["1 damaged frame, each replaced by the one before"]


@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".ts", ".avi"])
def test_times_go_on_after_a_damaged_picture_that_others_need(tmp_path, ending):
    path = clip(
        tmp_path / f"a{ending}",
        codec="mpeg4" if ending == ".avi" else "libx264",
        pictures=noisy(25),
        options={"g": "250"},
    )
    _, frames = read(damage(path, 10))
    assert times(frames) == list(range(25)) and sum(frame.damaged for frame in frames) >= 1


@pytest.mark.parametrize("ending", [".mp4", ".mkv", ".avi"])
def test_of_a_file_that_is_cut_off_comes_what_is_there(tmp_path, ending):
    path = clip(
        tmp_path / f"a{ending}",
        codec="mpeg4" if ending == ".avi" else "libx264",
        pictures=noisy(25),
        options={"g": "1"},
    )
    whole = numbers(read(path)[1])
    at, _ = packets(path)[15]
    path.write_bytes(path.read_bytes()[: at + 20])
    opened, frames = read(path)
    assert (
        14 <= len(frames) <= 16
        and numbers(frames)[:14] == whole[:14]
        and times(frames) == list(range(len(frames)))
    )
    assert opened.truncated and opened.notes[-1] == "the file is truncated; the readable part was used"
    assert numbers(opened.frames(end=0.2)) == whole[:5]


def test_memory_holds_few_pictures(tmp_path):
    opened = Clip.open(clip(tmp_path / "a.mp4", range(200)))
    alive, most = [], 0
    import weakref

    for frame in opened.frames():
        alive = [one for one in (*alive, weakref.ref(frame.image)) if one() is not None]
        most = max(most, len(alive))
    assert most <= 3


def test_files_that_are_no_film_are_told_in_one_line(tmp_path):
    (tmp_path / "a.txt").write_text("words\n" * 100)
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "junk.mp4").write_bytes(np.random.default_rng(0).bytes(9999))
    numbered(1).save(tmp_path / "a.png")
    numbered(1).save(tmp_path / "a.jpg")
    (tmp_path / "list.m3u8").write_text(
        "#EXTM3U\n#EXT-X-TARGETDURATION:1\n#EXTINF:1,\na.ts\n#EXT-X-ENDLIST\n"
    )
    with av.open(str(tmp_path / "sound.mp4"), "w") as out:
        stream = out.add_stream("aac", rate=48000)
        frame = av.AudioFrame.from_ndarray(np.zeros((2, 4800), np.float32), format="fltp")
        frame.sample_rate = 48000
        out.mux(stream.encode(frame) + stream.encode(None))
    cases = {
        "none.mp4": "no file '.*none.mp4'; check the path",
        "sound.mp4": "'.*sound.mp4' has sound but no moving picture; name a film",
    }
    for name in ("a.txt", "empty.mp4", "junk.mp4", "a.png", "a.jpg", "list.m3u8"):
        cases[name] = f"'.*{name}' is (a picture, )?not a (readable )?film"
    for name, message in cases.items():
        with pytest.raises(PictureError, match=message) as caught:
            Clip.open(tmp_path / name)
        assert "\n" not in str(caught.value) and ";" in str(caught.value)


def test_no_frame_at_all_is_told(tmp_path):
    path = clip(tmp_path / "a.mkv", range(1))
    at, length = packets(path)[0]
    data = bytearray(path.read_bytes())
    data[at + 4 : at + 4 + length] = bytes(length)
    path.write_bytes(data)
    with pytest.raises(
        PictureError, match="has no frame that can be decoded; take another copy, or convert it to MP4"
    ):
        Clip.open(path)


def test_libav_says_nothing_itself(tmp_path):
    path = damage(clip(tmp_path / "a.mp4", pictures=noisy(25)), 3)
    script = f"from impasto.media.clip import Clip; print(len(list(Clip.open({str(path)!r}).frames())))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "25\n" and done.stderr == ""


def test_without_pyav_one_line_says_what_brings_it(tmp_path, monkeypatch):
    path = clip(tmp_path / "a.mp4", range(1))
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(
        SettingsError, match=r"films need PyAV; install it with pip install 'impasto\[video\]'"
    ):
        Clip.open(path)
    with pytest.raises(SettingsError, match="PyAV"):
        libav.need_pyav()
