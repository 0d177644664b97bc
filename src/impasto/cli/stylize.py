"""Paint a run of any kind from command-line arguments."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from impasto.cli.carry_out import carry_out, check_stream, memory_of, previews_of
from impasto.errors import SettingsError
from impasto.jobs.kinds import Run, make
from impasto.jobs.tasks import Task
from impasto.media.paths import is_there
from impasto.settings import Settings
from impasto.settings.run import RunOptions


def paint(
    content: str | None,
    styles: Sequence[str],
    settings: Settings,
    run: RunOptions,
    *,
    kind: str = "stylize",
    name: str = "",
) -> int:
    """Paint a result of a kind, report and save; return the exit code.

    If `run` names no output, an unused name is made from `name` or from the inputs. Raises ImpastoError.
    """

    check_stream(kind, run)

    def prepare() -> Run:
        pairs = tuple(style_and_weight(style) for style in styles)
        task = Task(
            kind=kind, content=content or "", styles=pairs, output="", settings=settings, device=run.device
        )
        return make(task, memory=memory_of(run), preview_every=previews_of(run))

    return carry_out(prepare, run, name=(Path(name).stem, Path(name).suffix) if name else None)


def style_and_weight(text: str) -> tuple[str, float]:
    """Split `painting.jpg:2` into path and weight; raises SettingsError.

    An existing file of the whole name has priority.
    """
    path, colon, weight = text.rpartition(":")
    # A colon may also be part of the path, as in C:\painting.jpg.
    is_weight = weight[:1] in tuple("+-.0123456789") or is_there(path)
    if not colon or is_there(text) or not is_weight:
        return text, 1.0
    try:
        return path, float(weight)
    except ValueError:
        raise SettingsError(
            f"weight of style '{path}' must be a number, got '{weight}'", f"write such as '{path}:1.5'"
        ) from None
