"""Pipes in place of files: `-` for stdin and stdout, named pipes and `<(command)`, each read once into a file of its own."""

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
"""Bytes that a pipe may deliver at most: one that never ends would fill the disk."""

PATIENCE = 10.0
"""Seconds to wait for the first byte of a named pipe, of which nobody can tell whether anything will ever come."""

_BLOCK = 1 << 20
_FOLDER, _READ = "impasto.streams", "impasto.received"


class Name(click.ParamType[str]):
    """The name of an input file, which may be `-` or a pipe, with a weight behind it if `weighted`."""

    name = "file"

    def __init__(self, *, weighted: bool = False) -> None:
        self._weighted = weighted

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return the path of an ordinary file or of nothing, reading a pipe into a temporary file; raises PictureError."""
        text = str(value)
        check_address(text)
        path, colon, weight = text.rpartition(":") if self._weighted else (text, "", "")
        if colon and (path == STREAM or _is_pipe(path)) and not _is_pipe(text):
            return f"{received(path)}:{weight}"
        return str(received(text)) if text == STREAM or _is_pipe(text) else text

    def shell_complete(
        self, ctx: click.Context, param: click.Parameter, incomplete: str
    ) -> list[CompletionItem]:
        """Let the shell complete names of files."""
        return [CompletionItem(incomplete, type="file")]


class Target(click.ParamType[str]):
    """The name of a file or folder that is written, which the shell completes."""

    name = "file"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Return it as it is."""
        return str(value)

    shell_complete = Name.shell_complete


def received(name: str) -> Path:
    """Return a temporary file, kept until the command ends, with all that stdin or a pipe delivers; raises PictureError."""
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
        raise PictureError(f"cannot read '{name}': {error.strerror or error}; give it as a file") from None
    if not target.stat().st_size:
        raise PictureError(f"'{name}' delivered nothing; see whether the command before it works")
    known[name] = target
    return target


def received_among(sources: Sequence[Any]) -> list[Path]:
    """Return those of some inputs that came through a pipe, and vanish with this command."""
    context = click.get_current_context(silent=True)
    folder = context.find_root().meta.get(_FOLDER) if context else None
    paths = [Path(source) for source in sources if isinstance(source, str | os.PathLike)]
    return [path for path in paths if folder is not None and path.is_relative_to(folder)]


def check_stdout(as_json: bool) -> None:
    """Raise UsageError where a picture cannot go to stdout."""
    if as_json:
        raise click.UsageError("--json and -o - would both write to stdout; choose one of them")
    if sys.stdout.isatty():
        raise click.UsageError(
            "-o - writes the picture to stdout, which is a terminal; redirect it, such as > out.png"
        )


def stdout_file() -> Path:
    """Return where a picture is written before it goes to stdout."""
    return _folder() / "stdout.png"


def send(path: Path) -> None:
    """Write a file to stdout; raises OutputError, after which it is kept in the temporary folder."""
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
            f"cannot write the picture to stdout: {sink.lost.strerror or sink.lost}. It is kept at '{refuge.path}'"
        )


def _folder() -> Path:
    root = click.get_current_context().find_root()
    if _FOLDER not in root.meta:
        root.meta[_FOLDER] = Path(root.with_resource(tempfile.TemporaryDirectory(prefix="impasto-")))
    return Path(root.meta[_FOLDER])


def _is_pipe(name: str) -> bool:
    """Tell whether a name is that of something that can be read only once; a device is refused."""
    try:
        mode = Path(name).stat().st_mode
    except (OSError, ValueError):
        return False
    if stat.S_ISFIFO(mode) or stat.S_ISSOCK(mode):
        return True
    if stat.S_ISCHR(mode) or stat.S_ISBLK(mode):
        if name in ("/dev/stdin", "/dev/fd/0"):
            raise PictureError(_terminal(name))
        raise PictureError(f"'{name}' is a device and no file; name a file, or - for stdin")
    return False


def _opened(name: str) -> io.FileIO:
    if name == STREAM:
        if sys.stdin is None or sys.stdin.isatty():
            raise PictureError(_terminal(name))
        return io.FileIO(0, "rb", closefd=False)
    if name.startswith(("/dev/", "/proc/")):  # an end of a pipe whose other end is open
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
    """Wait for the first byte of a named pipe, and say so on stderr where it takes long; raises PictureError."""
    end, said = time.monotonic() + PATIENCE, False
    while not select.select([file], [], [], 1.0)[0]:
        if not said:
            click.echo(f"waiting for something to be written into the pipe '{name}'", err=True)
        said = True
        if time.monotonic() > end:
            raise PictureError(
                f"nothing came through the pipe '{name}' in {PATIENCE:.0f} s; first start the program that writes into it"
            )


def _copy(source: io.FileIO, target: IO[bytes], name: str) -> None:
    total = 0
    while block := source.read(_BLOCK):
        total += len(block)
        if total > LARGEST:
            raise PictureError(
                f"'{name}' delivered more than {LARGEST >> 30} GiB and is no picture; give it as a file"
            )
        target.write(block)


def _terminal(name: str) -> str:
    return f"'{name}' is a terminal; send a picture into it, such as 'impasto stylize - painting.jpg < photo.jpg'"
