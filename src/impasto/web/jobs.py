"""The jobs of people: rows in the studio's tables, written together with the jobs on the queue."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from impasto.engine.events import as_record
from impasto.errors import JobEnded, JobNotFound, NotDone, QueueError
from impasto.queue.client import QueuedJob
from impasto.queue.service import QueueService
from impasto.queue.tables import Stage
from impasto.web import once, orders, turns
from impasto.web.accounts import User
from impasto.web.config import Limits
from impasto.web.cursors import page
from impasto.web.database import Database, Taken
from impasto.web.files import Files, job_owner
from impasto.web.orders import Made, Wanted
from impasto.web.pictures import Pictures, Row
from impasto.web.problem import Refused, not_found
from impasto.web.tables import jobs

ENDED = ("done", "failed", "cancelled")


@dataclass(frozen=True)
class Seen:
    """A job as its owner sees it: its `row`, and what the queue says of it while it has not ended."""

    row: Row
    state: str
    progress: Mapping[str, Any] = field(default_factory=dict)
    preview: int = 0
    branches: int = 0
    priority: int = 0
    result: Mapping[str, Any] = field(default_factory=dict)
    recipe: str = ""
    code: str = ""
    error: str = ""


class Jobs:
    """The jobs in a database and on its queue. Methods raise Refused with 404 for those of others."""

    def __init__(self, database: Database, service: QueueService, files: Files, pictures: Pictures) -> None:
        self.service, self._database, self._files, self._pictures = service, database, files, pictures

    def create(self, user: User, wanted: Wanted, limits: Limits, *, name: str = "", key: str = "") -> Seen:
        """Create a job; raises SettingsError, and Refused beyond a limit."""
        identity = secrets.token_hex(16)
        made = orders.made(wanted, lambda which: self._pictures.the(user.id, which), identity)
        row = self._row(user, wanted, made, identity, name)
        return self._add(user, row, made, limits, key, once.fingerprint("job", row["settings"], wanted, name))

    def branch(self, user: User, which: str, at: int, limits: Limits, *, key: str = "") -> Seen:
        """Create a job from what another has painted up to a scale or frame; raises NoBranch, and Refused."""
        request = once.fingerprint("branch", which, at)
        with self._database.read() as connection:
            if before := once.made(connection, user.id, key, request):
                return self.seen(user.id, before)
        source, identity = self.row(user.id, which), secrets.token_hex(16)
        order = self.service.branch_of(which, at, identity)
        order = replace(order, name=f"studio-{identity[:8]}")
        objects = tuple(orders.Object(item.sha256, item.bytes) for item in order.recipe.inputs)
        made = Made(order, objects, int(source["pixels"]), str(source["words"]))
        row = {**source, **_fresh(identity), "source": which, "draft": False}
        return self._add(user, row, made, limits, key, request)

    def listed(
        self,
        user: str,
        *,
        search: str,
        kind: str,
        favourite: bool | None,
        draft: bool | None,
        deleted: bool,
        cursor: str,
        count: int,
    ) -> list[Seen]:
        """Return a page of a user's jobs, newest first, and one more if there is another page."""
        wanted = sa.select(jobs).where(jobs.c.user == user)
        wanted = wanted.where(jobs.c.deleted.isnot(None) if deleted else jobs.c.deleted.is_(None))
        if kind:
            wanted = wanted.where(jobs.c.kind == kind)
        for column, value in ((jobs.c.favourite, favourite), (jobs.c.draft, draft)):
            if value is not None:
                wanted = wanted.where(column.is_(value))
        for word in search.lower().split()[:10]:
            wanted = wanted.where(jobs.c.words.contains(word, autoescape=True))
        with self._database.read() as connection:
            rows = [dict(row) for row in connection.execute(page(wanted, jobs, cursor, count)).mappings()]
        return self.with_states(rows)

    def row(self, user: str, which: str) -> Row:
        """Return the row of a user's job."""
        with self._database.read() as connection:
            found = sa.select(jobs).where(jobs.c.user == user, jobs.c.id == which)
            row = connection.execute(found).mappings().one_or_none()
        if row is None:
            raise JobNotFound("there is no such job", "list the jobs that there are")
        return dict(row)

    def seen(self, user: str, which: str) -> Seen:
        """Return a user's job with its state."""
        return self.with_states([self.row(user, which)])[0]

    def with_states(self, rows: Sequence[Row]) -> list[Seen]:
        """Return jobs with what the queue says of those that have not ended."""
        open_ = [str(row["id"]) for row in rows if row["ended"] is None]
        found = {job.identity: job for job in self.service.queue.jobs(open_)} if open_ else {}
        return [seen_of(row, found.get(str(row["id"]))) for row in rows]

    def change(self, user: str, which: str, values: Mapping[str, Any]) -> str:
        """Change settings from the next step on, and return the change in words."""
        self._open(user, which)
        return self.service.change(which, values)

    def note(self, user: str, which: str, **values: Any) -> Seen:
        """Change what is only the user's: the name, and whether it is a favourite."""
        row = self.row(user, which)
        if "name" in values:
            before = str(row["words"]).removeprefix(str(row["name"]).lower())
            values["words"] = values["name"].lower() + before
        self._update(which, **values)
        return self.seen(user, which)

    def pause(self, user: str, which: str) -> None:
        """Pause a job after its step."""
        self._open(user, which)
        self.service.pause(which)
        self._update(which, state="paused", held=False)

    def resume(self, user: str, which: str, limits: Limits) -> None:
        """Let a job that is paused, failed or cancelled wait again, or be held while its user has others."""
        row = self.row(user, which)
        if row["deleted"] is not None:
            raise JobEnded(f"job '{which}' is deleted", "undo that first", job=which)
        state = self.seen(user, which).state
        if state == "done":
            raise JobEnded(f"job '{which}' is done", "branch it to paint another from it", job=which)
        with self._database.write() as connection:
            free = not limits.running or turns.active(connection, user) < limits.running
            values = dict(state="waiting", ended=None, code="", error="", held=not free)
            connection.execute(jobs.update().where(jobs.c.id == which).values(**values))
        if free:
            self.service.resume(which)

    def cancel(self, user: str, which: str) -> None:
        """Stop a job and discard what it has painted."""
        self._open(user, which)
        with suppress(JobEnded):
            self.service.cancel(which)
        self._update(which, held=False)

    def remove(self, user: str, which: str) -> None:
        """Delete a job, which can be undone until it is purged; one that has not ended is cancelled first."""
        row = self.row(user, which)
        if row["ended"] is None:
            with suppress(JobEnded, JobNotFound, QueueError):
                self.service.cancel(which)
        self._update(which, deleted=time.time())

    def restore(self, user: str, which: str) -> None:
        """Undo the deletion of a job."""
        self.row(user, which)
        self._update(which, deleted=None)

    def purge(self, which: str) -> None:
        """Delete a job with all that only it needs, for good."""
        with suppress(JobNotFound):
            self.service.remove(which)
        with self._database.write() as connection:
            connection.execute(jobs.delete().where(jobs.c.id == which))
            self._files.drop(connection, [job_owner(which)])

    def events(self, user: str, which: str, after: int) -> list[dict[str, Any]]:
        """Return the log of a job: its events with numbers greater than `after`."""
        self.row(user, which)
        events = self.service.tables.events(which, after)
        return [{"number": number, **as_record(event)} for number, event in events]

    def preview(self, user: str, which: str, number: int = 0) -> bytes:
        """Return a preview of a job, a JPEG, or else the newest."""
        self.row(user, which)
        found = self.service.tables.preview(which, number)
        if found is None:
            raise not_found("such preview" if number else "preview yet")
        return found

    def stages(self, user: str, which: str) -> list[Stage]:
        """Return the previews of a job that are kept, in order."""
        self.row(user, which)
        return self.service.tables.stages(which)

    def previews(self, user: str, which: str, folder: Path) -> list[str]:
        """Write the previews of a job into a folder, and return their files in order."""
        files = []
        for stage in self.stages(user, which):
            if jpeg := self.service.tables.preview(which, stage.number):
                file = folder / f"{stage.number:05d}.jpg"
                file.write_bytes(jpeg)
                files.append(str(file))
        return files

    def result(self, user: str, which: str) -> tuple[Path, bool, Seen]:
        """Return a file with the result, whether it is a copy to be deleted, and the job; raises NotDone."""
        found = self.seen(user, which)
        if found.state != "done" or not found.result:
            raise NotDone(f"job '{which}' is {found.state}", "wait until it is done", job=which)
        file, copied = self._files.file(str(found.result["sha256"]))
        return file, copied, found

    def end(self, job: QueuedJob, now: float, also: Callable[[sa.Connection, Seen], None]) -> Seen | None:
        """Note in a job's row how it ended, and do more in the same transaction; None if that was done."""
        result = dict(job.result)
        recipe = str(result.pop("recipe", "")) or None
        result |= {name: int(job.facts.get(name) or 0) for name in ("branches", "preview")} if result else {}
        values = dict(state=job.state, code=job.code, error=job.error, ended=now, result=result or None)
        values |= dict(recipe=recipe, held=False)
        with self._database.write() as connection:
            mine = jobs.c.id == job.identity
            row = connection.execute(sa.select(jobs).where(mine, jobs.c.ended.is_(None))).mappings().first()
            if row is None:
                return None
            connection.execute(jobs.update().where(mine).values(**values))
            if job.state == "done":
                objects = [(str(result["sha256"]), int(result.get("bytes") or 0))]
                self._files.keep(connection, row["user"], job_owner(job.identity), objects)
            seen = seen_of({**row, **values}, None)
            also(connection, seen)
        return seen

    def lost(self, which: str, now: float) -> None:
        """Note that the queue does not know a job any more."""
        error = "the queue has lost this job; create it again"
        self._update(which, state="failed", code="job_not_found", error=error, ended=now, held=False)

    def _add(self, user: User, row: Row, made: Made, limits: Limits, key: str, request: str) -> Seen:
        """Write the row, what it needs and the job on the queue in one transaction."""
        try:
            with self._database.write() as connection:
                if before := once.made(connection, user.id, key, request):
                    row = dict(row, id=before)
                else:
                    self._check_limits(connection, user.id, made.pixels, limits)
                    draft = bool(row["draft"])
                    turn = turns.next_turn(connection, user.id, draft=draft)
                    held = bool(limits.running) and turns.active(connection, user.id) >= limits.running
                    row = dict(row, turn=turn, held=held)
                    connection.execute(jobs.insert().values(**row))
                    once.note(connection, user.id, key, request, str(row["id"]))
                    objects = [(one.sha256, one.bytes) for one in made.objects]
                    self._files.keep(connection, user.id, job_owner(str(row["id"])), objects)
                    for one in made.objects:
                        if one.file is not None:
                            self._files.put(one.file)
                    identity, rank = str(row["id"]), turns.rank_of(turn, draft=draft)
                    self.service.queue.enqueue(
                        connection, made.order, identity=identity, rank=rank, held=held
                    )
        except Taken:  # the same request was faster
            with self._database.read() as connection:
                row = dict(row, id=once.made(connection, user.id, key, request))
        return self.seen(user.id, str(row["id"]))

    def _row(self, user: User, wanted: Wanted, made: Made, identity: str, name: str) -> Row:
        words = f"{name.lower()} {made.words} {wanted.kind}"
        return dict(
            user=user.id,
            kind=wanted.kind,
            name=name,
            words=words,
            content=wanted.content,
            styles=[list(pair) for pair in wanted.styles],
            settings=dict(wanted.settings) | ({"preset": wanted.preset} if wanted.preset else {}),
            source=None,
            draft=wanted.draft,
            pixels=made.pixels,
            **_fresh(identity),
        )

    def _check_limits(self, connection: sa.Connection, user: str, pixels: int, limits: Limits) -> None:
        if limits.waiting and (count := turns.waiting(connection, user)) >= limits.waiting:
            raise Refused(429, "limit", f"{count} of your jobs are waiting already", "wait for some of them")
        if limits.megapixels_a_day:
            today = (turns.pixels_of_day(connection, user) + pixels) / 1e6
            if today > limits.megapixels_a_day:
                what = f"with this, you ask for {today:.0f} megapixels in 24 hours"
                raise Refused(429, "limit", f"{what}, and may have {limits.megapixels_a_day:g}", "wait a day")

    def _open(self, user: str, which: str) -> Row:
        row = self.row(user, which)
        if row["ended"] is not None or row["deleted"] is not None:
            state = "deleted" if row["deleted"] is not None else row["state"]
            raise JobEnded(f"job '{which}' is {state}", "create another, or branch it", job=which)
        return row

    def _update(self, which: str, **values: Any) -> None:
        with self._database.write() as connection:
            connection.execute(jobs.update().where(jobs.c.id == which).values(**values))


