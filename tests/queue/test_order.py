"""What the queue carries is read with care, since anybody may have written into the database."""

import dataclasses
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from impasto.errors import QueueError
from impasto.jobs.tasks import Task
from impasto.queue.order import Order, fetch_inputs
from impasto.queue.ordering import order_of
from impasto.queue.store import Store
from impasto.service.service import identity_of
from impasto.settings import Settings


@pytest.fixture
def task(photo, painting, tmp_path):
    return Task(
        content=str(photo),
        styles=((str(painting), 2.0),),
        output=str(tmp_path / "out.webp"),
        settings=Settings(size=64, style_mask=(str(photo),)),
    )


def test_an_order_is_read_as_it_was_written(task):
    order, files = order_of(task)
    assert Order.parse(order.to_text()) == order and order.suffix == ".webp" and order.name == "out.webp"
    assert [item.role for item in order.recipe.inputs] == ["content", "style", "style_mask"] and len(
        files
    ) == 2
    assert order.recipe.settings.style_mask == ("input:2",)


def test_the_same_task_is_the_same_job_and_another_is_not(task):
    def identity(task, key="somebody"):
        return identity_of(key, order_of(task)[0].to_text())

    assert identity(task) == identity(task) != identity(task, "somebody else")
    assert identity(task, "") != identity(task, "")
    for other in (
        dataclasses.replace(task, settings=task.settings.with_changes(seed=1)),
        dataclasses.replace(task, strip=True),
    ):
        assert identity(other) != identity(task)


def test_a_private_order_names_no_input(task):
    order, files = order_of(dataclasses.replace(task, private=True))
    assert (
        "photo" not in order.to_text()
        and order.recipe.private
        and all(path.exists() for path in files.values())
    )


def test_inputs_are_fetched_under_names_that_stay_in_the_folder(task, tmp_path):
    order, files = order_of(task)
    store, names = Store(str(tmp_path / "store")), ["..", "a\x1bb.png", "C:\\evil.png"]
    for path in files.values():
        store.put(path)
    inputs = tuple(
        dataclasses.replace(item, name=name) for item, name in zip(order.recipe.inputs, names, strict=True)
    )
    fetch_inputs(
        dataclasses.replace(order, recipe=dataclasses.replace(order.recipe, inputs=inputs)),
        store,
        tmp_path / "in",
    )
    found = sorted(
        str(path.relative_to(tmp_path / "in")) for path in (tmp_path / "in").rglob("*") if path.is_file()
    )
    assert found == [
        f"{i}/{item.sha256[:16]}{suffix}"
        for i, (item, suffix) in enumerate(zip(inputs, ["", ".png", ".png"], strict=True))
    ]


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2},
        {"suffix": ".exe"},
        {"suffix": "/../x.png"},
        {"name": 3},
        {"device": None},
        {"recipe": {}},
        {"more": 1},
        {"at": -1},
        {"at": "1"},
        {"source": None},
        {"recipe": None},
    ],
)
def test_an_order_with_a_wrong_field_is_refused(task, change):
    text = json.dumps(json.loads(order_of(task)[0].to_text()) | change)
    with pytest.raises(QueueError, match="the job (on the queue is damaged|was made by another version)"):
        Order.parse(text)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=100)
@given(
    st.text()
    | st.recursive(
        st.none() | st.booleans() | st.text(),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    ).map(json.dumps)
)
def test_any_text_is_refused_in_words(text):
    with pytest.raises(QueueError):
        Order.parse(text)


@pytest.mark.parametrize(
    ("version", "way_out"),
    [
        ("99.0.0", "; update impasto on every machine"),
        ("0.1.0", "; cancel it and give the batch to the queue again"),
    ],
)
def test_an_order_that_cannot_be_read_ends_in_one_way_out(task, version, way_out):
    table = json.loads(order_of(task)[0].to_text())
    table["recipe"]["version"] = version
    table["recipe"]["settings"]["glitter"] = 1
    with pytest.raises(QueueError) as caught:
        Order.parse(json.dumps(table))
    assert str(caught.value).endswith(way_out) and str(caught.value).count(";") == 1
