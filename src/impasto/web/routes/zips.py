"""Many results in one file."""

from __future__ import annotations

import tempfile
import zipfile
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Query
from fastapi.responses import FileResponse
from starlette.background import BackgroundTask

from impasto.web.guard import TheCaller, TheStudio
from impasto.web.routes.jobs import name_of

router = APIRouter(tags=["jobs"])

MOST = 500
"""Results of one file."""


@router.get("/jobs.zip", response_class=FileResponse)
def zip_results(
    caller: TheCaller,
    studio: TheStudio,
    job: Annotated[list[str], Query(min_length=1, max_length=MOST)],
) -> FileResponse:
    """Return the results of jobs that are done, as a zip file."""
    found = [studio.jobs.result(caller.user.id, which) for which in dict.fromkeys(job)]
    with (
        tempfile.NamedTemporaryFile(dir=studio.config.folder, suffix=".zip", delete=False) as target,
        zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as archive,
    ):
        for number, (file, copied, seen) in enumerate(found, 1):
            archive.write(file, f"{number:03d} {name_of(seen)}")
            if copied:
                file.unlink(missing_ok=True)
    path = Path(target.name)
    task = BackgroundTask(path.unlink, missing_ok=True)
    return FileResponse(path, filename="pictures.zip", media_type="application/zip", background=task)
