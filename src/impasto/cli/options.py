"""Command-line options made from the fields of a dataclass, shown by group."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any

import click

from impasto.cli.streams import Name, Target
from impasto.fields import bounds
from impasto.presets import DEFAULTS, check_shape, presets, settings_from
from impasto.presets import preset as preset_named
from impasto.run import Run
from impasto.settings import Settings

_TYPES: dict[str, click.ParamType[Any]] = {"int": click.INT, "float": click.FLOAT, "float | None": click.FLOAT}
_METAVARS = {"int": "N", "float": "X", "float | None": "X"}
_FLAGS = {"output": ("-o", "--output")}
_SHORTER = {"texture": {"style_layers": "--layers"}, "reconstruct": {"style_layers": "--layers", "content_layers": "--layer"}}
"""What a command calls a setting too, where it is plain which layers are meant."""

INPUTS_HELP = "A folder, with those in it, or a file where inputs are sought that are no longer where they were; may be given several times."


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


def options_of(kind: type, *only: str, command: str = "", **helps: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that gives a command one option per field, or for those named; what is not given arrives as None.

    With `command` only fields that change its result are among them, with the defaults of its preset. `helps` are texts in place of a field's own, by its name.
    """

    defaults = preset_named(DEFAULTS[command]) if command else None

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for field in reversed(dataclasses.fields(kind)):
            if (not only or field.name in only) and (not command or command in field.metadata["commands"]):
                also = _SHORTER.get(command, {}).get(field.name)
                function = _option(field, helps.get(field.name) or describe(field, defaults), *([also] if also else []))(function)
        return function

    return decorate


def start_options(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that gives a command the options that name the settings to start from."""
    preset = f"Settings to start from; see 'impasto presets'.  [default: {default}]"
    file = "A TOML file of settings, as 'impasto presets NAME' prints them."

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        command = click.option("--settings", "file", type=Name(), metavar="FILE", cls=GroupedOption, group="Start from", help=file)(command)
        return click.option("--preset", shell_complete=_presets, metavar="NAME", cls=GroupedOption, group="Start from", help=preset)(command)

    return decorate


def _presets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in presets() if name.startswith(incomplete)]


def settings_and_run(preset: str | None, file: str | None, given: dict[str, Any], command: str = "stylize") -> tuple[Settings, Run]:
    """Return settings of a command and run from what it was given; raises SettingsError."""
    if preset and file:
        raise click.UsageError("--preset and --settings exclude each other; a settings file may name its preset")
    changes, run = changes_and_run(given)
    default = DEFAULTS[command]
    settings = settings_from(file, default, **changes) if file else preset_named(preset or default, command).with_changes(**changes)
    check_shape(settings, command)
    return settings, run


def changes_and_run(given: dict[str, Any]) -> tuple[dict[str, Any], Run]:
    """Return the changes of settings and the run from what a command was given."""
    changes = {name: value for name, value in given.items() if value not in (None, ())}
    return changes, Run(**{f.name: changes.pop(f.name) for f in dataclasses.fields(Run) if f.name in changes})


def describe(field: dataclasses.Field[Any], defaults: Settings | None = None) -> str:
    """Return a field's help with its unit, range and default, or the value that it has in `defaults`, as help and reference show it."""
    default = default_text(field, getattr(defaults, field.name) if defaults and field.default is not None else field.default)
    notes = [note for note in (field.metadata["unit"], bounds(field), default and f"default: {default}") if note]
    help: str = field.metadata["help"]
    return help + (f"  [{'; '.join(notes)}]" if notes else "")


def default_text(field: dataclasses.Field[Any], value: Any) -> str:
    """Return a field's value as a person would type it; empty where there is none to speak of."""
    value = "" if value is None else value
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


def _type_of(field: dataclasses.Field[Any]) -> click.ParamType[Any]:
    """Return how an option is read that is no choice and no flag."""
    names = {"FILE", "FOLDER", "DIR"} & set(field.metadata["metavar"].split("|"))
    if names:
        return Target() if field.metadata["group"] == "Run" or names == {"FOLDER"} else Name()
    return click.STRING if field.metadata["paper"] else _TYPES.get(str(field.type), click.STRING)


def _option(field: dataclasses.Field[Any], help: str, *also: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    data: dict[str, Any] = dict(cls=GroupedOption, group=field.metadata["group"], help=help, default=None)
    if field.type == "bool":
        data["is_flag"] = True
    elif field.metadata["choices"]:
        data["type"] = click.Choice(field.metadata["choices"])
    else:
        data["type"] = _type_of(field)
        data["multiple"] = field.type == "tuple[str, ...]"
        data["metavar"] = field.metadata["metavar"] or _METAVARS.get(str(field.type))
    return click.option(*also, *_FLAGS.get(field.name, (flag(field),)), field.name, **data)
