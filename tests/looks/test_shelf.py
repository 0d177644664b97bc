import pytest
from test_look import look

from impasto.cli import run_command
from impasto.errors import LookError
from impasto.looks import card, shelf
from impasto.looks.look import read_look


@pytest.fixture(autouse=True)
def at_home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    monkeypatch.setattr(card, "SHIPPED", tmp_path / "shipped")
    (tmp_path / "shipped").mkdir()
    look(name="harbour").write(tmp_path / "shipped/harbour.look")


def test_a_look_is_added_found_and_removed(tmp_path):
    look().write(tmp_path / "got.look")
    shelf.add(tmp_path / "got.look")
    assert list(shelf.looks()) == ["harbour", "night"]
    assert read_look(shelf.path_of("night")).card.title == "Night"
    shelf.remove("night")
    assert list(shelf.looks()) == ["harbour"]


def test_a_look_is_also_taken_from_a_file(tmp_path):
    look().write(tmp_path / "got.look")
    assert shelf.path_of(str(tmp_path / "got.look")) == tmp_path / "got.look"


def test_names_that_are_taken_or_none_are_refused(tmp_path):
    look(name="harbour").write(tmp_path / "got.look")
    with pytest.raises(LookError, match="there is a look 'harbour' already"):
        shelf.add(tmp_path / "got.look")
    shelf.add(tmp_path / "got.look", "quay")
    with pytest.raises(LookError, match="there is a look 'quay' already"):
        shelf.add(tmp_path / "got.look", "quay")
    for name in ("", "../up", "Große", "a" * 65, "-x"):
        with pytest.raises(LookError, match="is no name for a look"):
            shelf.keep(look(), name)
    assert shelf.keep(look(), "quay", replace=True).name == read_look(shelf.path_of("quay")).name == "quay"
    with pytest.raises(LookError, match="already"):
        shelf.keep(look(), "harbour", replace=True)


def test_what_is_not_there_or_not_the_users_is_not_removed():
    with pytest.raises(LookError, match="there is no look 'none'"):
        shelf.remove("none")
    with pytest.raises(LookError, match="is part of impasto"):
        shelf.remove("harbour")
    with pytest.raises(LookError, match="there is no look 'none'; there are harbour"):
        shelf.path_of("none")


def test_an_empty_shelf_is_told(tmp_path, capsys):
    (tmp_path / "shipped/harbour.look").unlink()
    assert run_command(["looks"]) == 0
    assert capsys.readouterr().out == "there are no looks yet\n"
    assert run_command(["looks", "--json"]) == 0
    assert capsys.readouterr().out == ""


def test_a_package_without_its_network_is_told_in_one_line(tmp_path):
    shelf._shared.cache_clear()
    with pytest.raises(LookError, match="has no network to paint looks with"):
        shelf.shared_trunk()
    (tmp_path / "shipped" / shelf.TRUNK).write_bytes(b"damaged")
    with pytest.raises(LookError, match="scripts/trunk.py"):
        shelf.shared_trunk()
