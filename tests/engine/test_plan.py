import dataclasses
import json
import subprocess
import sys

import pytest

from conftest import EXAMPLES
from impasto.engine.plan import (
    REPORT_TILE,
    SAFETY,
    TILES,
    Plan,
    candidates,
    plan_scales,
    report_plan,
    shortage,
)
from impasto.engine.schedule import Scale
from impasto.errors import MemoryShortage, SettingsError, option
from impasto.settings import Settings

LARGE = (Scale((3072, 4096), 3),)


def test_a_plan_is_text_and_back():
    for plan in candidates(20):
        assert Plan.parse(str(plan), 7) == plan
    assert Plan.parse(" tile:512 ", 7) == Plan("tile", 512, 7)
    for text in ("keep:3", "tile", "tile:0", "tile:512/", "keep/20f", "all"):
        with pytest.raises(SettingsError, match=f"got '{text}'"):
            Plan.parse(text, 20)


def test_less_memory_means_more_work_until_nothing_fits():
    chosen = [
        plan_scales(LARGE, Settings(), 2, most)[0]
        for most in (10**11, 26 * 10**9, 19 * 10**9, 9 * 10**9, 6 * 10**9)
    ]
    assert [plan.way for plan in chosen] == ["keep", "keep", "recompute", "tile", "tile"]
    assert [str(plan) for plan in chosen[:2]] == ["keep/20", "keep/20h"]
    prices = [plan.price(20) for plan in chosen]
    assert prices == sorted(prices)
    with pytest.raises(
        MemoryShortage, match=r"4096 px needs about \d+\.\d GB, and 2\.0 GB may be used; size (\d+) fits"
    ) as caught:
        plan_scales(LARGE, Settings(), 2, 2 * 10**9)
    fits = int(str(caught.value).split("; size ")[1].split()[0])
    assert plan_scales((Scale((fits * 3 // 4, fits), 3),), Settings(), 2, 2 * 10**9)
    assert "raise " + option("memory") in shortage((512, 512), Settings(), 2, 1000)


def test_a_plan_that_was_given_is_followed_or_refused():
    settings = dataclasses.replace(Settings(), plan="tile:512/10h")
    assert plan_scales(LARGE, settings, 2, None) == (Plan("tile", 512, 10, True),)
    with pytest.raises(MemoryShortage):
        plan_scales(LARGE, settings, 2, 10**9)


def test_the_report_takes_the_largest_tiles_within_what_painting_took():
    size = (2304, 4096)
    small, middle, large = (
        report_plan(Plan.parse(text, 20), size, 2) for text in ("tile:256/20", "tile:1024/20", "keep/20")
    )
    assert small.tile == REPORT_TILE < middle.tile < large.tile == max(TILES)
    # The pairs stay while the report is made, so their memory is not to be had.
    assert (
        middle.bytes(size, 4)
        <= Plan.parse("tile:1024/0", 20).bytes(size, 2)
        < Plan.parse("tile:1024/20", 20).bytes(size, 2)
    )


def test_adam_needs_no_pairs():
    settings = Settings(optimizer="adam")
    assert {plan.pairs for plan in candidates(0)} == {0}
    assert plan_scales(LARGE, settings, 2, None) == (Plan("keep", 0, 0),)


def test_memory_of_tiles_grows_with_the_tile_and_the_pixels_alone():
    small, large = (Plan("tile", tile, 5, True).bytes((4096, 4096), 2) for tile in (min(TILES), max(TILES)))
    assert small < large
    per_pixel = (
        Plan("tile", 512, 5, True).bytes((8192, 8192), 2) - Plan("tile", 512, 5, True).bytes((4096, 4096), 2)
    ) / (3 * 4096**2)
    assert per_pixel < 300


PEAK = """
import pathlib, re, sys
from impasto.cli import run_command
code = run_command(sys.argv[1:])
print(re.search(r"VmHWM:\\s*(\\d+)", pathlib.Path("/proc/self/status").read_text())[1], file=sys.stderr)
sys.exit(code)
"""
"""Not getrusage: its peak outlives exec, and is then this test process's own."""


LEAST = 0.6
"""The part of its estimate that a run takes at least: peaks of one and the same run differ by a fifth."""


@pytest.mark.skipif(sys.platform != "linux", reason="the allocator that the plan was fitted to is glibc's")
@pytest.mark.parametrize(
    ("plan", "size", "steps"),
    [("keep", 800, 3), ("recompute:512", 1024, 2), ("tile:256", 800, 2), ("tile:512/20h", 1024, 2)],
)
def test_a_run_stays_within_its_estimate_and_needs_most_of_it(plan, size, steps, tmp_path):
    """A run uses at most the estimate and its margin, and not much less."""
    pictures = (EXAMPLES / "photos" / "eilean_donan.webp", EXAMPLES / "paintings" / "night_cafe.webp")
    options = [
        "--size",
        size,
        "--start-size",
        0,
        "--steps",
        steps,
        "--plan",
        plan,
        "-o",
        tmp_path / "out.png",
        "--json",
        "--no-job",
    ]
    command = [sys.executable, "-P", "-c", PEAK, "stylize", *map(str, [*pictures, *options])]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=300)
    done, measured = json.loads(result.stdout.splitlines()[-1]), 1024 * int(result.stderr.splitlines()[-1])
    # No more pairs are held than steps were taken.
    way, size = (
        Plan.parse(done["settings"]["plan"], 20)._replace(pairs=steps - 1),
        (done["height"], done["width"]),
    )
    # A busy machine may find float32 faster in some layers, which then hold twice as much.
    halves = ["=bf16" in layer for layer in done["settings"]["convolutions"].split(",")]
    assert (
        LEAST * way.bytes(size, 2 if any(halves) else 4)
        <= measured
        <= SAFETY * way.bytes(size, 2 if all(halves) else 4)
    )
