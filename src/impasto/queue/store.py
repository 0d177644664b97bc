"""Files by their SHA-256 in a folder or at an fsspec URL that all machines reach."""

from __future__ import annotations

import errno
import hashlib
import io
import os
import uuid
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any, cast

import fsspec
from fsspec.implementations.local import LocalFileSystem

from impasto.errors import QueueError, SettingsError, StoreError, option
from impasto.jobs.files import PART, sync_folder, write_durably
from impasto.media.paths import landing

CHUNK = 1 << 20

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Store:
    """A store of objects, named by their SHA-256, in a folder or at an fsspec URL such as `s3://bucket/prefix`.

    Objects are written atomically, and checked against their name when they are read. Raises SettingsError if
    the address is invalid, or if a package for it is not installed.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            self._files, root = fsspec.core.url_to_fs(url)
        except ImportError as error:
            raise SettingsError(
                f"store '{url}' cannot be used: {error}", "install that with pip, s3fs for s3://"
            ) from None
        except ValueError as error:
            raise SettingsError(
                f"store '{url}' is no address: {error}", "name a folder, or one such as s3://bucket/prefix"
            ) from None
        self._root, self._local = root.rstrip("/"), isinstance(self._files, LocalFileSystem)

    def within(self, name: str) -> Store:
        """Return the part of the store under a name, which `forget` deletes as a whole."""
        return Store(f"{self.url.rstrip('/')}/{name}")

    def put(self, source: Path | bytes) -> str:
        """Put a file or bytes and return the SHA-256; an object that exists is not written again.

        Raises QueueError if the store is full or cannot be reached, and OSError if the file cannot be read.
        """
        with _opened(source) as file:
            sha256, size = (
                hashlib.file_digest(cast(io.BufferedReader, file), "sha256").hexdigest(),
                file.tell(),
            )
            file.seek(0)
            with self._reaching(f"put {sha256[:16]}… into"):
                if self._size(sha256) != size:
                    self._write(sha256, file)
        return sha256

    def get(self, sha256: str, target: Path) -> None:
        """Copy an object to a file, atomically.

        Raises StoreError if it is damaged or missing, and QueueError as `put` does.
        """
        target = landing(target)
        part = target.with_name(target.name + PART)
        digest = hashlib.sha256()
        try:
            with self._reaching(f"get {sha256[:16]}… from"):
                with self._files.open(self._path(sha256), "rb") as source, part.open("wb") as file:
                    while chunk := source.read(CHUNK):
                        digest.update(chunk)
                        file.write(chunk)
                self._check(sha256, digest.hexdigest())
                part.replace(target)
        finally:
            part.unlink(missing_ok=True)

    def place(self, sha256: str) -> Path | None:
        """Return the file of an object if the store is a folder of this machine, None otherwise."""
        return Path(self._path(sha256)) if self._local else None

    def check(self) -> None:
        """Raise QueueError if the store cannot be written to."""
        self.put(b"")

    def read(self, sha256: str) -> bytes:
        """Return the bytes of a small object; raises what `get` does."""
        with self._reaching(f"get {sha256[:16]}… from"):
            content: bytes = self._files.cat_file(self._path(sha256))
        self._check(sha256, hashlib.sha256(content).hexdigest())
        return content

    def drop(self, names: Iterable[str]) -> None:
        """Delete objects; errors are ignored, since an object that stays does no harm."""
        for sha256 in names:
            with suppress(Exception):
                self._files.rm_file(self._path(sha256))

    def keep_only(self, names: Collection[str]) -> None:
        """Delete all objects except these; errors are ignored as in `drop`."""
        with suppress(Exception):
            self._files.invalidate_cache()
            for path in self._files.find(self._root):
                if path.rpartition("/")[2] not in names:
                    self._files.rm_file(path)

    def forget(self) -> None:
        """Delete everything under this address; errors are ignored as in `drop`."""
        with suppress(Exception):
            self._files.rm(self._root, recursive=True)

    def _path(self, sha256: str) -> str:
        return f"{self._root}/{sha256[:2]}/{sha256}"

    def _size(self, sha256: str) -> int | None:
        """Return the size of an object in bytes, None if it does not exist.

        An object whose transfer was cut off has fewer bytes than its source.
        """
        try:
            # Others write too, so a cached listing may be out of date.
            self._files.invalidate_cache()
            size: int = self._files.info(self._path(sha256))["size"]
            return size
        except FileNotFoundError:
            return None

    def _write(self, sha256: str, file: IO[bytes]) -> None:
        path = self._path(sha256)
        if not self._local:
            # An object store shows an object only once it is complete.
            with self._files.open(path, "wb") as target:
                for chunk in _chunks(file):
                    target.write(chunk)
            return
        folder = Path(path).parent
        folder.mkdir(parents=True, exist_ok=True)
        own = folder / f"{sha256}-{uuid.uuid4().hex[:8]}"  # two processes may put the same object at once
        write_durably(own, _chunks(file))
        own.replace(path)
        sync_folder(folder)

    def _check(self, sha256: str, found: str) -> None:
        if found != sha256:
            raise StoreError(
                f"object '{self._path(sha256)}' of store '{self.url}' is damaged: "
                f"its SHA-256 is {found[:16]}…",
                "delete it and give the batch to the queue again",
            )

    @contextmanager
    def _reaching(self, what: str) -> Iterator[None]:
        """Turn the errors of any file system into StoreError or QueueError with a message of one line."""
        try:
            yield
        except StoreError:
            raise
        except Exception as error:
            if isinstance(error, FileNotFoundError) and what.startswith("get"):
                raise StoreError(
                    f"cannot {what} store '{self.url}': it is not there ({_said(error)})",
                    f"give the batch to the queue again, or check {option('store')}",
                ) from None
            if isinstance(error, OSError) and error.errno in _FULL:
                raise QueueError(
                    f"cannot {what} store '{self.url}': {error.strerror}", "free some space"
                ) from None
            raise QueueError(
                f"cannot {what} store '{self.url}': {_said(error)}",
                f"check {option('store')} and that this machine reaches it",
            ) from None


@contextmanager
def _opened(source: Path | bytes) -> Iterator[IO[bytes]]:
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        yield file


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _said(error: Any) -> str:
    """Return the message of an error in one line."""
    strerror = getattr(error, "strerror", None)
    name = getattr(error, "filename", None)
    if strerror and name:
        return f"{strerror}: '{os.fspath(name)}'"
    return " ".join(str(strerror or error).split()) or type(error).__name__
