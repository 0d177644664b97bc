"""The blind panel: sides are drawn by lot and can be drawn again, the key undoes them, and votes add up."""

import json
from collections import Counter

import numpy as np
import pytest
from PIL import Image

from conftest import blobs

PAIRS = ["astronaut+night_cafe", "chelsea+church_at_auvers", "coffee+night_cafe"]


@pytest.fixture
def panel(benchmark, monkeypatch):
    monkeypatch.setattr(benchmark("panel"), "CELL", 90)
    return benchmark("panel")


@pytest.fixture
def folders(tmp_path):
    """Two folders of results, all of one red and all of the other blue."""
    for folder, colour in (("red", (220, 20, 20)), ("blue", (20, 20, 220))):
        (tmp_path / folder).mkdir()
        for pair in PAIRS:
            Image.new("RGB", (60, 40), colour).save(tmp_path / folder / f"{pair}.png")
    Image.fromarray(blobs(8, 8)).save(tmp_path / "red/rocket+night_cafe.png")  # the other folder lacks it
    return [str(tmp_path / "red"), str(tmp_path / "blue")]


def test_the_key_says_whose_picture_is_where_and_is_the_same_for_a_seed(panel, folders, tmp_path):
    for out, seed in (("one", "5"), ("again", "5"), ("other", "6")):
        panel.main(["sheets", *folders, "-o", str(tmp_path / out), "--seed", seed])
    keys = [json.loads((tmp_path / out / "key.json").read_text()) for out in ("one", "again", "other")]
    assert keys[0] == keys[1] != keys[2]
    assert sorted(entry["pair"] for entry in keys[0].values()) == PAIRS
    for sheet, entry in keys[0].items():
        levels = np.asarray(Image.open(tmp_path / "one" / f"{sheet}.png").convert("RGB"), int)
        height, width = levels.shape[:2]
        below = levels[height * 3 // 4 :].reshape(-1, width, 3)
        for side, half in (("A", below[:, : width // 2]), ("B", below[:, width // 2 :])):
            assert sorted({entry["A"], entry["B"]}) == sorted(folders)
            redder = (half[..., 0] - half[..., 2]).mean() > 0
            assert redder == entry[side].endswith("red")


def test_each_folder_is_on_each_side_about_as_often(panel):
    key = panel.allot([f"pair {i}" for i in range(400)], ["one", "other"], seed=1)
    assert all({entry["A"], entry["B"]} == {"one", "other"} for entry in key.values())
    assert 160 < Counter(entry["A"] for entry in key.values())["one"] < 240


def test_votes_are_counted_for_the_folder_behind_the_side(panel, capsys, folders, tmp_path):
    panel.main(["sheets", *folders, "-o", str(tmp_path / "out"), "--seed", "3"])
    key = json.loads((tmp_path / "out/key.json").read_text())
    sides = {sheet: "A" if entry["A"].endswith("red") else "B" for sheet, entry in key.items()}
    (tmp_path / "first").write_text("".join(f"{sheet} {side}\n" for sheet, side in sides.items()))
    last = list(sides)[-1]
    (tmp_path / "second").write_text(f"{last} =\n\n")
    panel.main(["count", str(tmp_path / "out"), str(tmp_path / "first"), str(tmp_path / "second")])
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[1:] == [*sorted(folders), "neither"]
    assert [line.split()[0] for line in lines[1:4]] == PAIRS
    tied = {entry["pair"]: sheet == last for sheet, entry in key.items()}
    assert [line.split()[1:] for line in lines[1:4]] == [["0", "1", str(int(tied[pair]))] for pair in PAIRS]
    assert lines[4].split()[-3:] == ["0", "3", "1"] and lines[5].split()[-3:] == ["0", "3", "0"]
    assert "votes p = 0.25, pairs p = 0.25" in lines[6]


@pytest.mark.parametrize("votes", ["sheet-09 A", "sheet-01 C", "sheet-01", "sheet-01 A\nsheet-01 B"])
def test_a_line_that_is_no_vote_is_refused(panel, tmp_path, votes):
    (tmp_path / "votes").write_text(votes)
    with pytest.raises(SystemExit, match=f"line {1 + votes.count(chr(10))}"):
        list(panel.read(tmp_path / "votes", ["sheet-01", "sheet-02"]))


@pytest.mark.parametrize(
    ("wins", "losses", "probability"),
    [(0, 0, 1), (5, 5, 1), (1, 0, 1), (5, 0, 1 / 16), (8, 2, 112 / 1024), (2, 8, 112 / 1024)],
)
def test_the_sign_test(panel, wins, losses, probability):
    assert panel.sign_test(wins, losses) == pytest.approx(probability)
