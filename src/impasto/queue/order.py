"""An order on the queue: a recipe, with its inputs in the store by hash, and the format of the result."""

from __future__ import annotations

import dataclasses
import json
import re
from dataclasses import dataclass
from pathlib import Path

from impasto.errors import QueueError, RecipeError
from impasto.media.formats import ENDINGS, FORMATS
from impasto.media.paths import is_there
from impasto.queue.store import Store
from impasto.recipe.fields import UPDATE
from impasto.recipe.input import Input, printable
from impasto.recipe.recipe import Recipe, parse
from impasto.settings.kinds import FILM

FORMAT = 1

_AGAIN = "cancel it and give the batch to the queue again"

_PLAIN = re.compile(r"[\w][\w .,()+-]{0,99}")
"""A file name that is valid on every system."""


@dataclass(frozen=True, kw_only=True)
class Order:
    """One result to be made by any worker: a recipe before painting, and a name for messages.

    `suffix` is the ending of the result's name. With the device `auto`, each worker uses its own. A branch
    starts from the `checkpoint` of another job, its `source`, as of scale or frame `at`, counted from 1; 0 is
    the last one kept.
    """

    name: str
    recipe: Recipe
    suffix: str = ".png"
    device: str = "auto"
    source: str = ""
    at: int = 0
    checkpoint: str = ""

    def to_text(self) -> str:
        """Return the order as one line of JSON with sorted keys."""
        table = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)} | {
            "recipe": self.recipe.as_table()
        }
        return json.dumps({"format": FORMAT} | table, sort_keys=True, separators=(",", ":"), allow_nan=False)

    @classmethod
    def parse(cls, text: str) -> Order:
        """Read an order; raises QueueError if it is invalid, since anyone may have written to the queue."""
        try:
            table = json.loads(text)
            if table.pop("format") != FORMAT:
                raise QueueError(
                    "the job was made by another version of impasto", "update impasto on every machine"
                )
            recipe = parse(json.dumps(table.pop("recipe")))
            order = cls(recipe=recipe, **table)
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError, RecipeError) as error:
            what = error.what if isinstance(error, RecipeError) else str(error)
            if isinstance(error, RecipeError) and error.way_out == UPDATE:
                raise QueueError(
                    f"the job on the queue cannot be read: {printable(what, 200)}",
                    "update impasto on every machine",
                ) from None
            raise QueueError(f"the job on the queue is damaged: {printable(what, 200)}", _AGAIN) from None
        texts = (order.name, order.suffix, order.device, order.source, order.checkpoint)
        suffixes = ENDINGS if order.recipe.command in FILM else FORMATS
        sound = all(isinstance(text, str) for text in texts) and type(order.at) is int and order.at >= 0
        if not sound or order.suffix.lower() not in suffixes:
            raise QueueError("the job on the queue is damaged: a field has the wrong type", _AGAIN)
        return order


def fetch_inputs(order: Order, store: Store, folder: Path) -> None:
    """Copy the inputs of an order into a folder; raises StoreError and QueueError as `Store.get` does."""
    for number, item in enumerate(order.recipe.inputs):
        place = folder / str(number)
        place.mkdir(parents=True, exist_ok=True)
        if not is_there(place / _safe(item)):
            store.get(item.sha256, place / _safe(item))


def _safe(item: Input) -> str:
    """Return the file name of an input, or its hash and ending if the name is not safe on every system.

    Names appear in messages, and some formats are recognised by their ending.
    """
    if _PLAIN.fullmatch(item.name):
        return item.name
    suffix = Path(item.name).suffix
    return item.sha256[:16] + (suffix if _PLAIN.fullmatch("x" + suffix) else "")
