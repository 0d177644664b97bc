"""One stream for all of a user's jobs."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.sse import EventSourceResponse, ServerSentEvent

from impasto.web.guard import TheCaller, TheStudio

router = APIRouter(tags=["events"])


@router.get("/events", response_class=EventSourceResponse)
async def events(
    caller: TheCaller,
    studio: TheStudio,
    last: Annotated[str, Header(alias="Last-Event-ID", max_length=40)] = "",
) -> AsyncIterator[ServerSentEvent]:
    """Send a snapshot of a job whenever it changes; first those of all jobs that have not ended.

    With the id of the last event, only what has changed since is sent.
    """
    async for number, job in studio.board.stream(caller.user.id, last):
        yield ServerSentEvent(data=job, event="job", id=number)
