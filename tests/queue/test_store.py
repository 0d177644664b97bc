"""A store gives back what was put, whole, or says what is wrong with it."""

import errno
import hashlib
import sys
import threading
import uuid

import pytest

from impasto.errors import QueueError, SettingsError, StoreError
from impasto.queue import store as module
from impasto.queue.store import Store


@pytest.fixture(params=["folder", "file", "memory"])
def store(request, tmp_path):
    addresses = {
        "folder": str(tmp_path / "store"),
        "file": f"file://{tmp_path}/store",
        "memory": f"memory://{uuid.uuid4().hex}",
    }
    return Store(addresses[request.param])


def damaged(store, sha256, content):
    """Write over an object behind the store's back."""
    store._files.pipe_file(store._path(sha256), content)


def test_what_is_put_is_got(store, tmp_path):
    content = bytes(range(256)) * 10_000
    (tmp_path / "in").write_bytes(content)
    sha256 = store.put(tmp_path / "in")
    assert sha256 == hashlib.sha256(content).hexdigest() == store.put(content)
    store.get(sha256, tmp_path / "out")
    assert (tmp_path / "out").read_bytes() == content == store.read(sha256)


def test_a_damaged_object_is_named_and_not_got(store, tmp_path):
    sha256 = store.put(b"what was put")
    damaged(store, sha256, b"what was not")
    (tmp_path / "out").write_bytes(b"before")
    for get in (lambda: store.get(sha256, tmp_path / "out"), lambda: store.read(sha256)):
        with pytest.raises(StoreError, match=f"object '.*{sha256}' of store '.*' is damaged"):
            get()
    assert (tmp_path / "out").read_bytes() == b"before" and not list(tmp_path.glob("*.part"))


def test_an_object_that_was_cut_off_is_put_anew(store):
    sha256 = store.put(b"what was put")
    damaged(store, sha256, b"what")
    assert store.put(b"what was put") == sha256 and store.read(sha256) == b"what was put"


def test_a_part_is_forgotten_and_the_rest_stays(store):
    whole, part = store.put(b"one"), store.within("jobs/1")
    first, second = part.put(b"two"), part.put(b"three")
    part.drop([first, "0" * 64])
    with pytest.raises(StoreError, match="is not there"):
        part.read(first)
    assert part.read(second) == b"three"
    part.forget()
    with pytest.raises(StoreError, match="is not there"):
        part.read(second)
    assert store.read(whole) == b"one"
    part.forget()


def test_many_put_the_same_at_once(tmp_path):
    store, content, found = Store(str(tmp_path / "store")), b"x" * 300_000, []
    threads = [threading.Thread(target=lambda: found.append(store.put(content))) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8 and set(found) == {hashlib.sha256(content).hexdigest()}
    assert [path.name for path in (tmp_path / "store").rglob("*") if path.is_file()] == found[:1]


def test_no_room_is_one_line_and_leaves_what_was_there(tmp_path, monkeypatch):
    store = Store(str(tmp_path / "store"))
    before = store.put(b"before")

    def full(*arguments):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(module, "write_durably", full)
    with pytest.raises(
        QueueError, match="cannot put .* into store '.*': No space left on device; free some space"
    ):
        store.put(b"more")
    assert store.read(before) == b"before"


@pytest.mark.parametrize(
    ("url", "message"),
    [("s3://bucket", "pip, s3fs for s3://"), ("nonsense://x", "is no address: Protocol not known: nonsense")],
)
def test_an_address_that_cannot_be_used_is_refused(url, message, monkeypatch):
    monkeypatch.setitem(sys.modules, "s3fs", None)
    with pytest.raises(SettingsError, match=message):
        Store(url)


def test_a_store_that_cannot_be_reached_says_so(tmp_path):
    (tmp_path / "file").write_text("no folder")
    with pytest.raises(QueueError, match="cannot put .* check store"):
        Store(str(tmp_path / "file")).put(b"x")
