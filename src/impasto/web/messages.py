"""Messages about jobs that have ended: signed webhooks, and e-mail; sent again until they arrive.

Webhooks are signed as Standard Webhooks (standardwebhooks.com) says: HMAC-SHA256 over id, time and body.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import http.client
import ipaddress
import json
import logging
import smtplib
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit

import sqlalchemy as sa

from impasto.errors import ImpastoError
from impasto.web.config import Config
from impasto.web.database import Database
from impasto.web.secret import fresh, identity
from impasto.web.tables import hooks, messages, users

SECRET = "whsec_"
"""What the secret of a webhook begins with."""

PAUSES = (5, 60, 300, 1800, 7200, 28800)
"""Seconds between the tries of a message, after which it is given up."""

LONG = 60.0
"""Seconds of a job above which its user gets an e-mail."""

TIMEOUT, LOOK, CLAIMED = 10.0, 1.0, 300.0
"""Seconds for one try, between two looks for messages, and for which a message is one server's."""

log = logging.getLogger("impasto.studio")


class NotSent(Exception):
    """A try failed, for a reason that the owner of the address may read."""


def add_for(connection: sa.Connection, user: str, kind: str, job: Mapping[str, Any], *, mail: bool) -> None:
    """Add the messages about a job to a user, within the transaction that ends the job."""
    now, took = time.time(), (job["ended"] or 0) - job["created"]
    body = {"type": kind, "timestamp": _iso(now), "data": dict(job)}
    targets = list(connection.execute(sa.select(hooks.c.id).where(hooks.c.user == user)).scalars())
    wants = connection.execute(sa.select(users.c.mail).where(users.c.id == user)).scalar()
    if mail and wants and took > LONG and job["state"] in ("done", "failed"):
        targets.append(None)
    for hook in targets:
        row = dict(id=identity(), user=user, hook=hook, body=body, tries=0, due=now, created=now)
        connection.execute(messages.insert().values(row))


def new_secret() -> str:
    """Return a new secret for a webhook."""
    return SECRET + base64.b64encode(fresh().encode()[:32]).decode()


def signature(secret: str, which: str, moment: int, body: bytes) -> str:
    """Return the signature of a webhook."""
    key = base64.b64decode(secret.removeprefix(SECRET))
    signed = b".".join((which.encode(), str(moment).encode(), body))
    return "v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()).decode()


class Sender:
    """A thread that sends what is due."""

    def __init__(self, database: Database, config: Config, page: str) -> None:
        self._database, self._config, self._page = database, config, page
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="studio-sender", daemon=True)

    def start(self) -> None:
        """Begin to send."""
        self._thread.start()

    def close(self) -> None:
        """Stop after the message that is being sent."""
        self._closing.set()
        if self._thread.is_alive():
            self._thread.join(2 * TIMEOUT)

    def send_due(self) -> int:
        """Send the messages that are due, and return how many arrived; raises QueueError."""
        arrived = 0
        while (row := self._claimed()) is not None:
            try:
                self._send(row)
            except NotSent as why:
                self._failed(row, str(why))
            else:
                arrived += 1
                self._done(row)
        return arrived

    def _run(self) -> None:
        while not self._closing.wait(LOOK):
            with suppress(ImpastoError, sa.exc.SQLAlchemyError):
                self.send_due()

    def _claimed(self) -> Mapping[str, Any] | None:
        """Return a message that is due, which no other server sends for a while."""
        now = time.time()
        with self._database.read() as connection:
            wanted = sa.select(messages.c.id).where(messages.c.due <= now).limit(1)
            if connection.execute(wanted).scalar() is None:
                return None
        with self._database.write() as connection:
            joined = messages.outerjoin(hooks, messages.c.hook == hooks.c.id)
            joined = joined.join(users, users.c.id == messages.c.user)
            wanted = sa.select(messages, hooks.c.url, hooks.c.secret, users.c.email).select_from(joined)
            row = connection.execute(wanted.where(messages.c.due <= now).limit(1)).mappings().one_or_none()
            if row is not None:
                mine = messages.c.id == row["id"], messages.c.due == row["due"]
                claim = messages.update().where(*mine).values(due=now + CLAIMED)
                if not connection.execute(claim).rowcount:
                    return None
            return dict(row) if row is not None else None

    def _send(self, row: Mapping[str, Any]) -> None:
        if row["hook"] is None:
            _mail(self._config, row["email"], row["body"], self._page)
        else:
            post(row["url"], row["secret"], row["id"], row["body"], private=self._config.private)

    def _done(self, row: Mapping[str, Any]) -> None:
        with self._database.write() as connection:
            connection.execute(messages.delete().where(messages.c.id == row["id"]))
            connection.execute(hooks.update().where(hooks.c.id == row["hook"]).values(error=""))

    def _failed(self, row: Mapping[str, Any], why: str) -> None:
        tries = row["tries"]
        log.warning("a message was not sent: %s", why)
        with self._database.write() as connection:
            connection.execute(hooks.update().where(hooks.c.id == row["hook"]).values(error=why[:200]))
            mine = messages.c.id == row["id"]
            if tries >= len(PAUSES):
                connection.execute(messages.delete().where(mine))
                return
            due = time.time() + PAUSES[tries]
            connection.execute(messages.update().where(mine).values(tries=tries + 1, due=due))


