"""The flows of a film: found as they are needed or ahead of it, or read from files, and kept."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TypeVar

from cachetools import LRUCache
from torch import Tensor

from impasto.errors import OutputError, PictureError
from impasto.media.flow_file import flow_size, read_flow, read_reliability, write_flow
from impasto.media.paths import is_file, is_folder
from impasto.video.consistency import reliability
from impasto.video.flow import METHODS, Estimator, estimator
from impasto.video.frame import Frame, Grey, grey

HELD = 16
"""Flows and weights that stay in memory, and frames."""

AHEAD = 4
"""Pairs that are worked on ahead at most: two flows and a weight each, so that none is put out before it is asked for."""

Pair = tuple[int, int]
_T = TypeVar("_T")


def _once(cache: LRUCache[Hashable, _T], key: Hashable, make: Callable[[], _T]) -> _T:
    """Return the value of a key, made if it is not there."""
    if key not in cache:
        cache[key] = make()
    return cache[key]


class Flows:
    """Flows between frames, numbered from 0, and the weights with which they are trusted.

    `frames` gives frame i; it is called in a thread of its own, one call at a time. `method` is one of flow.METHODS, or a
    folder from which flows are read as Ruder's program names them, counted from 1: `forward_1_2.flo` from frame 1 to 2,
    `backward_2_1.flo` back, and `reliable_2_1.pgm`, where it is there, for what of `backward_2_1` can be trusted.

    In a folder `kept` flows that were found are written under the same names, and taken from there the next time: it must
    be of these frames, at this size, and of this method. Where one cannot be written, as on a full disk, no more are
    kept, `trouble` says so in a line, and nothing else is lost.

    Raises SettingsError where the method is none or lacks its library. One thread may ask; close it in the end.
    """

    def __init__(self, frames: Callable[[int], Frame], method: str, kept: Path | None = None):
        self.trouble = ""
        self._frames = frames
        self._folder = Path(method) if method and method not in METHODS and is_folder(method) else None
        self._estimate: Estimator | None = None if self._folder else estimator(method)
        self._kept = None if self._folder else kept
        self._worker = ThreadPoolExecutor(1, "flow")
        self._asked: LRUCache[Hashable, Future[Tensor]] = LRUCache(HELD)
        self._made: LRUCache[Hashable, Tensor] = LRUCache(
            HELD
        )  # this and the next belong to the worker alone
        self._greys: LRUCache[Hashable, Grey] = LRUCache(HELD)

    def flow(self, i: int, j: int) -> Tensor:
        """Return where each pixel of frame i lies in frame j, float32 `(1, 2, H, W)` in pixels, x then y.

        Raises PictureError where a file is missing, damaged or of another size, and what `frames` raises.
        """
        return self._ask(self._flow, i, j).result()

    def reliability(self, i: int, j: int) -> Tensor:
        """Return the weight c `(1, 1, H, W)` in 0 to 1 with which frame j, warped into i by `flow(i, j)`, is trusted; raises as `flow`."""
        return self._ask(self._reliability, i, j).result()

    def check(self, pairs: Iterable[Pair]) -> None:
        """Raise PictureError where flows are read from files and one that these pairs need is missing or of another size, before any work is done."""
        for i, j in dict.fromkeys(pairs) if self._folder else ():
            for one, other in ((i, j),) if self._published(i, j) is not None else ((i, j), (j, i)):
                path = self._there(one, other)
                self._check_size(flow_size(path), one, path)

    def ahead(self, pairs: Iterable[Pair]) -> None:
        """Begin with the flows and weights of the first AHEAD pairs; what goes wrong is raised where they are asked for."""
        for i, j in islice(pairs, AHEAD):
            self._ask(self._flow, i, j)
            self._ask(self._reliability, i, j)

    def close(self) -> None:
        """Give up what nobody has asked for, and end the thread."""
        self._worker.shutdown(cancel_futures=True)

    def __enter__(self) -> Flows:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _ask(self, work: Callable[[int, int], Tensor], i: int, j: int) -> Future[Tensor]:
        return _once(self._asked, (work.__name__, i, j), lambda: self._worker.submit(work, i, j))

    def _flow(self, i: int, j: int) -> Tensor:
        return _once(
            self._made, ("flow", i, j), lambda: self._read(i, j) if self._folder else self._found(i, j)
        )

    def _reliability(self, i: int, j: int) -> Tensor:
        def make() -> Tensor:
            published = self._published(i, j)
            return reliability(self._flow(i, j), self._flow(j, i)) if published is None else published

        return _once(self._made, ("reliability", i, j), make)

    def _read(self, i: int, j: int) -> Tensor:
        path = self._there(i, j)
        return self._fitting(read_flow(path), i, path)

    def _there(self, i: int, j: int) -> Path:
        path = (self._folder or Path()) / name_of(i, j)
        if not is_file(path):
            raise PictureError(
                f"no file '{path}', the flow from frame {i + 1} to frame {j + 1}; make it, or choose --flow {METHODS[0]}"
            )
        return path

    def _published(self, i: int, j: int) -> Tensor | None:
        path = self._folder / f"reliable_{i + 1}_{j + 1}.pgm" if self._folder else None
        return self._fitting(read_reliability(path), i, path) if path and is_file(path) else None

    def _fitting(self, found: Tensor, i: int, path: Path) -> Tensor:
        self._check_size((found.shape[2], found.shape[3]), i, path)
        return found

    def _check_size(self, size: tuple[int, int], i: int, path: Path) -> None:
        height, width = self._grey(i).shape
        if size != (height, width):
            raise PictureError(
                f"'{path}' is of {size[1]}x{size[0]} px, the frames are {width}x{height}; paint at its size or make it at theirs"
            )

    def _found(self, i: int, j: int) -> Tensor:
        """Return a flow as it was kept, else as it is found."""
        path = self._kept / name_of(i, j) if self._kept else None
        if path and is_file(path):
            try:
                return self._fitting(read_flow(path), i, path)
            except PictureError:
                pass  # a rest of another run, or cut short by a loss of power: it is written over
        assert self._estimate is not None
        flow = self._estimate(self._grey(i), self._grey(j))
        if path:
            self._keep(path, flow)
        return flow

    def _keep(self, path: Path, flow: Tensor) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_flow(path, flow)
        except (OSError, OutputError) as error:
            self._kept = None
            self.trouble = f"flows are no longer kept: {error}"

    def _grey(self, i: int) -> Grey:
        return _once(self._greys, i, lambda: grey(self._frames(i)))


def name_of(i: int, j: int) -> str:
    """Return the file's name of the flow from frame i to frame j, which are numbered from 0, in Ruder's program from 1."""
    return f"{'forward' if i < j else 'backward'}_{i + 1}_{j + 1}.flo"
