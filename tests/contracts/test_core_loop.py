"""The core loop in the docs is the method: short, and it paints."""

import runpy

from conftest import ROOT, blobs
from impasto.media.image import load
from impasto.stills.judge import judge

SCRIPT = ROOT / "docs/core_loop.py"


def test_the_core_loop_paints(capsys):
    module = runpy.run_path(str(SCRIPT))
    photo, painting = blobs(48, 64, 1), blobs(64, 48, 2)
    settings = module["settings"].with_changes(size=64, start_size=32, steps=20)
    painted = module["paint"](load(photo), load(painting), settings)
    assert painted.shape == (1, 3, 48, 64)
    picture = painted[0].permute(1, 2, 0).clamp(0, 255).round().byte().numpy()
    before, after = (judge(one, photo, painting).layers for one in (photo, picture))
    names = {layer.name for layer in settings.style_layers} & before.keys()
    assert sum(after[name] for name in names) < sum(before[name] for name in names) / 3
    assert "step 0" in capsys.readouterr().err


def test_the_core_loop_is_read_in_a_minute():
    assert len(SCRIPT.read_text(encoding="utf-8").splitlines()) <= 60
