"""Command-line options generated from the fields of a dataclass, and their grouped help."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from impasto.cli.streams import Name, Target
from impasto.settings import Settings
from impasto.settings.option import Setting, as_text, described
from impasto.settings.presets import DEFAULTS, presets, settings_from
from impasto.settings.presets import preset as preset_named
from impasto.settings.run import RunOptions

_TYPES: dict[str, click.ParamType[Any]] = {"int": click.INT, "float": click.FLOAT}
_METAVARS = {"int": "N", "float": "X"}
_FLAGS = {"output": ("-o", "--output")}
_SHORTER = {
    "texture": {"style_layers": "--layers"},
    "reconstruct": {"style_layers": "--layers", "content_layers": "--layer"},
}
"""Additional names of settings in commands that use one kind of layers."""

INPUTS_HELP = "File or folder to search, with its subfolders, for moved inputs. Repeatable."


class GroupedOption(click.Option):
    """An option with the heading of its group in the help; only `common` ones are in the short help."""

    def __init__(self, *args: Any, group: str = "Other", common: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.group, self.common = group, common


class GroupedCommand(click.Command):
    """A command whose help lists options by group: common ones for --help, all for --help-all."""

    def get_params(self, context: click.Context) -> list[click.Parameter]:
        """Return the parameters, with --help-all if --help omits some."""
        found = super().get_params(context)
        return (
            [*found, _help_all()]
            if any(not getattr(parameter, "common", True) for parameter in found)
            else found
        )

    def format_options(self, context: click.Context, formatter: click.HelpFormatter) -> None:
        """Write one section per group, in the order in which groups first appear."""
        groups: dict[str, list[tuple[str, str]]] = {}
        for parameter in self.get_params(context):
            record = parameter.get_help_record(context)
            shown = getattr(parameter, "common", True) or context.meta.get(_ALL)
            if record is not None and shown and isinstance(parameter, click.Option):
                groups.setdefault(getattr(parameter, "group", "Other"), []).append(record)
        for name, records in groups.items():
            with formatter.section(name):
                formatter.write_dl(records)


_ALL = "impasto.help_all"


def _help_all() -> click.Option:
    def show(context: click.Context, parameter: click.Parameter, value: bool) -> None:
        if value:
            context.meta[_ALL] = True
            click.echo(context.get_help())
            context.exit()

    help = "Show all options and exit."
    return click.Option(
        ["--help-all"], is_flag=True, is_eager=True, expose_value=False, callback=show, help=help
    )


def options_of(
    kind: type, *only: str, command: str = "", **helps: str
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds an option for each field, or for those in `only`; the default is None.

    With `command`, only fields that affect its result are added, with the defaults of its preset. `helps`
    replaces the help of fields by name.
    """
    defaults = preset_named(DEFAULTS[command]) if command else None

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        for field in reversed(described(kind).values()):
            wanted = (not only or field.name in only) and (not command or command in field.option.kinds)
            if wanted and not field.option.recorded:
                also = _SHORTER.get(command, {}).get(field.name)
                function = _option(
                    field, helps.get(field.name) or describe(field, defaults), *([also] if also else [])
                )(function)
        return function

    return decorate


def start_options(default: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Return a decorator that adds --preset and --settings."""
    preset = f"Settings to start from; see 'impasto presets'.  [default: {default}]"
    file = "TOML file of settings, as printed by 'impasto presets NAME'."

    def decorate(command: Callable[..., Any]) -> Callable[..., Any]:
        command = click.option(
            "--settings",
            "file",
            type=Name(),
            metavar="FILE",
            cls=GroupedOption,
            group="Start from",
            help=file,
        )(command)
        return click.option(
            "--preset",
            shell_complete=_presets,
            metavar="NAME",
            cls=GroupedOption,
            group="Start from",
            help=preset,
        )(command)

    return decorate


def _presets(ctx: click.Context, param: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in presets() if name.startswith(incomplete)]


def settings_and_run(
    preset: str | None, file: str | None, given: dict[str, Any], command: str = "stylize"
) -> tuple[Settings, RunOptions]:
    """Return the settings and run options for the arguments of a command; raises SettingsError."""
    if preset and file:
        raise click.UsageError(
            "--preset and --settings exclude each other; a settings file may name its preset"
        )
    changes, run = changes_and_run(given)
    default = DEFAULTS[command]
    settings = (
        settings_from(file, default, **changes)
        if file
        else preset_named(preset or default, command).with_changes(**changes)
    )
    settings.check_shape(command)
    return settings, run


def changes_and_run(given: dict[str, Any]) -> tuple[dict[str, Any], RunOptions]:
    """Split the arguments of a command into changed settings and run options."""
    changes = {name: value for name, value in given.items() if value not in (None, ())}
    return changes, RunOptions(
        **{name: changes.pop(name) for name in described(RunOptions) if name in changes}
    )


def describe(field: Setting, defaults: Settings | None = None) -> str:
    """Return a field's help with its unit, range and default, which `defaults` may replace."""
    default = default_text(
        field, getattr(defaults, field.name) if defaults and field.default is not None else field.default
    )
    notes = [
        note for note in (field.option.unit, field.option.bounds, default and f"default: {default}") if note
    ]
    return field.option.help + (f"  [{'; '.join(notes)}]" if notes else "")


def default_text(field: Setting, value: Any) -> str:
    """Return a field's value as it is typed on the command line; empty if there is none to show."""
    if value is None or (isinstance(value, bool) and field.group == "Run"):
        return ""
    return f"{value:g}" if isinstance(value, float) else as_text(value)


def flag(field: Setting) -> str:
    """Return a field's option as it is written on the command line."""
    dashed = "--" + field.name.replace("_", "-")
    if field.type == "bool" and field.group != "Run":
        return f"{dashed}/--no-{field.name.replace('_', '-')}"
    return dashed


def _type_of(field: Setting) -> click.ParamType[Any]:
    """Return the click type of an option that is neither a choice nor a flag."""
    names = {"FILE", "FOLDER", "DIR"} & set(field.option.metavar.split("|"))
    if names:
        return Target() if field.group == "Run" or names == {"FOLDER"} else Name()
    return click.STRING if field.option.paper else _TYPES.get(field.type, click.STRING)


def _option(field: Setting, help: str, *also: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    data: dict[str, Any] = dict(
        cls=GroupedOption, group=field.group, common=field.option.common, help=help, default=None
    )
    if field.type == "bool":
        data["is_flag"] = True
    elif field.option.choices:
        data["type"] = click.Choice(field.option.choices)
    else:
        data["type"] = _type_of(field)
        data["multiple"] = field.type == "texts"
        data["metavar"] = field.option.metavar or _METAVARS.get(field.type)
    return click.option(*also, *_FLAGS.get(field.name, (flag(field),)), field.name, **data)
