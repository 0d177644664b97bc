"""Which part of a clip is painted, and how its frames hold together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from impasto.settings.kinds import FILM
from impasto.settings.option import Option


@dataclass(frozen=True, kw_only=True)
class Film:
    """Settings of films."""

    GROUP: ClassVar = "Film"

    start: Annotated[
        str,
        Option(
            help="Start time in the clip, such as 2.5s or 1:02.5.", metavar="TIME", kinds=FILM, common=True
        ),
    ] = ""
    end: Annotated[str, Option(help="End time in the clip.", metavar="TIME", kinds=FILM, common=True)] = ""
    fps: Annotated[
        float,
        Option(
            help="Frames per second; 0 for those of the clip, each at its own time.",
            low=0,
            high=1000,
            kinds=FILM,
            common=True,
        ),
    ] = 0.0
    flow: Annotated[
        str,
        Option(
            help="Method of optical flow, or a folder of .flo files.",
            metavar="dis|deepflow|FOLDER",
            kinds=FILM,
        ),
    ] = "dis"
    temporal_weight: Annotated[
        float,
        Option(
            help="Weight of the temporal loss, which keeps a frame consistent with previous ones; 0 for none.",
            low=0,
            kinds=FILM,
        ),
    ] = 30.0
    blur_relief: Annotated[
        float,
        Option(
            help="How much the temporal loss is reduced where warping has lost detail; 0 for not at all.",
            low=0,
            kinds=FILM,
        ),
    ] = 20.0
    long_term: Annotated[
        str,
        Option(
            help="Offsets of the previous frames that a frame is compared with.", metavar="N,…", kinds=FILM
        ),
    ] = "1,2,4"
    visibility: Annotated[
        float,
        Option(
            help="How fast the trust in a warped frame falls with the colour difference of the clip there; 0 to ignore it.",
            low=0,
            kinds=FILM,
        ),
    ] = 50.0
    fresh_weight: Annotated[
        float,
        Option(
            help="Weight of a style loss of their own for places that no previous frame shows; 0 for none.",
            low=0,
            kinds=FILM,
        ),
    ] = 1.0
    frame_steps: Annotated[
        int,
        Option(
            help="Steps of each frame after the first of a shot, in each pass; 0 to stop when little changes, after an eighth of a picture's steps at most "
            "(a sixteenth in several passes).",
            low=0,
            kinds=FILM,
        ),
    ] = 0
    passes: Annotated[
        int,
        Option(
            help="Passes over the film, alternating forwards and backwards.",
            low=1,
            high=100,
            kinds=FILM,
            common=True,
        ),
    ] = 1
    loop: Annotated[
        bool, Option(help="Join the end to the start, for a film that repeats.", kinds=FILM, common=True)
    ] = False
