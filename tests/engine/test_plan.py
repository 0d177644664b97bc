import pytest
import torch

from impasto.engine import device, plan
from impasto.engine.device import choose_device
from impasto.errors import MemoryShortage, SettingsError
from impasto.settings import Settings


def test_memory_grows_with_the_picture_and_the_depth():
    needs = [plan.bytes_needed((size, size), Settings()) for size in (256, 512, 1024, 2048)]
    assert needs == sorted(needs) and needs[3] > 3 * needs[2]
    assert plan.activation_bytes(["conv1_1"]) < plan.activation_bytes(["conv5_1"])


def test_a_shortage_names_a_size_that_fits():
    settings = Settings(size=4096)
    with pytest.raises(MemoryShortage, match=r"a picture of 4096 px needs about \d+\.\d GB, and 8\.0 GB is free; --size (\d+) needs about") as caught:
        plan.check_memory((2731, 4096), settings, 8_000_000_000)
    advised = int(str(caught.value).split("--size ")[1].split()[0])
    plan.check_memory((advised * 2 // 3, advised), settings, 8_000_000_000)
    plan.check_memory((2731, 4096), settings, None)
    assert "--size" in plan.shortage((2731, 4096), settings, None)
    assert "more memory" in plan.shortage((512, 512), settings, 1000)


def test_a_container_limit_counts(tmp_path):
    assert plan._cgroup_free(tmp_path) is None
    (tmp_path / "memory.max").write_text("max\n")
    assert plan._cgroup_free(tmp_path) is None
    (tmp_path / "memory.max").write_text("1000\n")
    (tmp_path / "memory.current").write_text("400\n")
    assert plan._cgroup_free(tmp_path) == 600


@pytest.mark.parametrize(("cuda", "mps", "chosen"), [(True, False, "cuda"), (False, True, "mps"), (False, False, "cpu"), (True, True, "cuda")])
def test_auto_takes_the_fastest_device_there_is(monkeypatch, cuda, mps, chosen):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: cuda)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: mps)
    assert choose_device("auto").type == chosen
    assert choose_device("cpu").type == "cpu"
    if not cuda:
        with pytest.raises(SettingsError, match="no 'cuda' device is to be found on this machine; there is"):
            choose_device("cuda")
    with pytest.raises(SettingsError, match="unknown device 'tpu'"):
        choose_device("tpu")


def test_free_memory_is_known_on_linux():
    free = device.free_memory(torch.device("cpu"))
    assert free is None or free > 0
