"""Where a path leads, and folders that are made on the way."""

import os
import sys
from pathlib import Path

import pytest

from impasto.errors import OutputError
from impasto.media.paths import landing, lies_in, make_folders, remove_empty, same_place

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links need rights there")


@pytest.fixture(autouse=True)
def place(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def link(name, target):
    Path(name).symlink_to(target)
    return Path(name)


def test_what_is_no_link_lands_where_it_was_said():
    Path("file").touch()
    for path in (Path("file"), Path("new"), Path("missing/new"), Path("a" * 300), Path("nul\0byte")):
        assert landing(path) == path


def test_a_link_lands_at_its_end_there_or_not():
    Path("file").touch()
    assert landing(link("one", link("two", "file"))) == Path.cwd() / "file"
    assert landing(link("dangling", "missing/file")) == Path.cwd() / "missing/file"


@pytest.mark.parametrize("path", ["loop", "/dev/null", "pipe", "topipe"])
def test_what_no_file_can_replace_is_refused(path):
    link("loop", "loop")
    os.mkfifo("pipe")
    link("topipe", "pipe")
    with pytest.raises(OutputError, match=f"'{path}' is a (circular link|pipe or a device)"):
        landing(Path(path))


def test_two_names_of_one_place_are_known_whether_it_is_there_or_not():
    Path("folder").mkdir()
    link("link", "folder")
    for there in (False, True):
        if there:
            Path("folder/file").touch()
        for name in ("link/file", "folder/../link/file", Path.cwd() / "folder/file"):
            assert same_place("folder/file", name)
        assert not same_place("folder/file", "folder/other")
    assert not same_place("nul\0byte", "folder")
    assert lies_in("link/deep/file", "folder") and lies_in("folder/file", "link")
    assert not lies_in("folder", "folder") and not lies_in("folder2/file", "folder")


def test_folders_are_made_through_links_and_known_so_that_they_can_go_again():
    link("link", "real")
    made = make_folders(Path("link/a/b"))
    here = Path.cwd()
    assert (
        made == [here / "real/a/b", here / "real/a", here / "real"] and make_folders(Path("link/a/b")) == []
    )
    (here / "real/file").touch()
    remove_empty(made)
    assert os.listdir("real") == ["file"]


def test_folders_that_cannot_all_be_made_are_not_made_at_all():
    with pytest.raises(OSError, match="name too long"):
        make_folders(Path("new", "deep", "a" * 300))
    assert os.listdir() == []
