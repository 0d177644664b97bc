import json
from dataclasses import replace

import pytest
import torch
from safetensors.torch import load, save

from impasto.colour import Palette
from impasto.errors import LookError
from impasto.looks.card import LARGEST, VERSION, Card
from impasto.looks.look import Look, read_look, trunk_hash
from impasto.looks.network import VALUES, fresh_trunk, fresh_values


def look(**changes):
    values = torch.stack([fresh_values(), fresh_values() + 1])
    dial = torch.tensor([[-1.0, 0.0], [0.0, 0.4], [0.5, 0.6], [1.0, 0.9]])
    made = Look("night", values, Palette(torch.ones(3), torch.eye(3)), dial, "abc", card=Card(title="Night"))
    return replace(made, **changes)


def test_a_file_gives_the_same_look_back(tmp_path):
    look().write(tmp_path / "a.look")
    found = read_look(tmp_path / "a.look")
    assert (found.name, found.trunk_sha256, found.card, found.trunk) == ("night", "abc", look().card, None)
    torch.testing.assert_close(found.values, look().values, rtol=0, atol=0)
    torch.testing.assert_close(found.palette.covariance, torch.eye(3))


def test_a_look_with_a_trunk_of_its_own_keeps_it_in_half_precision(tmp_path):
    trunk = fresh_trunk(torch.Generator().manual_seed(0))
    look(trunk=trunk).write(tmp_path / "a.look")
    assert (tmp_path / "a.look").stat().st_size < 1_000_000
    found = read_look(tmp_path / "a.look").trunk
    assert found is not None and found.keys() == trunk.keys()
    torch.testing.assert_close(found["block3a"], trunk["block3a"], rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    ("strength", "mix", "kept"),
    [
        (0, 0, 1),
        (10, 0, 0.75),
        (40, 0, 0),
        (50, 0.25, 0),
        (60, 0.5, 0),
        (75, 0.75, 0),
        (90, 1, 0),
        (100, 1, 0),
    ],
)
def test_a_strength_is_found_on_the_dial(strength, mix, kept):
    values, share = look().at(strength)
    torch.testing.assert_close(values, fresh_values() + mix, rtol=0, atol=1e-5)
    assert share == pytest.approx(kept, abs=1e-6)


def test_the_hash_of_a_trunk_tells_trunks_apart():
    one = fresh_trunk(torch.Generator().manual_seed(0))
    other = fresh_trunk(torch.Generator().manual_seed(1))
    assert (
        trunk_hash(one)
        == trunk_hash({name: one[name].clone() for name in reversed(one)})
        != trunk_hash(other)
    )


def changed(content, **tensors):
    found = load(content)
    return save({name: one for name, one in (found | tensors).items() if one is not None}, header(content))


def header(content, **about):
    size = int.from_bytes(content[:8], "little")
    metadata = json.loads(content[8 : 8 + size])["__metadata__"]
    return {"impasto look": json.dumps(json.loads(metadata["impasto look"]) | about)}


HOSTILE = {
    "is no look, or is damaged": lambda content: content[: len(content) // 2],
    "damaged": lambda content: b"\x80\x04pickled" * 9,
    "lacks 'values'": lambda content: changed(content, values=None),
    "has the shape": lambda content: changed(content, values=torch.zeros(2, VALUES + 1)),
    "is not all finite numbers": lambda content: changed(content, values=torch.full((2, VALUES), torch.nan)),
    "which no look has": lambda content: changed(content, more=torch.zeros(1)),
    "lacks 'bias'": lambda content: changed(content, **{"trunk.expand3": torch.zeros(3, 16, 9, 9)}),
    "its dial does not rise": lambda content: changed(content, dial=torch.tensor([[0.0, 0.6], [1.0, 0.4]])),
    "of a newer version": lambda content: save(load(content), header(content, version=VERSION + 1)),
    "of an older version": lambda content: save(load(content), header(content, version=VERSION - 1)),
    "is no look of impasto": lambda content: save(load(content), {"impasto look": "[1]"}),
    "is damaged": lambda content: save(load(content), header(content, card={"title": "only"})),
    "none has over": lambda content: content + bytes(LARGEST),
}


@pytest.mark.parametrize("says", HOSTILE)
def test_what_is_no_look_is_refused_in_one_line(says, tmp_path):
    (tmp_path / "a.look").write_bytes(HOSTILE[says](look().as_bytes()))
    with pytest.raises(LookError, match=says) as caught:
        read_look(tmp_path / "a.look")
    assert "\n" not in str(caught.value)


def test_a_missing_file_is_refused(tmp_path):
    with pytest.raises(LookError, match="cannot read look"):
        read_look(tmp_path / "none.look")
