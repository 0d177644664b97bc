"""`impasto stylize`: from the words on the command line to a picture on disk."""

from __future__ import annotations

import signal
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from impasto.cli.progress import Reporter, reporter
from impasto.engine.allocator import hold_freed_memory
from impasto.engine.events import Preview
from impasto.engine.memory import parse_bytes
from impasto.errors import Diverged, ImpastoError, MemoryShortage, OutputError
from impasto.media.image import check_output, image_of, save, unused, with_alpha
from impasto.settings import Run, Settings
from impasto.stills.stylize import Pastiche, Stylization

INTERRUPTED = 130


def paint(content: str, styles: list[str], settings: Settings, run: Run) -> int:
    """Paint, report and save; return the exit code. Raises ImpastoError."""
    hold_freed_memory()
    report = reporter(quiet=run.quiet, as_json=run.json, preview=run.preview)
    try:
        with _termination_as_interrupt():
            stylization = Stylization(
                content,
                [style_and_weight(s) for s in styles],
                settings,
                device=run.device,
                memory=parse_bytes(run.memory) if run.memory else None,
                preview_every=run.preview_every if run.preview else 0,
            )
            if stylization.masks.faces is not None:
                report.note(_found(stylization.masks.faces))
            for before, style in zip(stylization.framed, stylization.styles, strict=True):
                if style is not before:
                    report.note(_trimmed(before.name, before.size, style.size))
            inputs = (content, *(path for path, _ in map(style_and_weight, styles)), *_files(settings))
            output = _output(run, stylization)
            for path, depth in ((output, settings.depth), *([(Path(run.preview), 8)] if run.preview else [])):
                size, alpha = stylization.scales[-1].size, stylization.content.alpha is not None
                check_output(path, size=size, alpha=alpha, depth=depth, inputs=inputs)
            failure = _iterate(stylization, run, report)
            if stylization.state is None:
                raise failure or KeyboardInterrupt
            _finish(stylization, output, report, strip=run.strip, interrupted=failure is not None)
    finally:
        report.close()
    if isinstance(failure, ImpastoError):
        raise failure
    return INTERRUPTED if failure else 0


def style_and_weight(text: str) -> tuple[str, float]:
    """Split `painting.jpg:2` into the path and its weight; a file of that whole name comes first."""
    path, colon, weight = text.rpartition(":")
    if colon and not Path(text).exists():
        try:
            return path, float(weight)
        except ValueError:
            pass  # a colon inside a path, as in C:\painting.jpg
    return text, 1.0


def _files(settings: Settings) -> list[str]:
    """Return what settings name and may be a picture file."""
    return [settings.init, settings.content_mask, settings.protect, *settings.style_mask, *settings.style_part]


def _found(faces: int) -> str:
    return f"found {faces} face{'s' if faces > 1 else ''}" if faces else "found no face; nothing is protected"


def _trimmed(name: str, before: tuple[int, int], after: tuple[int, int]) -> str:
    return f"left out the frame of '{name}': {after[1]}x{after[0]} px of {before[1]}x{before[0]} remain; --no-trim keeps it"


def _output(run: Run, stylization: Stylization) -> Path:
    if run.output:
        return Path(run.output)
    return unused(Path.cwd(), "+".join([stylization.content.name, *(style.name for style in stylization.styles)]))


def _iterate(stylization: Stylization, run: Run, report: Reporter) -> BaseException | None:
    """Run to the end, or return what ended it early with a picture worth keeping."""
    try:
        for event in stylization:
            if isinstance(event, Preview):
                save(with_alpha(image_of(event.pixels), stylization.content.alpha), run.preview)
            report.event(event)
    except (KeyboardInterrupt, Diverged, MemoryShortage) as error:
        return error
    return None


def _finish(stylization: Stylization, output: Path, report: Reporter, *, strip: bool, interrupted: bool) -> None:
    pastiche = stylization.pastiche()
    _save_somewhere(pastiche, output, strip=strip)
    record: dict[str, Any] = {
        "kind": "done",
        "output": str(output),
        "width": pastiche.image.width,
        "height": pastiche.image.height,
        "seconds": pastiche.seconds,
        "losses": pastiche.losses,
        "losses_before_saving": pastiche.losses_before_saving,
        "content_weight": pastiche.content_weight,
        "interrupted": interrupted,
        "settings": {name: _plain(value) for name, value in vars(pastiche.settings).items()},
    }
    report.done(record)


def _plain(value: Any) -> Any:
    return [str(item) for item in value] if isinstance(value, tuple) else value


def _save_somewhere(pastiche: Pastiche, output: Path, *, strip: bool) -> None:
    """Save where it was asked for, or, where that has become impossible since, in the temporary folder, and say so."""
    try:
        pastiche.save(output, strip=strip)
    except OutputError as error:
        refuge = pastiche.save(unused(Path(tempfile.gettempdir()), output.stem), strip=strip)
        raise OutputError(f"{error}. The picture is kept at '{refuge}'") from error


@contextmanager
def _termination_as_interrupt() -> Iterator[None]:
    """Let a polite kill save the picture so far, as Ctrl-C does."""

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    previous = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, previous)
