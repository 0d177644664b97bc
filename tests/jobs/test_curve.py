"""The curve of a job: whole, in order, and never in the way."""

import dataclasses

import pytest

from impasto.engine.events import Step
from impasto.jobs import curve
from impasto.jobs.curve import CURVE, HEAD, Point
from impasto.jobs.job import Job
from impasto.settings import Settings
from impasto.stills.stylize import Stylization


def event(step: int, loss: float = 0.5) -> Step:
    losses = {"content conv4_2": 0.25, "style conv1_1": 0.125, "style conv2_1": 0.0625, "range": 9.0}
    return Step(1, 2, 64, 48, step, 9, loss, losses, step / 4, 1.0)


def test_rows_come_back_with_content_and_style_summed(tmp_path):
    for step in (1, 2):
        curve.add(tmp_path, event(step), 10**9)
    assert curve.read(tmp_path) == [Point(step, 1, step / 4, 10**9, 0.5, 0.25, 0.1875) for step in (1, 2)]
    assert (
        (tmp_path / CURVE).read_text().splitlines()[0]
        == HEAD
        == "step,scale,seconds,memory,loss,content,style"
    )


def test_steps_that_were_painted_anew_count_as_the_last_time(tmp_path):
    for step, loss in ((1, 9.0), (2, 8.0), (3, 7.0), (4, 6.0), (3, 5.0)):
        curve.add(tmp_path, event(step, loss), 0)
    assert [(point.step, point.loss) for point in curve.read(tmp_path)] == [(1, 9.0), (2, 8.0), (3, 5.0)]


@pytest.mark.parametrize(
    "torn",
    [
        "3,1,0.7",
        "3,1,0.75,0,0.5,0.2",
        "nonsense",
        "3,1,nan,0,1,1,1",
        "\x00\xff",
        "3,1,0.75,0,0.5,0.25,0.1875,7",
        "9" * 5000,
    ],
)
def test_what_is_no_row_is_passed_over(tmp_path, torn):
    curve.add(tmp_path, event(1), 0)
    with (tmp_path / CURVE).open("a", encoding="utf-8") as file:
        file.write(torn + "\n")
    curve.add(tmp_path, event(4), 0)
    assert [point.step for point in curve.read(tmp_path)] == [1, 4]


def test_where_nothing_can_be_written_or_read_nothing_is_lost(tmp_path):
    assert curve.read(tmp_path) == []
    (tmp_path / CURVE).mkdir()
    curve.add(tmp_path, event(1), 0)
    assert curve.read(tmp_path) == []


def test_a_job_keeps_its_curve_over_a_stop_and_its_result_is_the_same(tmp_path, photo, painting):
    def run():
        return Stylization(photo, painting, Settings(size=48, steps=5, start_size=32))

    with Job.start(tmp_path / "job", run()) as job:
        for found in job:
            if isinstance(found, Step) and found.step == 2:
                break
    seen = []
    with Job.resume(tmp_path / "job") as job:
        seen += [found for found in job if isinstance(found, Step)]
        image = job.pastiche().image
    points = curve.read(tmp_path / "job")
    assert [point.step for point in points] == [1, 2, 3, 4, 5] and points[0].memory > 10**7
    assert [point.loss for point in points[2:]] == pytest.approx([found.loss for found in seen], rel=1e-5)
    assert points[-1].seconds == pytest.approx(seen[-1].seconds, rel=1e-5)
    whole = run()
    for _ in whole:
        pass
    assert whole.pastiche().image.tobytes() == image.tobytes()
    assert dataclasses.astuple(points[-1])[0] == 5
