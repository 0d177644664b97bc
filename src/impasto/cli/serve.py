"""`impasto serve`: what it is told, the server with its workers, and care for a studio from a shell."""

from __future__ import annotations

import dataclasses
import ipaddress
import tomllib
import webbrowser
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import platformdirs

from impasto.errors import AccountError, SettingsError
from impasto.web.accounts import Accounts
from impasto.web.config import Config, Keep, Limits, Mail
from impasto.web.database import Database
from impasto.web.migrate import migrate

PORT = 8300
"""The usual port."""

_TABLES = {"limits": Limits, "keep": Keep, "mail": Mail}
"""Tables of the settings file, and what each becomes."""


def run(
    *,
    host: str,
    port: int | None,
    workers: int,
    tls_cert: str | None,
    tls_key: str | None,
    proxy: str,
    no_browser: bool,
    log_json: bool,
    quiet: bool,
    **given: Any,
) -> int:
    """Serve until a signal; return the exit code. Raises ImpastoError."""
    from impasto.web.logs import log_to_stderr
    from impasto.web.server import Hands, Server, listening, port_of

    if bool(tls_cert) != bool(tls_key):
        raise SettingsError("TLS needs a certificate and its key", "give both --tls-cert and --tls-key")
    for file in filter(None, (tls_cert, tls_key)):
        if not Path(file).is_file():
            raise SettingsError(f"there is no file '{file}'", "check the path")
    log_to_stderr(as_json=log_json, level=30 if quiet else 20)
    place = listening(host, port, PORT)
    scheme = "https" if tls_cert else "http"
    usual = f"{scheme}://{_reached(host)}:{port_of(place)}"
    config = config_of(
        given, address=given["address"] or usual, local=_is_here(host) and not given["accounts"]
    )
    tls = {"ssl_certfile": tls_cert, "ssl_keyfile": tls_key} if tls_cert and tls_key else {}

    def say(line: str) -> None:
        click.echo(line, err=True)

    def ready() -> None:
        studio = server.app.state.studio
        page = studio.url("/")
        say(f"the studio is at {page}")
        if not config.local and not studio.accounts.has_admin():
            secret = studio.accounts.first_admin()
            say(f"nobody has an account yet; become the administrator at {studio.url(f'/link/{secret}')}")
        if not no_browser and config.local:
            webbrowser.open(page)

    server = Server(config, place, tls=tls, proxy=proxy, ready=ready)
    arguments = ["--quiet"] if quiet or log_json else []
    hands = Hands(config, workers, arguments, say) if workers else None
    try:
        server.serve_until_stopped()
    except KeyboardInterrupt:  # which uvicorn raises again once it has stopped
        say("stopped; what was being painted is kept, and goes on next time")
    finally:
        if hands is not None:
            hands.stop()
    return 0 if server.started else 1


def steer(given: Mapping[str, Any], action: str, email: str, *, admin: bool) -> Iterator[str]:
    """Do what an action says with the users of a studio, and yield lines; raises ImpastoError."""
    config = config_of(given, address=given["address"] or f"http://127.0.0.1:{PORT}", local=False)
    database = Database(config.database)
    try:
        migrate(database)
        accounts = Accounts(database)
        url = config.address.rstrip("/") + config.base_path
        if action == "list":
            for user in accounts.people():
                yield f"{user.email}{'  administrator' if user.admin else ''}"
            return
        if action == "invite":
            yield f"{url}/link/{accounts.invite(admin=admin)}"
            return
        found = next((user for user in accounts.people() if user.email == email.strip().lower()), None)
        if found is None:
            raise AccountError(f"there is no user '{email}'", "list them with 'impasto serve users'")
        if action == "reset":
            yield f"{url}/link/{accounts.reset_link(found.id)}"
        else:
            from impasto.web.metrics import Metrics
            from impasto.web.studio import Studio

            studio = Studio(config, Metrics())
            studio.remove_user(found.id)
            studio.close()
            yield f"removed {found.email} with all that was theirs"
    finally:
        database.close()


def back_up(given: Mapping[str, Any], target: str) -> str:
    """Back a studio up, and say so; raises ImpastoError."""
    from impasto.web import backup

    config = config_of(given)
    count = backup.back_up(config.database, config.store, Path(target))
    return f"wrote {target}: the database and {count} files"


def restore(given: Mapping[str, Any], source: str) -> str:
    """Restore a studio, and say so; raises ImpastoError."""
    from impasto.web import backup

    config = config_of(given)
    count = backup.restore(config.database, config.store, Path(source))
    return f"restored the database and {count} files"


def config_of(given: Mapping[str, Any], **more: Any) -> Config:
    """Return the configuration that options and the settings file give; raises SettingsError."""
    data = Path(
        given["data"] or platformdirs.user_data_path("impasto", appauthor=False) / "studio"
    ).absolute()
    data.mkdir(parents=True, exist_ok=True)
    base = given["base_path"].strip("/")
    store = given["store"] or ("" if given["url"] else str(data / "files"))
    table = _read(given["file"]) if given["file"] else {}
    return Config(
        database=given["url"] or f"sqlite:///{data / 'studio.sqlite'}",
        store=store,
        folder=data / "incoming",
        base_path=f"/{base}" if base else "",
        **table,
        **more,
    )


def _read(file: str) -> dict[str, Any]:
    """Return the fields of a settings file; raises SettingsError for unknown ones."""
    try:
        table = tomllib.loads(Path(file).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise SettingsError(f"cannot read '{file}': {error}", "correct it") from None
    found: dict[str, Any] = {}
    plain = ("private", "upload_megabytes", "upload_megapixels")
    for name, value in table.items():
        if name in _TABLES and isinstance(value, dict):
            known = {field.name: field.type for field in dataclasses.fields(_TABLES[name])}
            for key, one in value.items():
                if key not in known or isinstance(one, dict | list):
                    raise SettingsError(
                        f"'{file}' sets {name}.{key}", f"known in {name} are {', '.join(known)}"
                    )
            found[name] = _TABLES[name](**value)
        elif name in plain and isinstance(value, int | float):
            found[name] = value
        else:
            known_names = ", ".join((*_TABLES, *plain))
            raise SettingsError(f"'{file}' sets {name}", f"known are {known_names}")
    return found


def _is_here(host: str) -> bool:
    """Whether a host is reached from this machine alone."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _reached(host: str) -> str:
    """Return the name in an address under which a server that listens at a host is reached from here."""
    return {"0.0.0.0": "localhost", "::": "localhost"}.get(host, f"[{host}]" if ":" in host else host)
