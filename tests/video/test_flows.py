"""The flows of a film: found once, ahead, kept, and read from files."""

import threading

import numpy as np
import pytest
import torch

from clips import HEIGHT, WIDTH, pan
from impasto.errors import PictureError, SettingsError
from impasto.media.flow_file import read_flow, write_flow
from impasto.video import flows as module
from impasto.video.consistency import reliability
from impasto.video.flow import estimator
from impasto.video.flows import AHEAD, HELD, Flows, name_of
from impasto.video.frame import grey

FILM = pan("coffee.png", 4, 2.0)


@pytest.fixture
def flows(tmp_path):
    with Flows(FILM.__getitem__, "dis", tmp_path / "kept") as flows:
        yield flows


def flow_files(folder, pairs=((0, 1), (1, 0))):
    for i, j in pairs:
        write_flow(folder / name_of(i, j), estimator("dis")(grey(FILM[i]), grey(FILM[j])))


def test_flows_and_weights_are_those_of_the_two_frames(flows):
    there, back = (estimator("dis")(grey(FILM[i]), grey(FILM[j])) for i, j in ((1, 0), (0, 1)))
    assert torch.equal(flows.flow(1, 0), there) and torch.equal(flows.flow(0, 1), back)
    assert torch.equal(flows.reliability(1, 0), reliability(there, back))
    assert flows.flow(1, 0)[0, 0].median() == pytest.approx(2, abs=0.2)


def test_they_are_kept_under_the_names_of_ruders_program_and_not_found_again(flows, tmp_path, monkeypatch):
    expected = flows.flow(1, 0), flows.reliability(1, 0)
    assert sorted(path.name for path in (tmp_path / "kept").iterdir()) == [
        "backward_2_1.flo",
        "forward_1_2.flo",
    ]
    assert torch.equal(read_flow(tmp_path / "kept/backward_2_1.flo"), expected[0])
    monkeypatch.setattr(module, "estimator", lambda method: pytest.fail)
    with Flows(FILM.__getitem__, "dis", tmp_path / "kept") as again:
        assert torch.equal(again.flow(1, 0), expected[0]) and torch.equal(
            again.reliability(1, 0), expected[1]
        )


def test_a_kept_flow_that_is_damaged_or_of_another_size_is_found_again(flows, tmp_path):
    expected, path = flows.flow(1, 0), tmp_path / "kept/backward_2_1.flo"
    for data in (b"", b"PIEH", path.read_bytes()[:-1]):
        path.write_bytes(data)
        with Flows(FILM.__getitem__, "dis", tmp_path / "kept") as again:
            assert torch.equal(again.flow(1, 0), expected)
        assert torch.equal(read_flow(path), expected)
    write_flow(path, torch.zeros(1, 2, 20, 30))
    with Flows(FILM.__getitem__, "dis", tmp_path / "kept") as again:
        assert torch.equal(again.flow(1, 0), expected)


def test_where_nothing_can_be_kept_the_work_goes_on(tmp_path):
    (tmp_path / "kept").write_text("a file where the folder should be")
    with Flows(FILM.__getitem__, "dis", tmp_path / "kept") as flows:
        assert flows.trouble == ""
        assert flows.flow(1, 0).shape == (1, 2, HEIGHT, WIDTH)
        assert flows.trouble.startswith("flows are no longer saved: ") and "\n" not in flows.trouble
        assert flows.flow(2, 1).shape == (1, 2, HEIGHT, WIDTH)


def test_a_full_disk_leaves_no_part_of_a_file(tmp_path, monkeypatch):
    def full(descriptor):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("impasto.media.image.os.fsync", full)
    with Flows(FILM.__getitem__, "dis", tmp_path) as flows:
        flows.flow(1, 0)
        assert "No space left on device" in flows.trouble
    assert not list(tmp_path.iterdir())


def test_ahead_works_in_a_thread_while_something_else_goes_on():
    asked, begun, threads = [], threading.Event(), set()

    def frames(i):
        asked.append(i)
        threads.add(threading.current_thread())
        begun.set()
        return FILM[i]

    with Flows(frames, "dis") as flows:
        flows.ahead([(1, 0)])
        assert begun.wait(10)
        weights = flows.reliability(1, 0)
        flows.flow(1, 0), flows.flow(0, 1)
        assert weights.shape == (1, 1, HEIGHT, WIDTH)
    assert sorted(asked) == [0, 1]  # each frame was asked for once
    assert len(threads) == 1 and threading.current_thread() not in threads


