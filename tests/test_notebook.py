"""The bar in a notebook, whose time is told by a clock of the test's own."""

import sys
from types import ModuleType, SimpleNamespace

import pytest

from impasto import notebook
from impasto.engine.events import CellBegun, FrameBegun, FrameDone, ScaleDone, ShotBegun, Step, note
from impasto.notebook import EVERY, follow, in_kernel


class Kernel:
    """A fake IPython; `shown` has what was displayed, `updates` what replaced it, as text and as HTML."""

    def __init__(self, monkeypatch, kernel=True):
        self.shown, self.updates, self.now = [], [], 0.0
        package, display = ModuleType("IPython"), ModuleType("IPython.display")
        package.get_ipython = lambda: SimpleNamespace(kernel=object() if kernel else None)
        display.display = self.display
        monkeypatch.setitem(sys.modules, "IPython", package)
        monkeypatch.setitem(sys.modules, "IPython.display", display)
        monkeypatch.setattr(notebook.time, "monotonic", lambda: self.now)

    def display(self, shown, *, display_id):
        assert display_id is True
        self.shown.append((repr(shown), shown._repr_html_()))
        return SimpleNamespace(update=lambda bar: self.updates.append((repr(bar), bar._repr_html_())))

    def run(self, *events, seconds=1.0):
        """Events, so many seconds apart."""
        for event in events:
            self.now += seconds
            yield event


@pytest.fixture
def kernel(monkeypatch):
    return Kernel(monkeypatch)


def step(number, steps=10, left=4.0):
    return Step(1, 2, 64, 48, number, steps, 0.5, {}, 1.0, left)


def test_a_bar_goes_from_the_start_to_the_end(kernel):
    follow(kernel.run(step(1), step(5), ScaleDone(1, 2, 64, 48, 0.5, 1.0), step(9)), None)
    assert [text for text, _ in kernel.shown] == ["0%, starting"]
    place = "scale 1/2 at 64x48, step {}/10, loss 0.5, 4 s left"
    assert [text for text, _ in kernel.updates] == [
        f"10%, {place.format(1)}",
        f"50%, {place.format(5)}",
        "50%, enlarging",
        f"90%, {place.format(9)}",
        "100%, done in 4 s",
    ]
    assert kernel.updates[1][1] == (
        '<div><progress value="0.5000" max="1" style="width:100%;max-width:40em"></progress>'
        f"<div>{place.format(5)}</div></div>"
    )


def test_it_is_updated_a_few_times_a_second_and_at_the_end(kernel):
    follow(kernel.run(*(step(i, 1000) for i in range(1, 1001)), seconds=EVERY / 10), None)
    assert 90 <= len(kernel.updates) <= 102 and kernel.updates[-1][0] == "100%, done in 25 s"


def test_names_are_no_markup_and_notes_stay(kernel):
    follow(
        kernel.run(
            CellBegun("A1", 1, 2, "<script>alert(1)</script>"),
            step(1),
            note("input", text='frame 3: "<b>" & so on'),
        ),
        None,
    )
    assert "cell A1, 1 of 2: &lt;script&gt;alert(1)&lt;/script&gt;, scale 1/2" in kernel.updates[1][1]
    assert kernel.updates[-1][0] == '100%, done in 3 s\nframe 3: "<b>" & so on'
    assert kernel.updates[-1][1].endswith("<div>frame 3: &quot;&lt;b&gt;&quot; &amp; so on</div></div>")


def test_a_thousand_notes_are_counted(kernel):
    follow(kernel.run(*(note("input", text=f"note {i}") for i in range(1000))), None)
    assert kernel.updates[-1][0].splitlines()[-2:] == ["note 19", "and 980 more notes"]


def test_a_film_is_told_by_the_time_that_is_left(kernel):
    frames = [
        FrameBegun(1, 3, 1, 2),
        step(9, left=1.0),
        FrameDone(1, 3, 1, 2, 2.0, {}),
        FrameBegun(2, 3, 1, 2, 6.0),
        step(1),
        FrameBegun(3, 3, 1, 2, 60.0),
    ]
    follow(kernel.run(ShotBegun(1, 1, 1, 3), *frames), None)
    texts = [text for text, _ in kernel.updates]
    assert (
        texts[0] == "shot 1/1, starting"
        and texts[2] == "frame 1/3, pass 1/2, scale 1/2 at 64x48, step 9/10, loss 0.5"
    )
    assert "<progress style" in kernel.updates[2][1]  # nobody knows yet how far it is
    assert texts[5] == "45%, frame 2/3, pass 1/2, scale 1/2 at 64x48, step 1/10, loss 0.5, 6 s left"
    assert texts[6].startswith("45%, frame 3/3") and texts[7] == "100%, done in 7 s"


def test_it_says_where_a_run_was_stopped(kernel):
    def interrupted():
        yield from kernel.run(step(3))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        follow(interrupted(), None)
    assert (
        kernel.updates[-1][0] == "30%, stopped after 1 s: scale 1/2 at 64x48, step 3/10, loss 0.5, 4 s left"
    )


def test_who_listens_gets_the_events_and_no_bar(kernel):
    events = []
    follow(kernel.run(step(1), step(2), step(3)), lambda event: events.append(event.step) or event.step < 2)
    assert events == [1, 2] and not kernel.shown


@pytest.mark.parametrize("broken", ["display", "update"])
def test_a_page_that_cannot_be_reached_stops_no_run(kernel, monkeypatch, broken):
    def fail(*_, **__):
        raise ConnectionError("the page has gone")

    monkeypatch.setattr(
        sys.modules["IPython.display"],
        "display",
        fail if broken == "display" else lambda *_, **__: SimpleNamespace(update=fail),
    )
    seen = []
    follow((seen.append(i) or step(i) for i in range(1, 4)), None)
    assert seen == [1, 2, 3]


def test_nothing_is_shown_in_a_terminal_or_without_ipython(monkeypatch, capsys):
    terminal = Kernel(monkeypatch, kernel=False)
    assert not in_kernel()
    follow(terminal.run(step(1)), None)
    monkeypatch.setitem(sys.modules, "IPython", None)
    assert not in_kernel()
    monkeypatch.delitem(sys.modules, "IPython")
    follow(terminal.run(step(1), note("input", text="word")), None)
    assert not terminal.shown and capsys.readouterr() == ("", "")
