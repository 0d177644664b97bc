"""Command-line options made from the fields of a dataclass, shown by group."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import click

from impasto.fields import bounds
from impasto.presets import preset as preset_named
from impasto.presets import settings_from
from impasto.settings import Run, Settings

_TYPES: dict[str, click.ParamType[Any]] = {"int": click.INT, "float": click.FLOAT, "float | None": click.FLOAT}
_METAVARS = {"int": "N", "float": "X", "float | None": "X"}
_FLAGS = {"output": ("-o", "--output")}


class GroupedOption(click.Option):
    """An option that knows under which heading of the help it belongs."""

    def __init__(self, *args: Any, group: str = "Other", **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group = group


class GroupedCommand(click.Command):
    """A command whose help lists options under their groups."""

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one section per group, in the order in which groups first appear."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(context):
            record = parameter.get_help_record(context)
            if record is not None and isinstance(parameter, click.Option):
                groups.setdefault(getattr(parameter, "group", "Other"), []).append(record)
        for name, records in groups.items():
            with formatter.section(name):
                formatter.write_dl(records)


def options_of(kind: type, *only: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that gives a command one option per field, or for those named; what is not given arrives as None."""

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for field in reversed(dataclasses.fields(kind)):
            function = _option(field)(function) if not only or field.name in only else function
        return function

    return decorate


def start_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options that name the settings to start from."""
    preset = "Settings to start from; see 'impasto presets'.  [default: default]"
    file = "A TOML file of settings, as 'impasto presets NAME' prints them."
    command = click.option("--settings", "file", metavar="FILE", cls=GroupedOption, group="Start from", help=file)(command)
    return click.option("--preset", metavar="NAME", cls=GroupedOption, group="Start from", help=preset)(command)


def settings_and_run(preset: str | None, file: str | None, given: dict[str, Any]) -> tuple[Settings, Run]:
    """Return settings and run from what a command was given; raises SettingsError."""
    if preset and file:
        raise click.UsageError("--preset and --settings exclude each other; a settings file may name its preset")
    changes, run = changes_and_run(given)
    return settings_from(file, **changes) if file else preset_named(preset or "default").with_changes(**changes), run


def changes_and_run(given: dict[str, Any]) -> tuple[dict[str, Any], Run]:
    """Return the changes of settings and the run from what a command was given."""
    changes = {name: value for name, value in given.items() if value not in (None, ())}
    return changes, Run(**{f.name: changes.pop(f.name) for f in dataclasses.fields(Run) if f.name in changes})


def describe(field: dataclasses.Field[Any]) -> str:
    """Return a field's help with its unit, range and default, as help and reference show it."""
    notes = [note for note in (field.metadata["unit"], bounds(field), default_text(field) and f"default: {default_text(field)}") if note]
    help: str = field.metadata["help"]
    return help + (f"  [{'; '.join(notes)}]" if notes else "")


def default_text(field: dataclasses.Field[Any]) -> str:
    """Return a field's default as a person would type it; empty where there is none to speak of."""
    value = "" if field.default is None else field.default
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, bool):
        return ("on" if value else "off") if field.metadata["group"] != "Run" else ""
    return f"{value:g}" if isinstance(value, float) else str(value)


def flag(field: dataclasses.Field[Any]) -> str:
    """Return a field's option as it is written on the command line."""
    dashed = "--" + field.name.replace("_", "-")
    if field.type == "bool" and field.metadata["group"] != "Run":
        return f"{dashed}/--no-{field.name.replace('_', '-')}"
    return dashed


def _option(field: dataclasses.Field[Any]) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    data: dict[str, Any] = dict(cls=GroupedOption, group=field.metadata["group"], help=describe(field), default=None)
    if field.type == "bool":
        data["is_flag"] = True
    elif field.metadata["choices"]:
        data["type"] = click.Choice(field.metadata["choices"])
    else:
        data["type"] = click.STRING if field.metadata["paper"] else _TYPES.get(str(field.type), click.STRING)
        data["multiple"] = field.type == "tuple[str, ...]"
        data["metavar"] = field.metadata["metavar"] or _METAVARS.get(str(field.type))
    return click.option(*_FLAGS.get(field.name, (flag(field),)), field.name, **data)