def test_what_goes_wrong_ahead_is_raised_where_it_is_asked_for():
    def frames(i):
        if i == 2:
            raise PictureError("frame 3 is damaged")
        return FILM[i]

    with Flows(frames, "dis") as flows:
        flows.ahead([(2, 1), (1, 0)])
        assert flows.flow(1, 0).shape == (1, 2, HEIGHT, WIDTH)
        with pytest.raises(PictureError, match="frame 3 is damaged"):
            flows.reliability(2, 1)


def test_memory_is_bounded():
    small = [frame[:16, :24] for frame in FILM]
    with Flows(lambda i: small[i % 4], "dis") as flows:
        flows.ahead((i + 1, i) for i in range(100))
        assert len(flows._futures) == 2 * AHEAD
        for i in range(40):
            flows.reliability(i + 1, i)
        assert max(map(len, (flows._futures, flows._results, flows._greys))) <= HELD


def test_closing_gives_up_what_nobody_asked_for():
    release, asked = threading.Event(), []

    def frames(i):
        asked.append(i)
        release.wait(10)
        return FILM[i % 4]

    flows = Flows(frames, "dis")
    flows.ahead((i + 1, i) for i in range(3))
    threading.Timer(0.05, release.set).start()
    flows.close()
    assert set(asked) <= {0, 1}


def test_flows_are_read_from_a_folder(tmp_path, monkeypatch):
    flow_files(tmp_path)
    (tmp_path / "reliable_2_1.pgm").write_bytes(
        b"P5\n%d %d\n255\n" % (WIDTH, HEIGHT) + bytes([51] * (WIDTH * HEIGHT))
    )
    monkeypatch.setattr(module, "estimator", lambda method: pytest.fail)
    with Flows(FILM.__getitem__, str(tmp_path), tmp_path / "kept") as flows:
        assert torch.equal(flows.flow(1, 0), read_flow(tmp_path / "backward_2_1.flo"))
        assert torch.allclose(flows.reliability(1, 0), torch.full((1, 1, HEIGHT, WIDTH), 0.2))
        # No mask of that one: it comes of the two flows.
        assert torch.equal(flows.reliability(0, 1), reliability(flows.flow(0, 1), flows.flow(1, 0)))
    assert not (tmp_path / "kept").exists()


def test_a_missing_or_wrong_file_of_a_folder_is_named(tmp_path):
    flow_files(tmp_path, [(0, 1)])
    write_flow(tmp_path / name_of(2, 1), torch.zeros(1, 2, 20, 30))
    (tmp_path / "reliable_1_2.pgm").write_bytes(b"P5\n3 2\n255\n" + bytes(6))
    with Flows(FILM.__getitem__, str(tmp_path)) as flows:
        with pytest.raises(
            PictureError, match="no file '.*backward_2_1.flo' for the flow from frame 2 to frame 1; create it"
        ):
            flows.flow(1, 0)
        with pytest.raises(
            PictureError, match=f"'.*backward_3_2.flo' has 30x20 px, but the frames have {WIDTH}x{HEIGHT}"
        ):
            flows.flow(2, 1)
        with pytest.raises(
            PictureError, match=f"'.*reliable_1_2.pgm' has 3x2 px, but the frames have {WIDTH}x{HEIGHT}"
        ):
            flows.reliability(0, 1)


def test_a_folder_that_is_not_there_is_no_method(tmp_path):
    with pytest.raises(SettingsError, match="or a folder of .flo files, got '.*none'"):
        Flows(FILM.__getitem__, str(tmp_path / "none"))


def test_tensors_are_frames_too():
    tensors = [torch.from_numpy(frame.astype(np.float32)).permute(2, 0, 1)[None] for frame in FILM]
    with Flows(tensors.__getitem__, "dis") as flows, Flows(FILM.__getitem__, "dis") as others:
        assert torch.equal(flows.flow(1, 0), others.flow(1, 0))
