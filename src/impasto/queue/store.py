"""Files by their SHA-256 in a place that all machines reach: a folder, or what fsspec has an address for, such as s3://bucket/prefix."""

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

from impasto.errors import QueueError, SettingsError, StoreError
from impasto.jobs.files import PART, sync_folder, write_durably
from impasto.media.paths import landing

CHUNK = 1 << 20

_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Store:
    """A store at a folder or an fsspec URL: what is put has its SHA-256 for a name, and is checked against it when it is got.

    Objects appear whole or not at all. Raises SettingsError where the address is none, or a package for it is missing.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        try:
            self._files, root = fsspec.core.url_to_fs(url)
        except ImportError as error:
            raise SettingsError(
                f"store '{url}' cannot be used: {error}; install that with pip, s3fs for s3://"
            ) from None
        except ValueError as error:
            raise SettingsError(
                f"store '{url}' is no address: {error}; name a folder, or one such as s3://bucket/prefix"
            ) from None
        self._root, self._local = root.rstrip("/"), isinstance(self._files, LocalFileSystem)

    def within(self, name: str) -> Store:
        """Return the part of the store under a name, which can be forgotten as a whole."""
        return Store(f"{self.url.rstrip('/')}/{name}")

    def put(self, source: Path | bytes) -> str:
        """Put a file or bytes and return the SHA-256, by which it is got; what is there already is not written again.

        Raises QueueError where the store has no room or cannot be reached, and OSError where the file cannot be read.
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
        """Get an object as a file, whole or not at all; raises StoreError where it is damaged or missing, and QueueError as `put`."""
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

    def read(self, sha256: str) -> bytes:
        """Return the bytes of a small object; raises as `get` does."""
        with self._reaching(f"get {sha256[:16]}… from"):
            content: bytes = self._files.cat_file(self._path(sha256))
        self._check(sha256, hashlib.sha256(content).hexdigest())
        return content

    def drop(self, names: Iterable[str]) -> None:
        """Delete objects; what cannot be deleted does no harm, and stays."""
        for sha256 in names:
            with suppress(Exception):
                self._files.rm_file(self._path(sha256))

    def keep_only(self, names: Collection[str]) -> None:
        """Delete all objects but some; what cannot be deleted does no harm, and stays."""
        with suppress(Exception):
            self._files.invalidate_cache()
            for path in self._files.find(self._root):
                if path.rpartition("/")[2] not in names:
                    self._files.rm_file(path)

    def forget(self) -> None:
        """Delete all that is under this address; what cannot be deleted does no harm, and stays."""
        with suppress(Exception):
            self._files.rm(self._root, recursive=True)

    def _path(self, sha256: str) -> str:
        return f"{self._root}/{sha256[:2]}/{sha256}"

    def _size(self, sha256: str) -> int | None:
        """Return the bytes of an object, None where there is none; a transfer that was cut off has too few."""
        try:
            # Others write too: what was not there a moment ago may be there now.
            self._files.invalidate_cache()
            size: int = self._files.info(self._path(sha256))["size"]
            return size
        except FileNotFoundError:
            return None

    def _write(self, sha256: str, file: IO[bytes]) -> None:
        path = self._path(sha256)
        if not self._local:
            # An object store shows an object when all of it is there.
            with self._files.open(path, "wb") as target:
                for chunk in _chunks(file):
                    target.write(chunk)
            return
        folder = Path(path).parent
        folder.mkdir(parents=True, exist_ok=True)
        own = folder / f"{sha256}-{uuid.uuid4().hex[:8]}"  # two may put the same at once
        write_durably(own, _chunks(file))
        own.replace(path)
        sync_folder(folder)

    def _check(self, sha256: str, found: str) -> None:
        if found != sha256:
            raise StoreError(
                f"object '{self._path(sha256)}' of store '{self.url}' is damaged: its SHA-256 is {found[:16]}…; delete it and give the batch to the queue again"
            )

    @contextmanager
    def _reaching(self, what: str) -> Iterator[None]:
        """Say what goes wrong with the store in one line; each file system raises errors of its own."""
        try:
            yield
        except StoreError:
            raise
        except Exception as error:
            if isinstance(error, FileNotFoundError) and what.startswith("get"):
                why = f"it is not there ({_said(error)}); give the batch to the queue again, or check --store"
                raise StoreError(f"cannot {what} store '{self.url}': {why}") from None
            if isinstance(error, OSError) and error.errno in _FULL:
                raise QueueError(
                    f"cannot {what} store '{self.url}': {error.strerror}; free some space"
                ) from None
            raise QueueError(
                f"cannot {what} store '{self.url}': {_said(error)}; check --store and that this machine reaches it"
            ) from None


@contextmanager
def _opened(source: Path | bytes) -> Iterator[IO[bytes]]:
    with io.BytesIO(source) if isinstance(source, bytes) else source.open("rb") as file:
        yield file


def _chunks(file: IO[bytes]) -> Iterator[bytes]:
    while chunk := file.read(CHUNK):
        yield chunk


def _said(error: Any) -> str:
    """Return what an error says, in one line."""
    strerror = getattr(error, "strerror", None)
    name = getattr(error, "filename", None)
    if strerror and name:
        return f"{strerror}: '{os.fspath(name)}'"
    return " ".join(str(strerror or error).split()) or type(error).__name__
