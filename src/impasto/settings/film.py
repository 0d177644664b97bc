"""Settings of videos: the part of the clip to stylize, and temporal consistency."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, ClassVar

from impasto.settings.kinds import FILM
from impasto.settings.option import Option


@dataclass(frozen=True, kw_only=True)
class Film:
    """Settings of videos."""

    GROUP: ClassVar = "Film"

    instant: Annotated[
        bool,
        Option(
            help="Paint each frame in one pass, with looks as STYLE; many times faster.",
            kinds=FILM,
            common=True,
        ),
    ] = False
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
            help="Frames per second; 0 to keep the frames and times of the clip.",
            low=0,
            high=1000,
            kinds=FILM,
            common=True,
        ),
    ] = 0.0
    flow: Annotated[
        str,
        Option(
            help="Optical flow method, or a folder of .flo files.",
            metavar="dis|deepflow|FOLDER",
            kinds=FILM,
        ),
    ] = "dis"
    temporal_weight: Annotated[
        float,
        Option(
            help="Weight of the temporal loss, which keeps frames consistent with previous ones; 0 for none.",
            low=0,
            kinds=FILM,
        ),
    ] = 30.0
    blur_relief: Annotated[
        float,
        Option(
            help="How much to reduce the temporal loss where warping blurs; 0 for not at all.",
            low=0,
            kinds=FILM,
        ),
    ] = 20.0
    long_term: Annotated[
        str,
        Option(help="Offsets of the previous frames used in the temporal loss.", metavar="N,…", kinds=FILM),
    ] = "1,2,4"
    visibility: Annotated[
        float,
        Option(
            help="How much to reduce the temporal loss where the colours of the warped clip differ; "
            "0 for not at all.",
            low=0,
            kinds=FILM,
        ),
    ] = 50.0
    fresh_weight: Annotated[
        float,
        Option(
            help="Weight of an additional style loss for areas not visible in previous frames; 0 for none.",
            low=0,
            kinds=FILM,
        ),
    ] = 0.1
    frame_steps: Annotated[
        int,
        Option(
            help="Steps per pass of each frame after a shot's first; "
            "0 for up to 40, or 1/8 of the total if that is more; half of it if --passes > 1.",
            low=0,
            kinds=FILM,
        ),
    ] = 0
    passes: Annotated[
        int,
        Option(
            help="Number of passes over the film, alternating forwards and backwards.",
            low=1,
            high=100,
            kinds=FILM,
            common=True,
        ),
    ] = 1
    loop: Annotated[bool, Option(help="Make the film loop seamlessly.", kinds=FILM, common=True)] = False
