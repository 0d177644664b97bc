"""Lists by pages: a cursor names the last row of a page, so that new rows do not shift the next one."""

from __future__ import annotations

import base64
import json
from typing import Annotated, Any

import sqlalchemy as sa
from fastapi import Query

from impasto.web.problem import Refused

MOST = 200

Cursor = Annotated[
    str, Query(max_length=200, description="The `next` of the page before; empty for the first.")
]
Count = Annotated[int, Query(ge=1, le=MOST, alias="limit", description="Rows of a page, at most.")]


def page(wanted: sa.Select[Any], table: sa.Table, cursor: str, count: int) -> sa.Select[Any]:
    """Return a query for one row more than a page, newest first, from a cursor on; raises Refused."""
    if cursor:
        created, which = _read(cursor)
        before = sa.tuple_(table.c.created, table.c.id) < sa.tuple_(sa.literal(created), sa.literal(which))
        wanted = wanted.where(before)
    return wanted.order_by(table.c.created.desc(), table.c.id.desc()).limit(count + 1)


def after(rows: list[Any], count: int) -> str:
    """Return the cursor of the next page of rows that `page` found; empty if there is none."""
    if len(rows) <= count:
        return ""
    last = rows[count - 1]
    return base64.urlsafe_b64encode(json.dumps([last["created"], last["id"]]).encode()).decode()


def _read(cursor: str) -> tuple[float, str]:
    try:
        created, which = json.loads(base64.urlsafe_b64decode(cursor.encode()))
        return float(created), str(which)
    except (ValueError, TypeError):
        raise Refused(
            422, "invalid", "this cursor was not made by a list", "start at the first page"
        ) from None
