"""`impasto train`: make a look, report its progress, and put it on the shelf."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any

from impasto.cli.carry_out import INTERRUPTED
from impasto.cli.progress import Reporter, reporter, tell
from impasto.cli.signals import TERMINATIONS, handled
from impasto.engine.allocator import hold_freed_memory
from impasto.engine.events import Preview, Step
from impasto.errors import OutputError, option
from impasto.jobs import curve
from impasto.jobs.lock import Lock
from impasto.jobs.tasks import files_of
from impasto.looks import shelf
from impasto.looks.card import SUFFIX
from impasto.looks.making import MEASURED, Making
from impasto.looks.measure import GOOD
from impasto.looks.photos import TRAINED_ON, UNSEEN, bundled
from impasto.media.image import check_output, check_place, image_of, save
from impasto.media.part import unwritten
from impasto.media.paths import make_folders


@dataclass(frozen=True)
class Wanted:
    """Arguments of the command."""

    name: str
    photos: Sequence[str]
    minutes: float
    output: str
    seed: int
    preview: str
    device: str
    quiet: bool
    json: bool


def train(painting: str, wanted: Wanted) -> int:
    """Make a look of a painting, report and save; return the exit code. Raises ImpastoError."""
    hold_freed_memory()
    target = _target(wanted)
    if wanted.preview:
        check_output(Path(wanted.preview), size=(1, 1), alpha=False, inputs=(painting,))
    given = files_of(wanted.photos, "photo") if wanted.photos else []
    report = reporter(quiet=wanted.quiet, as_json=wanted.json, preview=wanted.preview)
    options = dict[str, Any](minutes=wanted.minutes, seed=wanted.seed, device=wanted.device)
    try:
        made = make_look(painting, given, target, report, preview=wanted.preview, **options)
        if made is None:
            report.note(f"interrupted; the same command continues from '{training_folder(target)}'")
            return INTERRUPTED
        report.done(
            {
                "kind": "done",
                "output": str(target),
                "look": target.stem,
                "style": made.reached.style,
                "content": made.reached.content,
                "good": GOOD,
                "strength": MEASURED,
                "early": made.early,
                "seconds": made.state.seconds if made.state else 0.0,
            }
        )
    finally:
        report.close()
    return 0


def training_folder(target: Path) -> Path:
    """Return the folder that keeps a training until its look is written."""
    return target.with_suffix(".training")


def make_look(
    painting: str,
    photos: Sequence[Path],
    target: Path,
    report: Reporter,
    *,
    preview: str = "",
    **options: Any,
) -> Making | None:
    """Make the look of a painting, write it, and return how; None if interrupted, after a step that is kept.

    `options` are those of Making. Raises ImpastoError.
    """
    folder = training_folder(target)
    try:
        make_folders(folder)
    except OSError as error:
        raise unwritten(folder, error) from error
    lock = Lock(folder)
    try:
        making = Making(painting, [*bundled(TRAINED_ON), *photos], bundled(UNSEEN), folder, **options)
        if not _iterate(making, preview, report):
            return None
        making.look(target.stem, Path(painting).stem).write(target)
    finally:
        lock.release()
    shutil.rmtree(folder, ignore_errors=True)
    return making


def _iterate(making: Making, preview: str, report: Reporter) -> bool:
    """Train to the end and return True, or False if interrupted: after the step, which is kept."""
    asked: list[int] = []

    def ask(number: int, frame: FrameType | None) -> None:
        if asked:
            raise KeyboardInterrupt
        asked.append(number)

    with handled(ask, signal.SIGINT, *TERMINATIONS):
        for event in making:
            if isinstance(event, Step):
                curve.add(making.folder, event, 0)
            if not isinstance(event, Preview):
                tell(report, event)
            elif preview and event.pixels is not None:
                save(image_of(event.pixels), preview)
                tell(report, event)
            if asked:
                making.keep()
                return False
    return True


def _target(wanted: Wanted) -> Path:
    """Return where the look goes; raises LookError for a name that is taken, and OutputError."""
    if not wanted.output:
        return shelf.check_name(wanted.name)
    target = Path(wanted.output)
    if target.suffix != SUFFIX:
        raise OutputError(f"'{target}' does not end in {SUFFIX}", f"choose another {option('output')}")
    check_place(target)
    return target
