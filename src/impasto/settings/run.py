"""Options of a run that do not affect the result: output, device, job folder and reporting."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic.dataclasses import dataclass

from impasto.settings.kinds import KINDS, STEPPED, STILL
from impasto.settings.option import Option


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Options of a run; none of them affects the picture, except rounding differences between devices."""

    GROUP: ClassVar = "Run"

    output: Annotated[
        str,
        Option(
            help="Output file: .png, .jpg, .webp or .tiff, or - for stdout. "
            "Default: an unused name based on the inputs.",
            metavar="FILE",
            kinds=KINDS,
            common=True,
        ),
    ] = ""
    device: Annotated[
        str,
        Option(
            help="Device to compute on; auto uses a GPU if available.",
            choices=("auto", "cpu", "cuda", "mps"),
            kinds=KINDS,
            common=True,
        ),
    ] = "auto"
    memory: Annotated[
        str,
        Option(
            help="Memory limit of the process, such as 8G. Default: 90% of the free memory.",
            metavar="AMOUNT",
        ),
    ] = ""
    strip: Annotated[
        bool,
        Option(
            help="Omit the photo's metadata, such as location and camera, but keep the recipe.",
            kinds=STILL,
        ),
    ] = False
    private: Annotated[
        bool,
        Option(
            help="Omit names and paths of the inputs from the recipe, but keep their hashes.", kinds=KINDS
        ),
    ] = False
    no_recipe: Annotated[bool, Option(help="Do not store the recipe in the result.", kinds=KINDS)] = False
    recipe: Annotated[
        str, Option(help="Also write the recipe to this file.", metavar="FILE", kinds=KINDS)
    ] = ""
    job: Annotated[
        str,
        Option(
            help="Folder to save the run in, so that it can be resumed after any interruption.",
            metavar="DIR",
            common=True,
        ),
    ] = ""
    no_job: Annotated[
        bool,
        Option(
            help="Do not create the temporary job folder that runs of over a minute keep next to the output."
        ),
    ] = False
    preview: Annotated[
        str, Option(help="Picture file to update with intermediate results.", metavar="FILE", common=True)
    ] = ""
    preview_every: Annotated[int, Option(help="Number of steps between previews.", low=1, kinds=STEPPED)] = 25
    quiet: Annotated[bool, Option(help="Print errors only.", kinds=KINDS, common=True)] = False
    json: Annotated[
        bool, Option(help="Print one JSON object per event to stdout, and nothing else.", kinds=KINDS)
    ] = False
