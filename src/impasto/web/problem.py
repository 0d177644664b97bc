"""Errors as problem documents (RFC 9457): a status, what is wrong, the way out, and a code for programs."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from impasto.errors import (
    AccountError,
    DiskFull,
    ImpastoError,
    JobError,
    JobNotFound,
    MemoryShortage,
    PictureError,
    QueueError,
    RecipeError,
    SettingsError,
    StoreError,
    worded,
)

STATUSES: dict[type[ImpastoError], int] = {
    SettingsError: 422,
    PictureError: 422,
    RecipeError: 422,
    AccountError: 422,
    MemoryShortage: 422,
    JobNotFound: 404,
    DiskFull: 507,
    JobError: 409,
    QueueError: 503,
    StoreError: 503,
}
"""The status of an error, the first that fits; 500 for others."""

MEDIA = "application/problem+json"

TOO_LARGE = "too_large"
"""The code of a body that is too long."""


class Problem(BaseModel):
    """What went wrong."""

    title: str
    status: int
    detail: str
    code: str
    way_out: str = ""
    fields: dict[str, Any] = {}


class Refused(ImpastoError):
    """A request that is answered by a status of its own."""

    def __init__(self, status: int, code: str, what: str, way_out: str = "", **fields: Any) -> None:
        super().__init__(what, way_out, **fields)
        self.status, self.reason = status, code


def not_found(what: str) -> Refused:
    """Return the refusal for what does not exist, or is another's: both look the same."""
    return Refused(404, "not_found", f"there is no such {what}")


def install(app: FastAPI) -> None:
    """Answer all errors by problem documents."""
    app.add_exception_handler(ImpastoError, _of_error)
    app.add_exception_handler(RequestValidationError, _of_form)
    app.add_exception_handler(HTTPException, _of_status)
    app.add_exception_handler(Exception, _of_bug)


def answer(status: int, code: str, detail: str, way_out: str = "", **more: Any) -> JSONResponse:
    """Return a problem document."""
    headers = more.pop("headers", None)
    problem = Problem(
        title=HTTPStatus(status).phrase, status=status, detail=detail, code=code, way_out=way_out, **more
    )
    return JSONResponse(problem.model_dump(), status, media_type=MEDIA, headers=headers)


def _of_error(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ImpastoError)
    if isinstance(error, Refused):
        retry = error.fields.get("retry_after")
        headers = {"Retry-After": str(retry)} if retry else None
        code, status = error.reason, error.status
    else:
        status = next((status for kind, status in STATUSES.items() if isinstance(error, kind)), 500)
        code, headers = error.code, None
    texts = worded(error.what), worded(error.way_out)
    return answer(status, code, *texts, fields=_plain(error.fields), headers=headers)


def _of_form(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    return answer(422, "invalid", f"{where}: {first['msg']}", fields={"where": list(map(str, first["loc"]))})


def _of_status(request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, HTTPException)
    code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "_")
    code = TOO_LARGE if error.status_code == 413 else code
    return answer(error.status_code, code, str(error.detail), headers=error.headers)


def _of_bug(request: Request, error: Exception) -> JSONResponse:
    return answer(500, "bug", "something went wrong in the studio", "try again, and report it if it stays")


def _plain(fields: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value
        for name, value in fields.items()
        if isinstance(value, str | int | float | bool | list) and "folder" not in name and "path" not in name
    }
