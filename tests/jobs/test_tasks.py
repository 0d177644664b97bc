"""Every photo with every style, under names that are told apart, as data that comes back as it was."""

import itertools
from hashlib import sha256
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.errors import JobError, OutputError, PictureError, RecipeError
from impasto.jobs.labels import labels
from impasto.jobs.tasks import Task, files_of, left_out, tasks_of
from impasto.settings import Settings


def made(folder, *names):
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def test_every_photo_with_every_style_style_by_style(tmp_path):
    made(tmp_path, "photos/b.jpg", "photos/a.jpg", "styles/x.png", "styles/y.png")
    tasks = tasks_of(
        [tmp_path / "photos"], [tmp_path / "styles"], tmp_path / "out", Settings(), suffix=".webp", strip=True
    )
    assert [task.name for task in tasks] == ["a+x.webp", "b+x.webp", "a+y.webp", "b+y.webp"]
    assert tasks[0].content == str(tmp_path / "photos/a.jpg") and tasks[0].styles == (
        (str(tmp_path / "styles/x.png"), 1.0),
    )
    assert tasks[0].output == str(tmp_path / "out/a+x.webp") and all(task.strip for task in tasks)


def test_files_folders_and_patterns(tmp_path, monkeypatch):
    made(
        tmp_path,
        "in/a.jpg",
        "in/.hidden",
        "in/a.jpg.recipe.json",
        "in/notes.txt",
        "in/deeper/b.jpg",
        "c[1].jpg",
    )
    monkeypatch.chdir(tmp_path)
    names = lambda *words: [path.relative_to(tmp_path).as_posix() for path in files_of(words, "photo")]  # noqa: E731
    assert names("in") == ["in/a.jpg"] and left_out(["in", "c[1].jpg"]) == [tmp_path / "in/notes.txt"]
    assert names("in/notes.txt") == ["in/notes.txt"]
    assert names("c[1].jpg", "in/**/*.jpg", "./in/a.jpg") == ["c[1].jpg", "in/a.jpg", "in/deeper/b.jpg"]
    for words, message in (
        (["none*"], "no photo 'none\\*': there is no such"),
        (["in/deeper/x"], "there is no such"),
        ([], "no photo was named"),
    ):
        with pytest.raises(PictureError, match=message):
            files_of(words, "photo")
    (tmp_path / "empty").mkdir()
    with pytest.raises(PictureError, match="the folder holds no picture"):
        files_of(["empty"], "style")


def test_results_do_not_become_inputs(tmp_path):
    made(tmp_path, "a.jpg", "styles/x.png")
    with pytest.raises(OutputError, match=r"a.jpg' lies in the folder of the results"):
        tasks_of([tmp_path / "a.jpg"], [tmp_path / "styles"], tmp_path, Settings())


@pytest.mark.parametrize(
    ("paths", "wanted"),
    [
        (["/p/a.jpg", "/p/b.jpg"], ["a", "b"]),
        (["/p/a.jpg", "/p/a.png", "/p/b.png"], ["a", "a.png", "b"]),
        (["/p/a.jpg", "/q/a.jpg", "/r/a.jpg", "/q/A.png"], ["a", "q-a.jpg", "r-a.jpg", "A.png"]),
        (
            ["/p/a.jpg", f"/{'q' * 41}/a.jpg"],
            ["a", f"a-{sha256(b'/' + b'q' * 41 + b'/a.jpg').hexdigest()[:8]}.jpg"],
        ),
        (["/p/a+b.jpg", "/p/a-b.jpg"], ["a-b", "a-b.jpg"]),
    ],
)
def test_the_first_of_equal_names_is_the_shortest(paths, wanted):
    assert list(labels([Path(path) for path in paths]).values()) == wanted


def test_names_that_differ_in_capitals_alone_stay_short():
    first, second = labels([Path("/a/very/long/way/to/a.jpg"), Path("/a/very/long/way/to/A.JPG")]).values()
    assert {first.casefold(), second.casefold()} == {"a", "a.jpg"}


