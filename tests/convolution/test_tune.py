import json

import pytest
import torch

from impasto.convolution import tune, ways
from impasto.convolution.tune import PRECISIONS, SIZES, Tuner, strip_of, tuner
from impasto.errors import SettingsError

CPU = torch.device("cpu")
KERNEL = torch.rand(8, 8, 3, 3)


class Slow(ways.Reference):
    name = "slow"
    runs = 0

    def correlate(self, *arguments):
        Slow.runs += 1
        for _ in range(50):
            super().correlate(*arguments)
        return super().correlate(*arguments)


class Broken(ways.Reference):
    name = "broken"

    def correlate(self, *arguments):
        raise RuntimeError("could not create a primitive")


@pytest.fixture
def only(monkeypatch):
    """Let only these ways take part."""

    def choose(*some):
        monkeypatch.setattr(tune, "WAYS", {way.name: way for way in some})
        monkeypatch.setitem(PRECISIONS, "auto", tuple(way.name for way in some))

    return choose


def test_the_fastest_way_wins_and_the_rest_is_not_run_to_the_end(only):
    only(Slow(), ways.Reference())
    Slow.runs = 0
    assert Tuner(CPU).way(KERNEL, 4096).name == "reference"
    assert Slow.runs <= 2 * 2  # forward and backward, twice at most


def test_a_way_that_fails_is_left_out(only):
    only(ways.Reference(), Broken())
    assert Tuner(CPU).way(KERNEL, 4096).name == "reference"


def test_choices_hold_without_timing_and_are_stored_for_the_next_time(monkeypatch, tmp_path):
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path / "deep" / "cache"))
    with torch.no_grad():  # as targets are computed
        first = tuner(CPU).way(KERNEL, 300)
    again = tuner(CPU)
    assert again.choices == {"8x8@256": first.name}
    monkeypatch.setattr(Tuner, "_fastest", None)
    assert again.way(KERNEL, 260) is first


def test_processes_that_begin_together_agree(monkeypatch, tmp_path):
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path))
    one, other = tuner(CPU), tuner(CPU)
    found = one.way(KERNEL, 300)
    with monkeypatch.context() as patch:
        patch.setattr(Tuner, "_fastest", None)
        assert other.way(KERNEL, 300) is found
    other.way(KERNEL, 5000)
    assert tuner(CPU).choices == other.choices and len(other.choices) == 2


def test_what_a_record_leaves_open_is_taken_from_the_cache_and_stored_there_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path))
    found = tuner(CPU).way(KERNEL, 300)
    recorded = tuner(CPU, record="8x8@4096=nnpack")
    with monkeypatch.context() as patch:
        patch.setattr(Tuner, "_fastest", None)
        assert recorded.way(KERNEL, 300) is found
        assert recorded.way(KERNEL, 4096).name == "nnpack"
    recorded.way(KERNEL, 70000)
    assert tuner(CPU).choices.keys() == {"8x8@256", "8x8@16384"}


@pytest.mark.parametrize("text", ["", "{", "[]", '{"8x8@256": "no such way"}', '{"8x8@256": 3}'])
def test_a_spoilt_cache_is_as_good_as_none(monkeypatch, tmp_path, text):
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path))
    one = tuner(CPU)
    one.path.parent.mkdir(exist_ok=True)
    one.path.write_text(text)
    other = tuner(CPU)
    assert other.choices == {}
    other.way(KERNEL, 300)
    assert json.loads(one.path.read_text()) == other.choices


def test_a_cache_that_cannot_be_written_harms_nobody(monkeypatch, tmp_path):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("IMPASTO_CACHE", str(tmp_path / "file" / "cache"))
    one = tuner(CPU)
    assert one.way(KERNEL, 300).name in PRECISIONS["auto"] and one.path is None


def test_the_precision_and_its_variable(monkeypatch):
    assert {way.name for way in tuner(CPU, "float32").candidates()} <= {"reference", "nnpack", "winograd"}
    monkeypatch.setenv("IMPASTO_PRECISION", "reference")
    assert [way.name for way in tuner(CPU).candidates()] == ["reference"]
    monkeypatch.setenv("IMPASTO_PRECISION", "float8")
    with pytest.raises(SettingsError, match="float8"):
        tuner(CPU)


def test_float64_and_gpus_are_not_timed(monkeypatch):
    assert Tuner(CPU).way(KERNEL.double(), 300).name == "reference"
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: True)
    assert Tuner(torch.device("cuda")).way(KERNEL, 300).name == "bf16"
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda including_emulation: False)
    assert Tuner(torch.device("cuda")).way(KERNEL, 300).name == "reference"
    assert Tuner(torch.device("cuda"), "float32").way(KERNEL, 300).name == "reference"


def test_strips_are_short_for_deep_layers():
    assert strip_of(torch.empty(64, 3, 3, 3), 10**7) == max(SIZES)
    assert strip_of(torch.empty(512, 512, 3, 3), 10**7) < max(SIZES)
    assert strip_of(torch.empty(512, 512, 3, 3), 1) == min(SIZES)
