"""The guide to the API: what it shows is run, as it stands, against a studio."""

import re
import shutil
import subprocess
import sys

import pytest
from PIL import Image
from studios import config_of, running

from conftest import ROOT, blobs
from queue_worker import Process

GUIDE = ROOT / "docs" / "how-to" / "api.md"
ADDRESS = "http://127.0.0.1:8300"


@pytest.fixture
def folder(tmp_path, nursery):
    """A folder with pictures, beside a local studio with a worker, and the studio's address."""
    for name, seed in (("photo.jpg", 1), ("painting.jpg", 2)):
        Image.fromarray(blobs(96, 128, seed)).save(tmp_path / name)
    config = config_of(tmp_path, local=True)
    with running(config) as server:
        worker = Process(nursery, config.database, config.store, tmp_path / "worker", "quick")
        yield tmp_path, server.url
        worker.kill()


def run(command, place):
    return subprocess.run(command, cwd=place, capture_output=True, text=True, timeout=180, check=False)


def blocks(language):
    text = GUIDE.read_text(encoding="utf-8")
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


@pytest.mark.skipif(not shutil.which("curl"), reason="needs curl")
def test_the_guide_s_curl_paints_a_picture(folder):
    place, url = folder
    script = "set -e\n" + "".join(block for block in blocks("sh") if "curl" in block).replace(ADDRESS, url)
    said = run(["sh", "-c", script], place)
    assert said.returncode == 0, said.stderr
    assert "event: job" in said.stdout and '"kind":"stylize"' in said.stdout
    with Image.open(place / "out.png") as image:
        assert max(image.size) == 256


def test_the_guide_s_python_paints_a_picture(folder):
    place, url = folder
    (script,) = blocks("python")
    file = place / "guide.py"
    file.write_text(script.replace(ADDRESS, url), encoding="utf-8")
    said = run([sys.executable, str(file)], place)
    assert said.returncode == 0, said.stderr
    assert said.stdout == "strength 80\n"
    with Image.open(place / "out.png") as image:
        assert max(image.size) == 256