@pytest.mark.parametrize(
    ("one", "other"),
    [("a.jpg", "A.JPG"), ("caf\u00e9.jpg", "cafe\u0301.png"), ("STRASSE.jpg", "stra\u00dfe.jpg")],
)
def test_names_that_some_system_takes_for_one_are_told_apart(one, other):
    found = labels([Path("/p", one), Path("/p", other)]).values()
    assert len({normalize("NFC", label).casefold() for label in found}) == 2


def claims(*known):
    """Return a claim by pairs of a path and a label, or triples with how sure they are."""
    sure = {(Path(path), label): (*rest, 3)[0] for path, label, *rest in known}
    return lambda path, label: sure.get((path, label), 0)


@pytest.mark.parametrize(
    ("paths", "known", "wanted"),
    [
        (["/p/a.bmp", "/p/a.jpg"], [("/p/a.jpg", "a")], ["a.bmp", "a"]),
        (["/p/a.jpg"], [("/p/a.jpg", "a.jpg")], ["a.jpg"]),
        (["/p/a.bmp", "/p/a.jpg"], [("/p/a.bmp", "a", 1), ("/p/a.jpg", "a", 2)], ["a.bmp", "a"]),
        (["/p/a.bmp", "/p/a.jpg"], [("/p/a.jpg", "a", 1)], ["a.bmp", "a"]),
        (["/p/a.bmp", "/p/a.jpg", "/p/a.jpg.png"], [("/p/a.jpg.png", "a.jpg")], ["a", "p-a.jpg", "a.jpg"]),
        (["/p/A.JPG", "/p/a.jpg"], [("/p/a.jpg", "a")], ["A.JPG", "a"]),
    ],
)
def test_a_file_keeps_the_name_that_it_has_results_under(paths, known, wanted):
    assert list(labels([Path(path) for path in paths], claims(*known)).values()) == wanted


def test_recipes_are_read_only_where_a_name_is_in_question(tmp_path, monkeypatch):
    read = []

    def note(path):
        read.append(path.name)
        raise RecipeError("none")

    monkeypatch.setattr("impasto.jobs.labels.Recipe.read", note)
    made(
        tmp_path,
        "photos/a.jpg",
        "photos/b.jpg",
        "photos/b.png",
        "x.png",
        *(f"out/{photo}+x.png" for photo in "abc"),
    )
    tasks_of([tmp_path / "photos"], [tmp_path / "x.png"], tmp_path / "out", Settings())
    assert sorted(read) == ["b+x.png"]


paths = st.lists(
    st.text("aA-+.", min_size=1, max_size=3).filter(lambda part: part not in (".", "..")),
    min_size=1,
    max_size=3,
)


@given(st.lists(paths.map(lambda parts: Path("/", *parts)), unique=True, max_size=8))
def test_no_two_names_are_alike_and_their_order_does_not_matter(found):
    named = labels(found)
    assert len({label.casefold() for label in named.values()}) == len(found) and not any(
        "+" in label for label in named.values()
    )
    for order in itertools.islice(itertools.permutations(found), 6):
        assert labels(order) == named


def test_a_task_comes_back_from_json(tmp_path):
    made(tmp_path, "a.jpg", "styles/x.png", "mask.png")
    settings = Settings(strength=70, style_mask=(str(tmp_path / "mask.png"), ""))
    task = tasks_of([tmp_path / "a.jpg"], [tmp_path / "styles"], tmp_path / "out", settings, private=True)[0]
    assert Task.from_json(task.to_json()) == task and task.settings.style_mask == (
        str(tmp_path / "mask.png"),
        "",
    )


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "[]",
        '{"styles": 3}',
        '{"styles": [], "settings": {"size": "x"}}',
        '{"styles": [["a", "b"]]}',
        "[" * 100_000,
    ],
)
def test_a_damaged_task_is_refused(text):
    with pytest.raises(JobError, match="a task cannot be read"):
        Task.from_json(text)
