"""Requests to a studio, with its problems as errors."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from impasto.errors import ImpastoError, QueueError, SettingsError, StudioError
from impasto.media.part import write_whole

TOKEN = "IMPASTO_TOKEN"
"""The environment variable with the token, which would be seen by others on a command line."""

TIMEOUT = 60.0
"""Seconds to wait for an answer; a proxy may hold it back while a picture is uploaded."""

RETRIES: tuple[float, ...] = (0.5, 2.0, 5.0)
"""Seconds before a request is sent again that did not reach the studio."""


class Http:
    """Requests to the API of the studio at an address, by a token.

    Raises SettingsError if the package for it is missing or the address is none. Methods raise QueueError if
    the studio cannot be reached, and the error that a problem names, or StudioError.
    """

    def __init__(self, url: str, token: str = "") -> None:
        try:
            import httpx2
        except ImportError:
            raise SettingsError("a studio needs httpx2", "pip install 'impasto[client]'") from None
        if not url.startswith(("http://", "https://")):
            raise SettingsError(
                f"studio '{url}' is no address", "give one such as https://studio.example.org"
            )
        self.url, self._errors = url.rstrip("/"), httpx2.TransportError
        token = token or os.environ.get(TOKEN, "")
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        self._client = httpx2.Client(base_url=f"{self.url}/api", headers=headers, timeout=TIMEOUT)

    def get(self, path: str, **query: Any) -> Any:
        """Return the answer to a question."""
        return self._json("GET", path, params=query)

    def send(self, method: str, path: str, form: Mapping[str, Any] | None = None, *, key: str = "") -> Any:
        """Send a form, and return the answer; with a key it may be sent twice, and counts once."""
        headers = {"Idempotency-Key": key} if key else {}
        return self._json(method, path, json=form, headers=headers)

    def upload(self, path: str, file: Path, form: Mapping[str, str], *, key: str) -> Any:
        """Send a file, and return the answer."""
        with file.open("rb") as opened:
            content = {"file": (file.name, opened)}
            return self._json("POST", path, data=form, files=content, headers={"Idempotency-Key": key})

    def bytes_of(self, path: str) -> bytes | None:
        """Return the bytes at a path, None if there are none yet."""
        answer = self._answer("GET", path)
        if answer.status_code == 404:
            return None
        self._check(answer)
        content: bytes = answer.content
        return content

    def download(self, path: str, target: Path) -> Path:
        """Write the bytes at a path to a file, all or nothing; raises OutputError too."""
        with self._reaching(), self._client.stream("GET", path) as answer:
            if answer.status_code >= 400:
                answer.read()
                self._check(answer)

            def write(file: Any) -> None:
                for part in answer.iter_bytes():
                    file.write(part)

            write_whole(target, write)
        return target

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _json(self, method: str, path: str, **what: Any) -> Any:
        answer = self._answer(method, path, **what)
        self._check(answer)
        return answer.json() if answer.content else None

    def _answer(self, method: str, path: str, **what: Any) -> Any:
        again = method == "GET" or what.get("headers", {}).get("Idempotency-Key")
        for pause in (*RETRIES, None) if again else (None,):
            try:
                return self._client.request(method, path, **what)
            except self._errors as error:
                if pause is None or what.get("files"):  # a file has been read already
                    raise self._away(error) from None
                time.sleep(pause)
        raise AssertionError("unreachable")

    def _check(self, answer: Any) -> None:
        """Raise the error of a problem."""
        if answer.status_code < 400:
            return
        try:
            problem = answer.json()
            detail, code = str(problem["detail"]), str(problem["code"])
        except (ValueError, KeyError, TypeError):
            raise StudioError(
                f"'{self.url}' answered {answer.status_code}", "check that it is a studio"
            ) from None
        fields = {str(name): value for name, value in dict(problem.get("fields") or {}).items()}
        kind = _kinds().get(code, StudioError)
        raise kind(detail, str(problem.get("way_out") or ""), **fields)

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        try:
            yield
        except self._errors as error:
            raise self._away(error) from None

    def _away(self, error: Exception) -> QueueError:
        what = f"studio '{self.url}' cannot be reached: {error or type(error).__name__}"
        return QueueError(what, "check the address and that it runs")


def _kinds(parent: type[ImpastoError] = ImpastoError) -> dict[str, type[ImpastoError]]:
    """Return all kinds of errors by their codes."""
    found = {parent.code: parent}
    for kind in parent.__subclasses__():
        found |= _kinds(kind)
    return found
