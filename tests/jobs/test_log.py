"""The log of a job: numbered events for readers anywhere, and the small picture beside it."""

import io
import json
import time
from typing import get_args

import pytest
from PIL import Image

from impasto.engine.events import (
    NOTES,
    Changed,
    Event,
    Note,
    Paused,
    Preview,
    Resumed,
    ScaleDone,
    Step,
    as_record,
    from_record,
    note,
)
from impasto.jobs import log
from impasto.jobs import preview as module
from impasto.jobs.job import Job
from impasto.jobs.log import LOG, Log, read
from impasto.jobs.preview import preview
from impasto.settings import Settings
from impasto.stills.stylize import Stylization

TINY = Settings(size=48, steps=6, start_size=32, history=3, min_fall=0)

pytestmark = pytest.mark.usefixtures("untimed", "own_threads")


def test_events_are_numbered_and_read_from_any_number_on_across_a_stop(photo, painting, tmp_path):
    with Job.start(tmp_path / "job", Stylization(photo, painting, TINY)) as job:
        for event in job:
            if isinstance(event, Step) and event.step == 2:
                break
    with Job.resume(tmp_path / "job") as job:
        seen = list(job)
    found = list(read(tmp_path / "job"))
    assert [one.number for one in found] == list(range(1, len(found) + 1))
    assert [one.event for one in found if not isinstance(one.event, Step)] == [
        event for event in seen if not isinstance(event, Step | Preview)
    ]
    assert Resumed(2) in [one.event for one in found] and isinstance(found[-1].event, ScaleDone)
    assert list(read(tmp_path / "job", after=3)) == found[3:]
    steps = [one.event for one in found if isinstance(one.event, Step)]
    assert steps[-1].step == 6 and steps[-1].losses == seen[-2].losses


def test_a_line_that_a_kill_cut_off_is_left_out_and_the_numbers_continue(tmp_path):
    log = Log(tmp_path)
    assert [log.add(Resumed(1)), log.add(note("no_face"))] == [1, 2]
    with (tmp_path / LOG).open("a") as file:
        file.write('{"number": 3, "kind": "resu')
    assert [one.number for one in read(tmp_path)] == [1, 2]
    assert Log(tmp_path).add(Changed({"strength": 70.0}, (1.0, 2.0))) == 3
    assert list(read(tmp_path))[-1] == (3, Changed({"strength": 70.0}, (1.0, 2.0)))
    with (tmp_path / LOG).open("a") as file:
        file.write('{"number": 4, "kind": "of another version"}\nno JSON\n')
    assert [one.number for one in read(tmp_path)] == [1, 2, 3]
    assert Log(tmp_path).add(Resumed(2)) == 5  # what a later version wrote has its number too
    assert list(read(tmp_path / "none")) == []


def test_every_event_has_a_kind_of_its_own_and_comes_back_from_its_record():
    kinds = [kind.kind for kind in get_args(Event)]
    assert len(set(kinds)) == len(kinds)
    for code in NOTES:
        with pytest.raises(KeyError) if "{" in NOTES[code] else memoryview(b""):
            _ = note(code).text
    event = note("diverged", part="frame 2", why="it rose")
    record = json.loads(json.dumps(as_record(event)))
    assert record["text"] == event.text == "frame 2: it rose" and from_record(record) == event
    for bad in ({}, {"kind": "note", "code": "unknown"}, {"kind": "step", "scale": 1}):
        with pytest.raises(ValueError, match=r"unknown event|missing"):
            from_record(bad)
    assert isinstance(event, Note)


def test_a_job_keeps_its_newest_small_picture(photo, painting, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "EVERY", 0.0)
    monkeypatch.setattr(module, "PART_OF_TIME", 1e9)
    monkeypatch.setattr(module, "LONG_SIDE", 20)
    assert preview(tmp_path / "job") is None
    with Job.start(tmp_path / "job", Stylization(photo, painting, TINY)) as job:
        kept = []
        for event in job:
            if isinstance(event, Preview):
                kept.append((event.step, preview(tmp_path / "job")))
                time.sleep(0.001)
    assert [step for step, _ in kept] == [1, 2, 3, 4, 5]
    image = Image.open(io.BytesIO(preview(tmp_path / "job")))
    assert image.format == "JPEG" and max(image.size) == 20
    assert len({data for _, data in kept}) > 1
    job.remove()
    assert not (tmp_path / "job").exists()


@pytest.mark.parametrize("block", [1, 7, 64, 1 << 16])
def test_a_log_is_read_from_its_end_in_blocks_of_any_size(tmp_path, monkeypatch, block):
    monkeypatch.setattr(log, "_BLOCK", block)
    written = Log(tmp_path)
    for done in range(20):
        written.add(Resumed(done, "é"))
    with (tmp_path / "events.jsonl").open("a") as file:
        file.write('{"number": 21, "kind": "paus')
    assert [one.number for one in read(tmp_path)] == list(range(1, 21))
    assert [(one.number, one.event.done) for one in read(tmp_path, after=17)] == [
        (18, 17),
        (19, 18),
        (20, 19),
    ]
    assert read(tmp_path, after=20) == [] and log.newest(tmp_path, Resumed) == Resumed(19, "é")
    assert log.newest(tmp_path, Paused) is None
