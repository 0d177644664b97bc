"""Files of flow and of masks, against bytes made by hand."""

import struct

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impasto.errors import PictureError
from impasto.media.flow_file import read_flow, read_reliability, write_flow

BYTES = struct.pack("<fii", 202021.25, 2, 1) + struct.pack("<ffff", 1.5, -2.0, 0.25, 1e9)


def test_a_flow_is_read_and_written_as_its_bytes(tmp_path):
    path = tmp_path / "forward_1_2.flo"
    path.write_bytes(BYTES)
    flow = read_flow(path)
    assert flow.dtype == torch.float32 and flow.tolist() == [[[[1.5, 0.25]], [[-2.0, 1e9]]]]
    path.unlink()
    write_flow(path, flow)
    assert path.read_bytes() == BYTES and [one.name for one in tmp_path.iterdir()] == [path.name]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(st.integers(1, 20), st.integers(1, 20))
def test_a_flow_comes_back_as_it_was(tmp_path, height, width):
    flow = torch.randn(1, 2, height, width) * 30
    write_flow(tmp_path / "a.flo", flow)
    assert torch.equal(read_flow(tmp_path / "a.flo"), flow)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "begins with b'PIEH', this one with b''"),
        (b"P5\n2 1\n255\n" + bytes(20), "this one with b'P5"),
        (BYTES[:9], "header says 0x0 px"),
        (BYTES[:-1], "truncated or damaged: 2x1 px need 16 bytes, got 15"),
        (BYTES + b"x", "2x1 px need 16 bytes, got 17"),
        (struct.pack("<fii", 202021.25, -2, 1) + BYTES[12:], "header says -2x1 px"),
        (struct.pack("<fii", 202021.25, 2**31 - 1, 2**31 - 1), "got 0"),
    ],
)
def test_a_damaged_flow_is_refused_in_one_line(tmp_path, data, words):
    (tmp_path / "a.flo").write_bytes(data)
    with pytest.raises(PictureError) as caught:
        read_flow(tmp_path / "a.flo")
    message = str(caught.value)
    assert (
        "a.flo'" in message and words in message and message.endswith("make it again") and "\n" not in message
    )


def test_a_mask_is_read(tmp_path):
    path = tmp_path / "reliable_2_1.pgm"
    for head in (b"P5\n3 2\n255\n", b"P5 3 2 255 ", b"P5\n# made by a program\n3 2\n255\n"):
        path.write_bytes(head + bytes([0, 51, 255, 102, 10, 35]))
        weights = read_reliability(path)
        assert weights.shape == (1, 1, 2, 3)
        assert np.allclose(weights[0, 0], [[0, 0.2, 1], [0.4, 10 / 255, 35 / 255]])


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "binary PGM"),
        (b"P6\n3 2\n255\n" + bytes(18), "binary PGM"),
        (b"P5\n3 2\n65535\n" + bytes(12), "8 bits"),
        (b"P5\n3 2\n0\n" + bytes(6), "8 bits"),
        (b"P5\n3 2\n255\n" + bytes(5), "3x2 px need 6 bytes, got 5"),
        (b"P5\n0 2\n255\n", "header says 0x2 px"),
        (b"P5\n999999 999999\n255\n", "got 0"),
    ],
)
def test_a_damaged_mask_is_refused_in_one_line(tmp_path, data, words):
    (tmp_path / "a.pgm").write_bytes(data)
    with pytest.raises(PictureError) as caught:
        read_reliability(tmp_path / "a.pgm")
    assert "a.pgm'" in str(caught.value) and words in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.parametrize("read", [read_flow, read_reliability])
def test_a_missing_file_or_a_folder_is_named(tmp_path, read):
    with pytest.raises(PictureError, match="no file '.*none.flo'; check the path"):
        read(tmp_path / "none.flo")
    with pytest.raises(PictureError, match="cannot read"):
        read(tmp_path)
