"""Write docs/reference.md from the settings, presets and commands: python scripts/reference.py"""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path
from typing import get_args

from impasto.cli.options import default_text, flag
from impasto.settings import Settings
from impasto.settings.cells import Cells
from impasto.settings.layers import LAYERS
from impasto.settings.option import described
from impasto.settings.presets import presets
from impasto.settings.run import RunOptions

TARGET = Path(__file__).parents[1] / "docs/reference.md"
HEAD = """# Reference

Made by `python scripts/reference.py` from the settings themselves; do not edit.

Settings decide the result: `impasto.Settings(size=512)` in Python, `--size 512` on the command line, \
`size = 512` in a
settings file. A file may start from a preset with `preset = "johnson"`.
"""
ERRORS = """## Exit codes and errors

An error has a `code` and `fields` for programs; the exit code is that of the command line.

| exit code | error | code | when |
|---|---|---|---|
"""
EVENTS = """## Events

What a run reports, a job's log keeps and `--json` prints: an object for each event, with its `kind` and \
these fields.

| kind | event | fields | what |
|---|---|---|---|
"""


def document() -> str:
    """Return the whole page."""
    parts = [HEAD]
    settings = [field for field in described(Settings).values() if not field.option.recorded]
    for group in dict.fromkeys(field.group for field in settings):
        parts.append(f"## {group}\n\n{_table([field for field in settings if field.group == group])}")
    parts.append(
        "## Cells\n\nHow the cells of a sheet are painted; a full run from one has the settings "
        f"above.\n\n{_table(described(Cells).values())}"
    )
    parts.append(
        "## Run\n\nWhere a result goes and how its making is "
        f"reported.\n\n{_table(described(RunOptions).values())}"
    )
    parts.append(
        "## Layers\n\nA `conv` is read after its ReLU.\n\n" + ", ".join(f"`{name}`" for name in LAYERS) + "\n"
    )
    parts.append(
        "## Presets\n\nWhat each changes of the default.\n\n" + "\n".join(_preset(name) for name in presets())
    )
    parts += [_events(), _errors()]
    return "\n".join(parts)


def _table(fields) -> str:
    rows = ["| option | what | range | default |", "|---|---|---|---|"]
    for field in fields:
        option = field.option
        range_ = ", ".join(option.choices) or (
            option.bounds if option.paper else option.metavar or option.bounds
        )
        unit = f" {option.unit}" if option.unit and range_ else ""
        rows.append(
            f"| `{flag(field)}` | {option.help} | {range_.replace('|', ', ')}{unit} | "
            f"{default_text(field, field.default) or ''} |"
        )
    return "\n".join(rows) + "\n"


def _preset(of: str) -> str:
    preset, default = presets()[of], Settings()
    changed = {}
    for name in described(Settings):
        value = getattr(preset.settings, name)
        if value != getattr(default, name):
            changed[name] = ",".join(map(str, value)) if isinstance(value, tuple) else str(value)
    lines = [f"### {of}", "", preset.source + (f" Differs: {preset.differs}" if preset.differs else ""), ""]
    return "\n".join([*lines, *(f"- {key}: {value}" for key, value in changed.items()), ""])


def _events() -> str:
    from impasto.engine.events import NOTES, Event

    rows = []
    for kind in get_args(Event):
        names = [one.name for one in fields(kind) if one.name not in ("kind", "pixels")]
        what = " ".join((kind.__doc__ or "").split())
        shown = ", ".join(f"`{name}`" for name in names)
        rows.append(f"| `{kind.kind}` | `impasto.{kind.__name__}` | {shown} | {what} |")
    notes = "\n".join(f"| `{code}` | {text} |" for code, text in NOTES.items())
    return (
        EVENTS
        + "\n".join(rows)
        + "\n\nThe codes of notes, and their sentences with the fields:\n\n| code | text |\n|---|---|\n"
        + notes
        + "\n"
    )


def _errors() -> str:
    from impasto import errors

    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type)
        and issubclass(kind, errors.ImpastoError)
        and kind is not errors.ImpastoError
    ]
    rows = [
        f"| {kind.exit_code} | `impasto.{kind.__name__}` | `{kind.code}` | {kind.__doc__} |" for kind in kinds
    ]
    return (
        ERRORS
        + "\n".join(rows)
        + "\n| 130 | `KeyboardInterrupt` | | Interrupted; the picture so far is written. |\n"
    )


if __name__ == "__main__":
    TARGET.write_text(document(), encoding="utf-8")