def seen_of(row: Row, job: QueuedJob | None) -> Seen:
    """Return a job as its row and the queue say."""
    if row["ended"] is not None or job is None:
        result = dict(row["result"] or {})
        return Seen(
            row,
            str(row["state"]),
            result=result,
            recipe=str(row["recipe"] or ""),
            code=str(row["code"]),
            error=str(row["error"]),
            branches=int(result.get("branches") or 0),
            preview=int(result.get("preview") or 0),
        )
    state = {"painting": "running"}.get(job.state, job.state)
    if row["held"] and state in ("paused", "waiting", *ENDED):
        state = "waiting"
    result = dict(job.result)
    return Seen(
        row,
        state,
        progress=job.progress,
        preview=int(job.facts.get("preview") or 0),
        branches=int(job.facts.get("branches") or 0),
        priority=job.priority,
        recipe=str(result.pop("recipe", "")),
        result=result,
        code=job.code,
        error=job.error,
    )


def _fresh(identity: str) -> dict[str, Any]:
    """Return the fields of a row in which a job begins."""
    return dict(
        id=identity,
        favourite=False,
        held=False,
        turn=0,
        created=time.time(),
        started=None,
        ended=None,
        deleted=None,
        state="waiting",
        code="",
        error="",
        result=None,
        recipe=None,
    )
