"""The docs against the program: what they show exists."""

import re
import runpy
import shlex

from conftest import ROOT
from impasto.cli import command_named

PAGES = [
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    *sorted((ROOT / "docs").rglob("*.md")),
    ROOT / "benchmarks/README.md",
]


def test_the_reference_is_the_one_that_the_settings_make():
    made = runpy.run_path(str(ROOT / "scripts/reference.py"))["document"]()
    assert (ROOT / "docs/reference.md").read_text(encoding="utf-8") == made, "run python scripts/reference.py"


def test_every_command_line_in_the_docs_parses():
    seen = 0
    for page in PAGES:
        for line in re.findall(
            r"^\s*(?:\$ )?(impasto [a-z]+ .*?)(?:\s+#.*)?$", page.read_text(encoding="utf-8"), re.MULTILINE
        ):
            _, name, *arguments = shlex.split(line.split(">")[0].split("|")[0])
            command = command_named(name)
            if "--help" not in arguments:
                command.make_context(name, arguments)
            seen += 1
    assert seen >= 10


def test_every_link_and_picture_is_there():
    for page in PAGES:
        for target in re.findall(r"\]\((?!https?:|#)([^)#]+)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name}: {target}"


def test_pictures_in_the_docs_are_small():
    for picture in (ROOT / "docs").rglob("*.[jpw][pne][gb]*"):
        assert picture.stat().st_size < 400_000, picture
