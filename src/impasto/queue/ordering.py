"""A task as an order on the queue."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from impasto.errors import PictureError
from impasto.jobs.batch_task import wanted
from impasto.jobs.kinds import KINDS
from impasto.jobs.tasks import Task
from impasto.media.paths import is_folder
from impasto.queue.order import Order


def order_of(task: Task) -> tuple[Order, dict[str, Path]]:
    """Return the order of a task, and the paths of its inputs by SHA-256.

    Raises PictureError if an input cannot be read, or if the clip is a folder of frames.
    """
    recipe = dataclasses.replace(
        wanted(task), device="cpu" if task.device == "auto" else task.device, strip=task.strip
    )
    order = Order(
        name=task.name,
        recipe=recipe.without_names() if task.private else recipe,
        suffix=Path(task.output).suffix or KINDS[task.kind].suffix,
        device=task.device,
    )
    folder = next((item.path for item in recipe.inputs if is_folder(item.path)), None)
    if folder is not None:
        raise PictureError(
            f"'{folder}' is a folder, which a queue cannot carry", "give its frames as a film, such as .mp4"
        )
    return order, {item.sha256: Path(item.path) for item in recipe.inputs}
