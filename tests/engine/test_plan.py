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


MOST = """
import pathlib, re
most = re.search(r"VmHWM:\\s*(\\d+)", pathlib.Path("/proc/self/status").read_text())[1]
"""
"""Not getrusage: its peak outlives exec, and is then this test process's own."""

RUN = f"""
import sys
from impasto.cli import run_command
code = run_command(sys.argv[1:])
{MOST}
print(most, file=sys.stderr)
sys.exit(code)
"""

PAINTING = f"""
import json, sys
from impasto.settings import Settings
from impasto.stills.stylize import Stylization
run = Stylization(*sys.argv[1:3], Settings(**json.loads(sys.argv[3])))
assert len(list(run)) > 1
{MOST}
print(json.dumps([int(most), *run.scales[-1].size, run.tuner.record]))
"""

PICTURES = (EXAMPLES / "photos" / "eilean_donan.webp", EXAMPLES / "paintings" / "night_cafe.webp")

LEAST = 0.6
"""The part of its estimate that a run takes at least: peaks of one and the same run differ by a fifth."""

fitted = pytest.mark.skipif(
    sys.platform != "linux", reason="the allocator that the plan was fitted to is glibc's"
)


def within_estimate(plan, steps, measured, size, convolutions):
    # No more pairs are held than steps were taken.
    way = Plan.parse(plan, 20)._replace(pairs=steps - 1)
    # A busy machine may find float32 faster in some layers, which then hold twice as much.
    halves = ["=bf16" in layer for layer in convolutions.split(",")]
    most = SAFETY * way.bytes(size, 2 if all(halves) else 4)
    return LEAST * way.bytes(size, 2 if any(halves) else 4) <= measured <= most


@fitted
@pytest.mark.parametrize(
    ("plan", "size", "steps"),
    [
        pytest.param("keep", 800, 3, marks=pytest.mark.slow),
        pytest.param("recompute:512", 1024, 2, marks=pytest.mark.slow),
        pytest.param("tile:256", 800, 1, marks=pytest.mark.slow),
        pytest.param("tile:512/20h", 1024, 2, marks=pytest.mark.slow),
    ],
)
def test_a_run_stays_within_its_estimate_and_needs_most_of_it(plan, size, steps, tmp_path):
    """A run uses at most the estimate and its margin, and not much less, while it paints and is measured."""
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
    options += ["--brush", 0.25] if steps == 1 else []  # a small painting is measured sooner
    command = [sys.executable, "-P", "-c", RUN, "stylize", *map(str, [*PICTURES, *options])]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    done, measured = json.loads(result.stdout.splitlines()[-1]), 1024 * int(result.stderr.splitlines()[-1])
    made = done["settings"]
    assert within_estimate(
        made["plan"], steps, measured, (done["height"], done["width"]), made["convolutions"]
    )


@fitted
@pytest.mark.parametrize(("plan", "size", "steps"), [("keep", 800, 2), ("recompute:512", 1024, 1)])
def test_painting_stays_within_its_estimate_and_needs_most_of_it(plan, size, steps):
    """As above, without the losses of the result, which take most of the time and no more memory."""
    settings = dict(size=size, start_size=0, steps=steps, plan=plan, brush=0.25)
    command = [sys.executable, "-P", "-c", PAINTING, *map(str, PICTURES), json.dumps(settings)]
    result = subprocess.run(command, capture_output=True, text=True, check=True, timeout=600)
    most, height, width, convolutions = json.loads(result.stdout)
    assert within_estimate(plan, steps, 1024 * most, (height, width), convolutions)
