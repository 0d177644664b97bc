"""Previews in the queue's tables: the newest, and some from each scale."""

import pytest

from impasto.queue.tables import KEPT, Stage, Tables


@pytest.fixture
def tables(tmp_path):
    found = Tables(f"sqlite:///{tmp_path / 'queue.db'}", "queue.db")
    yield found
    found.close()


def added(tables, places):
    return [tables.add_preview("a", f"{place}".encode(), *place) for place in places]


def test_the_newest_preview_is_given_unless_another_is_asked_for(tables):
    assert tables.preview("a") is None and tables.stages("a") == []
    assert added(tables, [(1, 5), (1, 9)]) == [1, 2]
    assert tables.preview("a") == b"(1, 9)" and tables.preview("a", 1) == b"(1, 5)"
    assert tables.preview("a", 3) is None and tables.preview("b") is None
    assert tables.stages("a") == [Stage(1, 1, 5), Stage(2, 1, 9)]


def test_of_many_previews_the_first_and_last_of_each_scale_stay(tables):
    places = [(scale, 100 * scale + step) for scale in (1, 2, 3) for step in range(70)]
    added(tables, places)
    kept = [stage[1:] for stage in tables.stages("a")]
    assert len(kept) <= KEPT and kept == sorted(kept)
    assert {(scale, 100 * scale + step) for scale in (1, 2, 3) for step in (0, 69)} <= set(kept)


def test_what_is_painted_again_replaces_what_was(tables):
    added(tables, [(1, 5), (1, 9), (2, 12), (2, 15)])
    assert added(tables, [(2, 11)]) == [5]
    assert [stage[1:] for stage in tables.stages("a")] == [(1, 5), (1, 9), (2, 11)]


def test_the_newest_stays_when_the_others_are_dropped_and_goes_with_its_job(tables):
    added(tables, [(1, 5), (1, 9)])
    tables.drop_stages("a")
    assert tables.stages("a") == [Stage(2, 1, 9)]
    tables.forget("a")
    assert tables.preview("a") is None
