"""`impasto compare`: compare results in a table on the terminal and on an HTML page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from impasto.cli.comparison import HEADS, Entry, differences
from impasto.cli.report import write_page
from impasto.cli.stylize import style_and_weight
from impasto.errors import ImpastoError, JobError, OutputError, RecipeError
from impasto.jobs import curve
from impasto.jobs.record import RECORD, Record
from impasto.media.image import Source, check_place, load, opening_note
from impasto.media.paths import is_file, is_folder, same_place
from impasto.recipe.finder import Finder
from impasto.recipe.recipe import Recipe
from impasto.stills.flaws import find_flaws
from impasto.stills.judge import judge

MOST_FOLDERS = 1000
"""Maximum number of folders beside a picture to search for the job that painted it."""


def compared(
    results: Sequence[str], content: str | None, styles: Sequence[str], folders: Sequence[str], output: str
) -> Iterator[str]:
    """Judge results, yield the lines of a table, and write the page to `output`; raises ImpastoError."""
    found = [_found(text) for text in results]
    given = [style_and_weight(text) for text in styles]
    if output:
        _check_page(
            Path(output),
            [*(path for path, _ in found), *([content] if content else []), *(source for source, _ in given)],
        )
    entries = [
        _entry(letter_of(number), path, job, content, given, folders)
        for number, (path, job) in enumerate(found)
    ]
    yield from table(
        ["", "picture", *HEADS], [[entry.letter, entry.name, *entry.cells()] for entry in entries]
    )
    yield ""
    yield from table(
        ["", *(f"style {layer}" for layer in entries[0].judgement.layers)],
        [[entry.letter, *entry.layers()] for entry in entries],
    )
    yield ""
    yield from (f"{entry.letter}: {entry.flaws.words}" for entry in entries)
    names, rows = differences(entries)
    if names:
        yield ""
        yield from table(
            ["", *names], [[entry.letter, *row] for entry, row in zip(entries, rows, strict=True)]
        )
    for note in filter(None, (opening_note(entry.path) for entry in entries)):
        yield ""
        yield note
    if output:
        yield ""
        yield f"written to {write_page(entries, Path(output))}"


def letter_of(number: int) -> str:
    """Return the letter of a result: A to Z, then A1 and so on."""
    round_, letter = divmod(number, 26)
    return chr(ord("A") + letter) + (str(round_) if round_ else "")


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table with aligned columns."""
    widths = [max(map(len, column)) for column in zip(head, *rows, strict=True)]
    for row in (head, *rows):
        yield "  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip()


def _found(text: str) -> tuple[Path, Path | None]:
    """Return the picture, and the folder of its job if there is one; raises JobError."""
    path = Path(text)
    if not is_folder(path):
        return path, _job_beside(path)
    output = Record.read(path).run.output
    if not output or not is_file(output):
        raise JobError(
            f"job '{path}' has no picture yet",
            f"it is written when the job ends or is stopped: 'impasto resume {path}'",
        )
    picture, here = Path(output), Path.cwd()
    return picture.relative_to(here) if picture.is_relative_to(here) else picture, path


def _job_beside(picture: Path) -> Path | None:
    """Return the job folder beside a picture that has this picture as its output, or None."""
    with suppress(OSError):
        for folder, _ in zip(sorted(picture.absolute().parent.iterdir()), range(MOST_FOLDERS), strict=False):
            with suppress(ImpastoError):
                if (
                    is_file(folder / RECORD)
                    and (output := Record.read(folder).run.output)
                    and same_place(output, picture)
                ):
                    return folder
    return None


def _entry(
    letter: str,
    path: Path,
    job: Path | None,
    content: str | None,
    styles: list[tuple[str, float]],
    folders: Sequence[str],
) -> Entry:
    size, recipe = load(path).size, None
    with suppress(RecipeError):
        recipe = Recipe.read(path)
    if recipe is None and job:
        recipe = Record.read(job).recipe
    photo, paintings = _inputs(path, recipe, content, styles, folders)
    return Entry(
        letter,
        path,
        size,
        photo,
        paintings,
        judge(path, photo, paintings),
        find_flaws(path, photo, paintings),
        recipe,
        curve.read(job) if job else [],
    )


def _inputs(
    path: Path,
    recipe: Recipe | None,
    content: str | None,
    styles: list[tuple[str, float]],
    folders: Sequence[str],
) -> tuple[Source, list[tuple[Source, float]]]:
    """Return the given photo and paintings, or those of the recipe; raises RecipeError."""
    paintings: list[tuple[Source, float]] = [*styles]
    if content and paintings:
        return content, paintings
    if recipe is None:
        raise RecipeError(
            f"'{path}' carries no recipe that would say what it was made from", "give --content and --style"
        )
    finder = Finder(path.absolute().parent, folders)
    try:
        photo = content or next(finder.find(item) for item in recipe.inputs if item.role == "content")
        return photo, paintings or [
            (finder.find(item), item.weight) for item in recipe.inputs if item.role == "style"
        ]
    except RecipeError as error:
        raise RecipeError(f"cannot judge '{path}': {error.text}, or give --content and --style") from None


def _check_page(page: Path, inputs: Sequence[Source]) -> None:
    if page.suffix.lower() not in (".html", ".htm"):
        raise OutputError(f"cannot write '{page}': the name of a page must end in .html")
    check_place(page, tuple(inputs))
