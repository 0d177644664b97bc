"""Pipes instead of files: `-` for stdin and stdout, named pipes and `<(command)`.

Each input pipe is read once into a temporary file.
"""

from __future__ import annotations

import io
import os
import select
import shutil
import stat
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any

import click
from click.shell_completion import CompletionItem

from impasto.errors import OutputError, PictureError
from impasto.media.names import reserve
from impasto.media.paths import check_address

STREAM = "-"

LARGEST = 4 << 30
"""Maximum number of bytes to read from a pipe, since an endless one would fill the disk."""

PATIENCE = 10.0
"""Seconds to wait for the first byte of a named pipe, which may have no writer."""

_BLOCK = 1 << 20
_FOLDER, _READ = "impasto.streams", "impasto.received"


class Name(click.ParamType[str]):
    """The name of an input file, which may be `-` or a pipe, followed by a weight if `weighted`."""

    name = "file"

    def __init__(self, *, weighted: bool = False) -> None:
        self._weighted = weighted

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the path, or that of a temporary file with the data of a pipe; raises PictureError."""
        text = str(value)
        check_address(text)
        path, colon, weight = text.rpartition(":") if self._weighted else (text, "", "")
        if colon and (path == STREAM or _is_pipe(path)) and not _is_pipe(text):
            return f"{received(path)}:{weight}"
        return str(received(text)) if text == STREAM or _is_pipe(text) else text

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Complete file names."""
        return [CompletionItem(incomplete, type="file")]


class Target(click.ParamType[str]):
    """The name of a file or folder, with shell completion."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return it unchanged."""
        return str(value)

    shell_complete = Name.shell_complete


def received(name: str) -> Path:
    """Read stdin or a pipe into a temporary file, kept until the command ends; raises PictureError."""
    folder, known = _folder(), click.get_current_context().meta.setdefault(_READ, {})
    if name in known:
        return Path(known[name])  # a pipe can be read once, but named twice
    stem = "stdin" if name == STREAM else Path(name).name
    target = folder / str(len(known)) / ("pipe" if stem.isdecimal() else stem)
    target.parent.mkdir()
    try:
        with _opened(name) as source, target.open("wb") as file:
            _copy(source, file, name)
    except OSError as error:
        raise PictureError(f"cannot read '{name}': {error.strerror or error}", "give it as a file") from None
    if not target.stat().st_size:
        raise PictureError(f"'{name}' delivered nothing", "check the command that writes to it")
    known[name] = target
    return target


def received_among(sources: Sequence[Any]) -> list[Path]:
    """Return the inputs that were read from a pipe into temporary files."""
    context = click.get_current_context(silent=True)
    folder = context.find_root().meta.get(_FOLDER) if context else None
    paths = [Path(source) for source in sources if isinstance(source, str | os.PathLike)]
    return [path for path in paths if folder is not None and path.is_relative_to(folder)]


def check_stdout(as_json: bool) -> None:
    """Raise UsageError if a picture cannot be written to stdout."""
    if as_json:
        raise click.UsageError("--json and -o - would both write to stdout; choose one of them")
    if sys.stdout.isatty():
        raise click.UsageError(
            "-o - writes the picture to stdout, which is a terminal; redirect it, such as > out.png"
        )


def stdout_file() -> Path:
    """Return the temporary file of a picture that is copied to stdout."""
    return _folder() / "stdout.png"


def send(path: Path) -> None:
    """Write a file to stdout; if that fails, keep it in the temporary folder and raise OutputError."""
    from impasto.cli.terminal import Sink

    with path.open("rb") as file:
        shutil.copyfileobj(file, sys.stdout.buffer)
    sys.stdout.buffer.flush()
    sink = getattr(sys.stdout.buffer, "raw", None)
    if isinstance(sink, Sink) and sink.lost is not None:
        refuge = reserve(Path(tempfile.gettempdir()), "impasto", path.suffix)
        try:
            shutil.copyfile(path, refuge.path)
        finally:
            refuge.release()
        raise OutputError(
            f"cannot write the picture to stdout: {sink.lost.strerror or sink.lost}. "
            f"It is kept at '{refuge.path}'"
        )


def _folder() -> Path:
    root = click.get_current_context().find_root()
    if _FOLDER not in root.meta:
        root.meta[_FOLDER] = Path(root.with_resource(tempfile.TemporaryDirectory(prefix="impasto-")))
    return Path(root.meta[_FOLDER])


def _is_pipe(name: str) -> bool:
    """Return whether a path is a pipe or socket; raises PictureError for a device."""
    try:
        mode = Path(name).stat().st_mode
    except (OSError, ValueError):
        return False
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        return True
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        if name in ("/dev/stdin", "/dev/fd/0"):
            raise PictureError(_terminal(name))
        raise PictureError(f"'{name}' is a device and no file", "name a file, or - for stdin")
    return False


def _opened(name: str) -> io.FileIO:
    if name == STREAM:
        if sys.stdin is None or sys.stdin.isatty():
            raise PictureError(_terminal(name))
        return io.FileIO(0, "rb", closefd=False)
    if name.startswith(("/dev/", "/proc/")):  # a pipe whose other end is already open
        return io.FileIO(name, "rb")
    file = io.FileIO(os.open(name, os.O_RDONLY | os.O_NONBLOCK), "rb")
    try:
        _await(file, name)
    except BaseException:
        file.close()
        raise
    os.set_blocking(file.fileno(), True)
    return file


def _await(file: io.FileIO, name: str) -> None:
    """Wait for the first byte of a named pipe, and report a delay on stderr; raises PictureError."""
    end, said = time.monotonic() + PATIENCE, False
    while not select.select([file], [], [], 1.0)[0]:
        if not said:
            click.echo(f"waiting for something to be written into the pipe '{name}'", err=True)
        said = True
        if time.monotonic() > end:
            raise PictureError(
                f"nothing came through the pipe '{name}' in {PATIENCE:.0f} s",
                "first start the program that writes into it",
            )


def _copy(source: io.FileIO, target: IO[bytes], name: str) -> None:
    total = 0
    while block := source.read(_BLOCK):
        total += len(block)
        if total > LARGEST:
            raise PictureError(
                f"'{name}' delivered more than {LARGEST >> 30} GiB and is no picture", "give it as a file"
            )
        target.write(block)


def _terminal(name: str) -> str:
    return (
        f"'{name}' is a terminal; redirect a picture to it, "
        "such as 'impasto stylize - painting.jpg < photo.jpg'"
    )
