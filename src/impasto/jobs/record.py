"""The record of a job: its recipe, with what the machine decided, and where the result goes."""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from impasto.errors import DiskFull, JobDamaged, JobNotFound, RecipeError, SettingsError, option
from impasto.jobs.files import sync_folder, write_durably
from impasto.media.paths import unreadable
from impasto.recipe.change import Change
from impasto.recipe.fields import UPDATE
from impasto.recipe.input import Input, printable
from impasto.recipe.recipe import DECIDED, Recipe, parse
from impasto.settings import Settings
from impasto.settings.option import described
from impasto.settings.run import RunOptions

RECORD = "job.json"
FORMAT = 1

_RUN = ("output", "strip", "private", "no_recipe", "recipe", "preview", "preview_every")
"""The options of a run that are kept."""

_PATHS = ("output", "recipe", "preview")


@dataclass(frozen=True)
class Record:
    """The recipe of a job's run as it was started, and the options of the run.

    `changes` are those of the recipe and all made since; `applied` the files that asked for the last ones.
    `temporary` says that the folder was made by default, and is removed once the picture is written.
    `reserved` says that the output is a name which the program chose and that nothing has been written to
    yet: what is there when the job resumes is another run's.
    """

    recipe: Recipe
    run: RunOptions
    changes: tuple[Change, ...] = ()
    applied: tuple[str, ...] = ()
    temporary: bool = False
    reserved: bool = False

    @property
    def current(self) -> Recipe:
        """The recipe with all changes."""
        return dataclasses.replace(self.recipe, changes=self.changes)

    @classmethod
    def read(cls, folder: Path) -> Record:
        """Read the record of a job folder; raises JobError if there is none, or it is damaged."""
        path = folder / RECORD
        if why := unreadable(path):
            raise JobNotFound(why, folder=str(folder))
        try:
            table = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            raise JobNotFound(
                f"'{folder}' is no job folder: it has no {RECORD}",
                f"name one that {option('job')} made",
                folder=str(folder),
            ) from None
        except OSError as error:
            what = f"cannot read '{path}': {error.strerror or error}"
            raise JobNotFound(what, "check the path", folder=str(folder)) from None
        except (ValueError, RecursionError):
            raise _damaged(path, "it is no JSON") from None
        if not isinstance(table, dict) or not isinstance(table.get("run"), dict):
            raise _damaged(path, "it has not the two tables of a job")
        if table.get("format") != FORMAT:
            raise JobDamaged(
                f"'{path}' has format {printable(str(table.get('format')), 20)}, "
                f"and this impasto knows {FORMAT}",
                UPDATE,
                folder=str(folder),
            )
        try:
            run = {name: table["run"][name] for name in _RUN if name in table["run"]}
            recipe = parse(json.dumps(table.get("recipe")))
            changes = parse(json.dumps(table["recipe"] | {"changes": table.get("changes", [])})).changes
            return cls(
                recipe,
                RunOptions(**run),
                changes,
                tuple(map(str, table.get("taken", ()))),
                table.get("own") is True,
                table.get("reserved") is True,
            )
        except RecipeError as error:
            if error.way_out == UPDATE:
                what = f"job '{folder}' cannot be read: {error.what}"
                raise JobDamaged(what, UPDATE, folder=str(folder)) from None
            raise _damaged(path, error.what) from None
        except (SettingsError, TypeError) as error:
            raise _damaged(path, str(error)) from None

    def write(self, folder: Path) -> None:
        """Write it into a job folder atomically; raises JobError."""
        table = {
            "format": FORMAT,
            "recipe": self.recipe.as_table(),
            "run": {name: getattr(self.run, name) for name in _RUN},
        }
        table |= {
            "changes": [change.as_table() for change in self.changes],
            "taken": list(self.applied),  # by which name older versions know it
            "own": self.temporary,
            "reserved": self.reserved,
        }
        try:
            write_durably(folder / RECORD, [(json.dumps(table, indent=1) + "\n").encode()])
            sync_folder(folder)
        except OSError as error:
            raise DiskFull(
                f"cannot write '{folder / RECORD}': {error.strerror or error}",
                f"free some space or choose another {option('job')}",
                path=str(folder / RECORD),
            ) from None

    def with_run(self, run: RunOptions) -> Record:
        """Return the record with other options, with absolute paths, since a job resumes from any folder."""
        options = {name: getattr(run, name) for name in _RUN}
        options |= {name: str(Path(options[name]).absolute()) for name in _PATHS if options[name]}
        return dataclasses.replace(self, run=RunOptions(**options))

    def difference(self, wanted: Recipe) -> str:
        """Return in words how another run differs from this one; empty if it does not."""
        return difference(self.recipe, wanted)


def difference(made: Recipe, wanted: Recipe) -> str:
    """Return in words how a run that is wanted differs from one that was made; empty if it does not."""
    ours, theirs = (
        [item for item in recipe.inputs if item.role in ("content", "style")] for recipe in (made, wanted)
    )
    if [_essence(item) for item in ours] != [_essence(item) for item in theirs]:
        if len(ours) != len(theirs):
            there, here = (sum(item.role == "style" for item in items) for items in (ours, theirs))
            return f"{there} style(s) there and {here} here"
        one, other = next(
            (one, other) for one, other in zip(ours, theirs, strict=True) if _essence(one) != _essence(other)
        )
        return f"{_weighed(one)} there and {_weighed(other)} here"
    for name in described(Settings):
        mine, other_value = (_value(recipe, name) for recipe in (made, wanted))
        if mine != other_value and not (name in DECIDED and _leaves_open(name, mine, other_value)):
            return f"{name.replace('_', ' ')} {_said(mine)} there and {_said(other_value)} here"
    if made.changes != wanted.changes:
        return f"{_made(made)} there and {_made(wanted)} here"
    for name in ("weights", "device"):
        if getattr(made, name) != getattr(wanted, name):
            return f"{name} {getattr(made, name)[:8]} there and {getattr(wanted, name)[:8]} here"
    return ""


def _leaves_open(name: str, decided: Any, asked: Any) -> bool:
    """Whether the machine could decide so for what was asked: nothing, or a subset of the convolutions."""
    return not asked or (name == "convolutions" and set(asked.split(",")) <= set(decided.split(",")))


def _made(recipe: Recipe) -> str:
    return "; ".join(map(str, recipe.changes)) or "no change while it is painted"


def _essence(item: Input) -> tuple[str, str, float]:
    return item.role, item.sha256, item.weight


def _weighed(item: Input) -> str:
    return f"{item}" + (f" of weight {item.weight:g}" if item.role == "style" and item.weight != 1 else "")


def _value(recipe: Recipe, name: str) -> Any:
    """Return the value of a setting, with files replaced by their hashes."""
    value = getattr(recipe.settings, name)
    hashes = {
        f"input:{number}": f"the file of SHA-256 {item.sha256[:16]}"
        for number, item in enumerate(recipe.inputs)
    }
    return (
        tuple(hashes.get(text, text) for text in value)
        if isinstance(value, tuple)
        else hashes.get(value, value)
    )


def _said(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    text = (
        ",".join(map(str, value))
        if isinstance(value, tuple)
        else f"{value:g}"
        if isinstance(value, float)
        else str(value)
    )
    return printable(text, 60) if text else "none"


def _damaged(path: Path, why: str) -> JobDamaged:
    way_out = "restart in another folder, or restore a copy of it"
    return JobDamaged(f"'{path}' is damaged: {why}", way_out, folder=str(path.parent))
