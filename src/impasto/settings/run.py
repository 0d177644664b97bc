"""What is given beside the settings: where a result goes, and how the run reports."""

from __future__ import annotations

from typing import Annotated, ClassVar

from pydantic.dataclasses import dataclass

from impasto.settings.kinds import STILL
from impasto.settings.option import Option


@dataclass(frozen=True, kw_only=True)
class RunOptions:
    """Options of a run; none of them changes the picture, apart from the rounding of the device."""

    GROUP: ClassVar = "Run"

    output: Annotated[
        str,
        Option(
            help="File to write; .png, .jpg, .webp or .tiff, or - for stdout. Default: an unused name made from the inputs.",
            metavar="FILE",
            common=True,
        ),
    ] = ""
    device: Annotated[
        str,
        Option(
            help="Where to compute; auto uses a GPU if there is one.",
            choices=("auto", "cpu", "cuda", "mps"),
            common=True,
        ),
    ] = "auto"
    memory: Annotated[
        str,
        Option(
            help="Memory limit of the process, such as 8G. Default: what is free now, less a tenth.",
            metavar="AMOUNT",
        ),
    ] = ""
    strip: Annotated[
        bool,
        Option(
            help="Remove the photo's metadata, such as place and camera, from the result; the recipe stays.",
            kinds=STILL,
        ),
    ] = False
    private: Annotated[
        bool, Option(help="Remove the names and paths of the inputs from the recipe; their hashes stay.")
    ] = False
    no_recipe: Annotated[bool, Option(help="Do not store the recipe in the result.")] = False
    recipe: Annotated[str, Option(help="File to write the recipe to as well.", metavar="FILE")] = ""
    job: Annotated[
        str,
        Option(
            help="Folder that keeps the run, so that it can be resumed after any stop.",
            metavar="DIR",
            common=True,
        ),
    ] = ""
    no_job: Annotated[
        bool,
        Option(
            help="Do not create a job folder by default; runs of over a minute have one beside the result until it is written."
        ),
    ] = False
    preview: Annotated[
        str, Option(help="Picture file to update during the run.", metavar="FILE", common=True)
    ] = ""
    preview_every: Annotated[int, Option(help="Steps between two previews.", low=1, kinds=STILL)] = 25
    quiet: Annotated[bool, Option(help="Print errors only.", common=True)] = False
    json: Annotated[bool, Option(help="Print one JSON object per event on stdout, and nothing else.")] = False
