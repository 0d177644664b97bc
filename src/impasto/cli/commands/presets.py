"""`impasto presets`."""

from __future__ import annotations

import click

from impasto.settings.presets import preset as preset_named
from impasto.settings.presets import presets as all_presets


@click.command
@click.argument("name", required=False)
def presets(name: str | None) -> None:
    """Print every preset with its settings, or only the preset NAME, as TOML for --settings.

    \b
    Examples
      impasto presets
      impasto presets johnson > mine.toml
    """
    settings = preset_named(name) if name else None
    if settings is not None:
        click.echo(settings.to_toml(), nl=False)
        return
    for found in all_presets().values():
        click.secho(found.name, bold=True)
        click.echo(f"# {found.source}" + (f"\n# Differs: {found.differs}" if found.differs else ""))
        click.echo(found.settings.to_toml())
