"""`impasto job`."""

from __future__ import annotations

import click

from impasto.cli.streams import Target


@click.command
@click.argument("folder", type=Target(), metavar="DIR")
@click.argument(
    "verb",
    required=False,
    type=click.Choice(["pause", "continue", "set", "branch"]),
    metavar="[pause|continue|set|branch]",
)
@click.argument("words", nargs=-1, metavar="[NAME=VALUE... | NEW]")
@click.option(
    "--at",
    "--from-scale",
    "at",
    type=click.IntRange(min=1),
    metavar="N",
    help="Last scale, or frame of a film, to copy to the branch.  [default: the last one kept]",
)
def job(folder: str, verb: str | None, words: tuple[str, ...], at: int | None) -> None:
    """Print the status of the job in DIR, or control it, even while another process is painting it.

    'pause' stops it after the current step, or frame of a film; 'continue' resumes it. 'set' changes
    strength or content_weight, style_weight, tv_weight, range_weight, calm, or the weights of several
    styles (styles=2,1). It takes effect at the next step or frame, or when the job is resumed. 'branch'
    creates a job in the folder NEW that starts at the end of a scale of this one, or after a frame of a
    film.

    \b
    Examples
      impasto job night
      impasto job night pause
      impasto job night set strength=70 tv_weight=0.0001
      impasto job night branch day --at 2
    """
    from impasto.cli.job import tell

    for line in tell(folder, verb, words, at):
        click.echo(line)
