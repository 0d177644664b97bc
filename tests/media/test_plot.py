"""Plots: lines are where their numbers are, and words stay inside."""

import numpy as np
import pytest
from PIL import ImageColor

from impasto.media.plot import BOTTOM, COLOURS, LEFT, RIGHT, TOP, Line, plot

SIZE = (600, 300)


def ink(image, colour):
    return (np.abs(np.asarray(image).astype(int) - ImageColor.getrgb(colour)).sum(-1) < 60).nonzero()


def drawn(*lines, **options):
    return plot(lines, across="frame", up="error", size=SIZE, **options)


def lines_of(image, colour):
    rows, columns = ink(image, colour)
    below_names = rows >= TOP
    return rows[below_names], columns[below_names]


def test_a_line_goes_from_its_first_value_to_its_last():
    rows, columns = lines_of(drawn(Line("a", (0.0, 0.5, 1.0))), COLOURS[0])
    assert abs(columns.min() - LEFT) <= 2 and abs(columns.max() - (SIZE[0] - RIGHT)) <= 2
    assert abs(rows.min() - TOP) <= 2 and abs(rows.max() - (SIZE[1] - BOTTOM)) <= 2
    assert np.corrcoef(rows, columns)[0, 1] < -0.99


def test_a_gap_stays_empty_and_a_value_alone_is_a_dot():
    image = drawn(Line("a", (1.0, 1.0, None, 1.0, None, 1.0, 1.0)))
    columns = set(lines_of(image, COLOURS[0])[1].tolist())
    part = (SIZE[0] - LEFT - RIGHT) / 6
    assert not columns & set(range(round(LEFT + 1.2 * part), round(LEFT + 2.8 * part)))
    assert round(LEFT + 3 * part) in columns


def test_each_line_has_its_colour_and_a_level_is_dashed():
    image = drawn(Line("a", (0.2, 0.2)), Line("b", (), level=0.4))
    assert len(lines_of(image, COLOURS[0])[0])
    columns = np.unique(
        ((np.asarray(image)[..., 2].astype(int) - np.asarray(image)[..., 0]) > 60)[TOP:].nonzero()[1]
    )
    assert 0.3 < len(columns) / (SIZE[0] - LEFT - RIGHT) < 0.8


@pytest.mark.parametrize(
    "values", [(), (None, None), (0.0,), (1e-7, 3e-6), (123456.0, 5.0), tuple(np.linspace(0, 0.013, 4000))]
)
def test_any_numbers_can_be_drawn(values):
    image = drawn(Line("painted, mean 0.0001", values, 0.0), first=2)
    pixels = np.asarray(image)
    assert image.size == SIZE and all(
        (edge == 255).all() for edge in (pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1])
    )
