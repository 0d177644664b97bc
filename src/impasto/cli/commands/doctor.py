"""`impasto doctor`."""

from __future__ import annotations

import click


@click.command
@click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda", "mps"]),
    default="auto",
    help="The device to time.  [default: auto]",
)
def doctor(device: str) -> None:
    """Print versions, device, processor and weights, and time one step.

    \b
    Example
      impasto doctor
    """
    from impasto.cli.doctor import examine

    for name, value in examine(device):
        click.echo(f"{name:<12}{value}")
