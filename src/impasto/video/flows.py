"""The optical flows of a film: estimated on demand or ahead of time, or read from files, and cached."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from typing import TypeVar

from cachetools import LRUCache
from torch import Tensor

from impasto.errors import OutputError, PictureError, option
from impasto.media.flow_file import flow_size, read_flow, read_reliability, write_flow
from impasto.media.paths import is_file, is_folder
from impasto.video.consistency import reliability
from impasto.video.flow import METHODS, Estimator, estimator
from impasto.video.frame import Frame, Grey, grey

HELD = 16
"""Number of flows and weights, and of frames, cached in memory."""

AHEAD = 4
"""Pairs to compute ahead at most: each has two flows and a weight, which must not be evicted before use."""

Pair = tuple[int, int]
_T = TypeVar("_T")


def _once(cache: LRUCache[Hashable, _T], key: Hashable, make: Callable[[], _T]) -> _T:
    """Return the cached value of a key, computed if missing."""
    if key not in cache:
        cache[key] = make()
    return cache[key]


class Flows:
    """Flows between frames, numbered from 0, and their reliability.

    `frames` returns frame i; it is called in a separate thread, one call at a time. `method` is one of
    flow.METHODS, or a folder of flows named as by Ruder's program, counted from 1: `forward_1_2.flo` from
    frame 1 to 2, `backward_2_1.flo` back, and optionally `reliable_2_1.pgm` for the reliability of
    `backward_2_1`.

    Estimated flows are saved to the folder `kept`, if given, under the same names, and reused from there: it
    must belong to these frames, at this size, and to this method. If saving fails, as on a full disk, no more
    flows are saved and `trouble` is set to a message.

    Raises SettingsError if the method is unknown or its library is missing. Use it from one thread, and close
    it.
    """

    def __init__(self, frames: Callable[[int], Frame], method: str, kept: Path | None = None):
        self.trouble = ""
        self._frames = frames
        self._folder = Path(method) if method and method not in METHODS and is_folder(method) else None
        self._estimate: Estimator | None = None if self._folder else estimator(method)
        self._kept = None if self._folder else kept
        self._worker = ThreadPoolExecutor(1, "flow")
        self._futures: LRUCache[Hashable, Future[Tensor]] = LRUCache(HELD)
        # These two are used only in the worker thread.
        self._results: LRUCache[Hashable, Tensor] = LRUCache(HELD)
        self._greys: LRUCache[Hashable, Grey] = LRUCache(HELD)

    def flow(self, i: int, j: int) -> Tensor:
        """Return the flow from frame i to frame j, float32 `(1, 2, H, W)` in pixels, x then y.

        Raises PictureError if a file is missing, damaged or of another size, and what `frames` raises.
        """
        return self._submit(self._flow, i, j).result()

    def reliability(self, i: int, j: int) -> Tensor:
        """Return the reliability `(1, 1, H, W)` of `flow(i, j)` in 0 to 1; raises like `flow`."""
        return self._submit(self._reliability, i, j).result()

    def check(self, pairs: Iterable[Pair]) -> None:
        """Raise PictureError if a flow file for one of these pairs is missing or has another size."""
        for i, j in dict.fromkeys(pairs) if self._folder else ():
            for one, other in ((i, j),) if self._given_reliability(i, j) is not None else ((i, j), (j, i)):
                path = self._flow_path(one, other)
                self._check_size(flow_size(path), one, path)

    def ahead(self, pairs: Iterable[Pair]) -> None:
        """Start computing the first AHEAD pairs; errors are raised when their results are requested."""
        for i, j in islice(pairs, AHEAD):
            self._submit(self._flow, i, j)
            self._submit(self._reliability, i, j)

    def close(self) -> None:
        """Cancel pending computations and stop the thread."""
        self._worker.shutdown(cancel_futures=True)

    def __enter__(self) -> Flows:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _submit(self, work: Callable[[int, int], Tensor], i: int, j: int) -> Future[Tensor]:
        return _once(self._futures, (work.__name__, i, j), lambda: self._worker.submit(work, i, j))

    def _flow(self, i: int, j: int) -> Tensor:
        make = self._read if self._folder else self._saved_or_estimated
        return _once(self._results, ("flow", i, j), lambda: make(i, j))

    def _reliability(self, i: int, j: int) -> Tensor:
        def make() -> Tensor:
            given = self._given_reliability(i, j)
            return reliability(self._flow(i, j), self._flow(j, i)) if given is None else given

        return _once(self._results, ("reliability", i, j), make)

    def _read(self, i: int, j: int) -> Tensor:
        path = self._flow_path(i, j)
        return self._checked(read_flow(path), i, path)

    def _flow_path(self, i: int, j: int) -> Path:
        path = (self._folder or Path()) / name_of(i, j)
        if not is_file(path):
            raise PictureError(
                f"no file '{path}' for the flow from frame {i + 1} to frame {j + 1}",
                f"create it or use {option('flow')} {METHODS[0]}",
            )
        return path

    def _given_reliability(self, i: int, j: int) -> Tensor | None:
        path = self._folder / f"reliable_{i + 1}_{j + 1}.pgm" if self._folder else None
        return self._checked(read_reliability(path), i, path) if path and is_file(path) else None

    def _checked(self, found: Tensor, i: int, path: Path) -> Tensor:
        self._check_size((found.shape[2], found.shape[3]), i, path)
        return found

    def _check_size(self, size: tuple[int, int], i: int, path: Path) -> None:
        height, width = self._grey(i).shape
        if size != (height, width):
            raise PictureError(
                f"'{path}' has {size[1]}x{size[0]} px, but the frames have {width}x{height} px",
                f"use that {option('size')} or recreate the file",
            )

    def _saved_or_estimated(self, i: int, j: int) -> Tensor:
        path = self._kept / name_of(i, j) if self._kept else None
        if path and is_file(path):
            try:
                return self._checked(read_flow(path), i, path)
            except PictureError:
                pass  # left by another run, or truncated by a power failure: overwritten below
        assert self._estimate is not None
        flow = self._estimate(self._grey(i), self._grey(j))
        if path:
            self._save(path, flow)
        return flow

    def _save(self, path: Path, flow: Tensor) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            write_flow(path, flow)
        except (OSError, OutputError) as error:
            self._kept = None
            self.trouble = f"flows are no longer saved: {error}"

    def _grey(self, i: int) -> Grey:
        return _once(self._greys, i, lambda: grey(self._frames(i)))


def name_of(i: int, j: int) -> str:
    """Return the file name of the flow from frame i to frame j, as in Ruder's program, counted from 1."""
    return f"{'forward' if i < j else 'backward'}_{i + 1}_{j + 1}.flo"