def post(url: str, secret: str, which: str, body: Mapping[str, Any], *, private: bool) -> None:
    """Send a webhook; raises NotSent. Redirects are not followed."""
    parts, content, moment = urlsplit(url), json.dumps(body).encode(), int(time.time())
    headers = {
        "Content-Type": "application/json",
        "User-Agent": "impasto",
        "webhook-id": which,
        "webhook-timestamp": str(moment),
        "webhook-signature": signature(secret, which, moment, content),
    }
    connection = _connection(parts.scheme, parts.hostname or "", parts.port, private=private)
    try:
        connection.request("POST", parts._replace(scheme="", netloc="").geturl() or "/", content, headers)
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise NotSent(f"{parts.hostname} cannot be reached: {error}") from None
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise NotSent(f"{parts.hostname} answered {status}")


def check_url(url: str) -> str:
    """Return why an address cannot be that of a webhook; empty if it can."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        return "this is no address"
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username or port == 0:
        return "an address begins with https:// and has a name, but no user"
    return "" if url.isprintable() and " " not in url else "an address has no spaces"


def _connection(scheme: str, host: str, port: int | None, *, private: bool) -> http.client.HTTPConnection:
    """Return a connection to a host whose address has been checked, and is not looked up again."""
    place = address_of(host, port or (443 if scheme == "https" else 80), private=private)

    def connected() -> socket.socket:
        return socket.create_connection(place, TIMEOUT)

    if scheme == "https":
        return _Tls(host, port, connected)
    return _Plain(host, port, connected)


class _Plain(http.client.HTTPConnection):
    def __init__(self, host: str, port: int | None, connected: Any) -> None:
        super().__init__(host, port, timeout=TIMEOUT)
        self._connected = connected

    def connect(self) -> None:
        self.sock = self._connected()


class _Tls(http.client.HTTPSConnection):
    def __init__(self, host: str, port: int | None, connected: Any) -> None:
        super().__init__(host, port, timeout=TIMEOUT)
        self._connected = connected

    def connect(self) -> None:
        self.sock = ssl.create_default_context().wrap_socket(self._connected(), server_hostname=self.host)


def address_of(host: str, port: int, *, private: bool) -> tuple[str, int]:
    """Return the address of a host; raises NotSent if it is unknown, or within a private network."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise NotSent(f"{host} is not known: {error}") from None
    addresses = [str(one[4][0]) for one in found]
    if not private and not all(ipaddress.ip_address(one.partition("%")[0]).is_global for one in addresses):
        raise NotSent(f"{host} is within a private network, to which this studio sends nothing")
    return addresses[0], port


def _mail(config: Config, to: str, body: Mapping[str, Any], page: str) -> None:
    """Send an e-mail about a job; raises NotSent. It has no name of a picture."""
    settings, done = config.mail, body["type"] == "job.done"
    letter = EmailMessage()
    letter["Subject"] = "Your picture is done" if done else "Your picture could not be painted"
    letter["From"], letter["To"] = settings.sender or settings.user, to
    why = "" if done else f"It stopped with an error: {body['data'].get('error', '')}\n\n"
    letter.set_content(f"{why}See it at {page}/{body['data']['id']}\n")
    try:
        with smtplib.SMTP(settings.host, settings.port, timeout=TIMEOUT) as server:
            if settings.tls:
                server.starttls(context=ssl.create_default_context())
            if settings.user:
                server.login(settings.user, settings.password)
            server.send_message(letter)
    except (OSError, smtplib.SMTPException) as error:
        raise NotSent(f"the e-mail could not be sent: {error}") from None


def _iso(seconds: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
