import pytest
import torch

from impasto.engine import memory
from impasto.engine.device import choose_device
from impasto.errors import SettingsError


def test_amounts_in_words():
    amounts = {"8G": 8e9, "8gb": 8e9, "7.5G": 7.5e9, "800M": 8e8, "800 MiB": 8e8, "1T": 1e12, "1024": 1024}
    assert {text: memory.parse_bytes(text) for text in amounts} == amounts
    for text in ("", "G", "8X", "-1G", "0", "nan", "infG", "8 G G"):
        with pytest.raises(SettingsError, match=f"such as 8G or 800M, got '{text}'"):
            memory.parse_bytes(text)


def test_a_containers_limit_counts(tmp_path):
    assert memory._cgroup_free(tmp_path) is None
    (tmp_path / "memory.max").write_text("max\n")
    assert memory._cgroup_free(tmp_path) is None
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("400\n")
    assert memory._cgroup_free(tmp_path) == 600
    (tmp_path / "memory.stat").write_text("anon 300\nfile 100\ninactive_file 70\n")
    assert memory._cgroup_free(tmp_path) == 670


def test_the_limit_leaves_a_reserve_and_counts_what_is_held(monkeypatch):
    cpu = torch.device("cpu")
    monkeypatch.setattr(memory, "bytes_free", lambda: 10_000)
    monkeypatch.setattr(memory, "bytes_held", lambda: 500)
    assert memory.limit(cpu) == 9_500
    monkeypatch.setattr(memory, "bytes_free", lambda: None)
    assert memory.limit(cpu) is None
    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda device: (1000, 2000))
    monkeypatch.setattr(torch.cuda, "memory_reserved", lambda device: 7)
    assert memory.limit(torch.device("cuda")) == 907


def test_what_is_free_is_known_on_linux():
    free = memory.bytes_free()
    assert free is None or free > 0
    assert memory.bytes_held() >= 0


@pytest.mark.parametrize(
    ("cuda", "mps", "chosen"),
    [(True, False, "cuda"), (False, True, "mps"), (False, False, "cpu"), (True, True, "cuda")],
)
def test_auto_takes_the_fastest_device_there_is(monkeypatch, cuda, mps, chosen):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert choose_device("auto").type == chosen
    assert choose_device("cpu").type == "cpu"
    if not cuda:
        with pytest.raises(SettingsError, match="device 'cuda' is not available on this machine; use "):
            choose_device("cuda")
    with pytest.raises(SettingsError, match="unknown device 'tpu'"):
        choose_device("tpu")
