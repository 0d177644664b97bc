"""Whose job is next: drafts first, then users in turn, each with so many jobs at a time.

A job's `turn` is that of start-time fair queueing: one more than its user's last one, but not less than the
turn that is being painted. So who has one job waits for one of each other user, however many they have.
"""

from __future__ import annotations

import time

import sqlalchemy as sa

from impasto.web.tables import jobs

_DRAFTS, _OTHERS = 10_000, 1_000_000_000
"""What is added to the turn of a job for its rank on the queue, on which the lowest goes first."""

_MOST = 900_000_000

OPEN = jobs.c.ended.is_(None) & jobs.c.deleted.is_(None)
"""Jobs that have not ended."""


def next_turn(connection: sa.Connection, user: str, *, draft: bool) -> int:
    """Return the turn of a new job of a user, within the transaction that adds it."""
    of_kind = jobs.c.draft == draft
    now = sa.select(sa.func.max(jobs.c.turn)).where(of_kind, jobs.c.started.isnot(None))
    mine = sa.select(sa.func.max(jobs.c.turn)).where(of_kind, jobs.c.user == user, OPEN)
    begun, last = connection.execute(now).scalar(), connection.execute(mine).scalar()
    return max(int(begun or 0), int(last or 0) + 1) if last is not None else int(begun or 0)


def rank_of(turn: int, *, draft: bool) -> int:
    """Return the rank of a turn on the queue."""
    return (_DRAFTS if draft else _OTHERS) + turn % _MOST


def active(connection: sa.Connection, user: str) -> int:
    """Return how many of a user's jobs workers may take or have taken."""
    wanted = sa.select(sa.func.count()).where(
        jobs.c.user == user, OPEN, jobs.c.held.is_(False), jobs.c.state != "paused"
    )
    return int(connection.execute(wanted).scalar() or 0)


def waiting(connection: sa.Connection, user: str) -> int:
    """Return how many of a user's jobs have not begun."""
    wanted = sa.select(sa.func.count()).where(jobs.c.user == user, OPEN, jobs.c.started.is_(None))
    return int(connection.execute(wanted).scalar() or 0)


def pixels_of_day(connection: sa.Connection, user: str) -> int:
    """Return the pixels that a user has asked for in the last 24 hours, those of failed jobs left out."""
    day = jobs.c.created > time.time() - 86400
    counts = jobs.c.state.notin_(("failed", "cancelled"))
    wanted = sa.select(sa.func.sum(jobs.c.pixels)).where(jobs.c.user == user, day, counts)
    return int(connection.execute(wanted).scalar() or 0)
