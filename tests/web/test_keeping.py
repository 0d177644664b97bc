"""Keeping house: what is old is deleted, and only that; backup and restore; users removed with all theirs."""

import time

import pytest
from studios import config_of, done_job, known, made_studio, png, signed_in, studio, upload

from impasto.errors import OutputError, PictureError, QueueError
from impasto.web import backup
from impasto.web.config import Keep


def test_deleted_jobs_are_purged_when_they_are_old(studio, monkeypatch):
    ada, inner = signed_in(studio, "ada"), studio.app.state.studio
    old, kept = done_job(studio, ada, b"one"), done_job(studio, ada, b"two")
    ada.delete(f"/api/jobs/{old}")
    inner.keeping.round()
    assert ada.get(f"/api/jobs/{old}").status_code == 200  # it can be restored for a day
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 2 * 86400)
    inner.keeping.round()
    assert ada.get(f"/api/jobs/{old}").status_code == 404
    assert ada.get(f"/api/jobs/{kept}/result").content == b"two"
    assert b"one" not in [path.read_bytes() for path in _files(inner)]


def test_photos_that_no_job_uses_are_deleted_when_they_are_old_and_paintings_are_not(studio, monkeypatch):
    ada, inner = signed_in(studio, "ada"), studio.app.state.studio
    unused, painting = upload(ada, png(5), "a.png"), upload(ada, png(6), "b.png", purpose="painting")
    done_job(studio, ada)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 31 * 86400)
    inner.keeping.round()
    ada = signed_in(studio, "ada", known=True)  # the session has expired as well
    left = {one["id"] for one in ada.get("/api/pictures").json()["items"]}
    assert unused["id"] not in left and painting["id"] in left and len(left) == 3  # and those of the job


def test_checkpoints_and_the_queue_forget_jobs_that_ended_long_ago(studio, monkeypatch):
    ada, inner = signed_in(studio, "ada"), studio.app.state.studio
    job = done_job(studio, ada, b"picture")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 8 * 86400)
    inner.keeping.round()
    assert not inner.service.queue.jobs([job])
    assert ada.get(f"/api/jobs/{job}").json()["branches"] == 0
    assert ada.get(f"/api/jobs/{job}/result").content == b"picture"
    assert ada.get(f"/api/jobs/{job}/recipe").json()["command"] == "stylize"


def test_a_user_is_removed_with_all_that_is_theirs(studio):
    ada, root = signed_in(studio, "ada"), signed_in(studio, "root", admin=True)
    inner = studio.app.state.studio
    done_job(studio, ada, b"private")
    user = ada.get("/api/me").json()["id"]
    assert root.delete(f"/api/users/{user}").status_code == 204
    assert ada.get("/api/me").status_code == 401
    assert not known(studio) and not [path for path in _files(inner) if path.stat().st_size]


def test_disk_counts_each_object_once(studio):
    ada = signed_in(studio, "ada")
    before = ada.get("/api/me/disk").json()
    assert before == {"bytes": 0, "limit": 20_000_000_000}
    upload(ada, png(1), "a.png")
    once = ada.get("/api/me/disk").json()["bytes"]
    upload(ada, png(1), "again.png")
    assert ada.get("/api/me/disk").json()["bytes"] == once > len(png(1))


def test_a_studio_goes_into_a_file_and_comes_back(tmp_path):
    config = config_of(tmp_path)
    with made_studio(config) as client:
        ada = signed_in(client, "ada")
        job = done_job(client, ada, b"the picture")
        assert backup.back_up(config.database, config.store, tmp_path / "studio.tar") >= 1
        with pytest.raises(OutputError, match="already"):
            backup.restore(config.database, config.store, tmp_path / "studio.tar")
    other = tmp_path / "elsewhere"
    other.mkdir()
    restored = config_of(other)
    backup.restore(restored.database, restored.store, tmp_path / "studio.tar")
    with made_studio(restored) as client:
        ada = signed_in(client, "ada", known=True)
        assert ada.get(f"/api/jobs/{job}/result").content == b"the picture"


def test_a_file_that_is_no_backup_is_refused(tmp_path):
    config = config_of(tmp_path)
    (tmp_path / "x.tar").write_bytes(b"nonsense" * 200)
    with pytest.raises(PictureError, match="cannot read backup"):
        backup.restore(config.database, config.store, tmp_path / "x.tar")
    with pytest.raises(QueueError, match="no studio"):
        backup.back_up(config.database, config.store, tmp_path / "y.tar")
    with pytest.raises(QueueError, match="pg_dump"):
        backup.back_up("postgresql://a@b/c", "s3://x/y", tmp_path / "y.tar")


def test_what_is_to_be_kept_for_ever_is_kept(tmp_path, monkeypatch):
    with made_studio(config_of(tmp_path, keep=Keep(deleted=0, unused=0, checkpoints=0))) as client:
        ada = signed_in(client, "ada")
        upload(ada, png(3), "a.png")
        job = done_job(client, ada)
        ada.delete(f"/api/jobs/{job}")
        now = time.time()
        monkeypatch.setattr(time, "time", lambda: now + 1e8)
        client.app.state.studio.keeping.round()
        ada = signed_in(client, "ada", known=True)
        assert ada.get(f"/api/jobs/{job}").status_code == 200
        assert len(ada.get("/api/pictures").json()["items"]) == 3


def _files(inner):
    root = inner.files.store.place("0" * 64).parents[1]
    return [path for path in root.rglob("*") if path.is_file()]
