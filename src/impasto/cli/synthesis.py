"""The commands for textures, reconstructions, features and figures."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from impasto.cli.carry_out import memory_of
from impasto.cli.output import Output
from impasto.cli.progress import reporter
from impasto.cli.sheet import carry_out_sheet
from impasto.cli.stylize import paint
from impasto.engine.threads import use_threads
from impasto.media.image import check_output, opening_note, save
from impasto.settings import Settings
from impasto.settings.run import RunOptions
from impasto.stills.features import feature_grid
from impasto.stills.features import features as features_of
from impasto.stills.figures import figure


def paint_texture(samples: Sequence[str], settings: Settings, run: RunOptions) -> int:
    """Paint a texture, report and save; return the exit code. Raises ImpastoError."""
    return paint(None, samples, settings, run, kind="texture", name=f"{Path(samples[0]).stem}-texture.png")


def paint_reconstruction(picture: str, of: str, settings: Settings, run: RunOptions) -> int:
    """Paint a reconstruction, report and save; return the exit code. Raises ImpastoError."""
    content, styles = (picture, []) if of == "content" else (None, [picture])
    name = f"{Path(picture).stem}-{of}.png"
    return paint(content, styles, settings, run, kind="reconstruct", name=name)


def paint_filter(picture: str, layer: str, channel: int, settings: Settings, run: RunOptions) -> int:
    """Paint a picture that excites a filter, report and save; return the exit code. Raises ImpastoError."""
    return paint(
        picture,
        [],
        settings.with_changes(excite=f"{layer}:{channel}"),
        run,
        kind="features",
        name=f"{layer}-{channel}.png",
    )


def draw_features(
    picture: str, layers: Sequence[str], channels: int, settings: Settings, run: RunOptions
) -> int:
    """Draw feature maps and save the grid; return the exit code. Raises ImpastoError."""
    report = reporter(quiet=run.quiet, as_json=run.json, preview="")
    with Output(run, lambda: (f"{Path(picture).stem}-features", ".png")) as output:
        check_output(output.path, size=(1, 1), alpha=False, inputs=(picture,))
        if note := opening_note(Path(picture)):
            report.note(note)
        drawn = feature_grid(features_of(picture, layers, channels, settings, device=run.device))
        save(drawn, output.path)
        output.send()
    report.done({"kind": "done", "output": output.shown, "width": drawn.width, "height": drawn.height})
    return 0


def draw_figure(kind: str, picture: str, settings: Settings, run: RunOptions) -> int:
    """Paint a figure of the papers, report and save; return the exit code. Raises ImpastoError."""
    use_threads(settings.threads)
    return carry_out_sheet(
        lambda: figure(kind, picture, settings, device=run.device, memory=memory_of(run)),
        run,
        f"{Path(picture).stem}-{kind}-figure",
    )
