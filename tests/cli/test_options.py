"""Options, help and docs against the dataclasses that they are made from."""

import json

import pytest
from PIL import Image
from PIL.ExifTags import GPS, IFD, Base

from conftest import EXAMPLES, blobs
from impasto.cli import command_named, run_command
from impasto.cli.options import describe, flag, settings_and_run
from impasto.cli.progress import duration
from impasto.cli.stylize import style_and_weight
from impasto.settings import Settings
from impasto.settings.kinds import KINDS
from impasto.settings.option import described
from impasto.settings.run import RunOptions

stylize = command_named("stylize")
FIELDS = [*described(Settings).values(), *described(RunOptions).values()]


@pytest.mark.parametrize("command", KINDS)
def test_every_field_is_an_option_of_the_commands_that_it_changes_with_its_help(command, capsys):
    assert run_command([command, "--help-all"]) == 0
    text = " ".join(capsys.readouterr().out.split())
    for field in FIELDS:
        name = flag(field).split("/")[0]
        if field.option.recorded:
            assert name not in text
        elif command in field.option.kinds:
            # Which may say it in words of its own, as of the sample that is no photo.
            (given,) = [option for option in command_named(command).params if option.name == field.name]
            assert name in text and given.help.split("  [")[0] in text
            assert command != "stylize" or given.help == describe(field)
        else:
            assert f"{name} " not in text


def test_every_option_arrives_at_its_field():
    values = {
        "size": "100",
        "init": "noise",
        "recolour": None,
        "style_layers": "conv1_1",
        "output": "x.png",
        "quiet": None,
    }
    arguments = ["a", "b"]
    for name, value in values.items():
        arguments += [f"--{name.replace('_', '-')}"] + ([value] if value else [])
    given = stylize.make_context("stylize", arguments).params
    assert (
        given["size"] == "100"
        and given["recolour"] is True
        and given["quiet"] is True
        and given["brush"] is None
    )


@pytest.mark.parametrize(
    "command",
    [
        "stylize",
        "video",
        "flicker",
        "texture",
        "reconstruct",
        "features",
        "sheet",
        "compare",
        "again",
        "show",
        "plan",
        "presets",
        "examples",
        "doctor",
    ],
)
def test_every_command_shows_an_example(command, capsys):
    assert run_command([command, "--help"]) == 0
    assert f"impasto {command}" in capsys.readouterr().out.split("Example")[1]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["stylize"], 2, "Missing argument 'CONTENT'; see 'impasto stylize --help'"),
        (
            ["stylize", "a.png", "b.png", "--size", "big"],
            2,
            "size must be in pixels, mm, cm or in, got 'big'; write such as 1024, 30cm or 12in",
        ),
        (["stylize", "a.png", "b.png", "--size", "30cm"], 2, "size 30cm needs --dpi, such as --dpi 300"),
        (
            ["stylize", "a.png", "b.png", "--size", "30cm", "--dpi", "0"],
            2,
            "size 30cm needs --dpi, such as --dpi 300",
        ),
        (
            ["stylize", "a.png", "b.png", "--size", "30parsec", "--dpi", "300"],
            2,
            "got '30parsec'; write such as 1024, 30cm or 12in",
        ),
        (
            ["stylize", "a.png", "b.png", "--size", "900cm", "--dpi", "300"],
            2,
            "size must be >= 16 and <= 65535, got 106299 px from 900cm at 300 dpi",
        ),
        (["stylize", "a.png", "b.png", "--dpi", "-1"], 2, "dpi must be >= 0 and <= 10000, got -1"),
        (["stylize", "a.png", "b.png", "--dpi", "nan"], 2, "'nan' is not a valid integer"),
        (["stylize", "a.png", "b.png", "--depth", "12"], 2, "'12' is not one of '8', '16'"),
        (["stylize", "a.png", "b.png", "--preset", "jonson"], 2, "did you mean 'johnson'"),
        (["stylize", "a.png", "b.png", "--content-weight", "-1"], 2, "content weight must be >= 0, got -1"),
        (["stylize", "a.png", "b.png", "--tv-weight", "nan"], 2, "tv weight must be a number, got nan"),
        (["stylize", "a.png", "b.png", "--style-layers", "conv6_1"], 2, "unknown layer 'conv6_1'"),
        (["stylize", "a.png", "b.png", "--device", "tpu"], 2, "'tpu' is not one of"),
        (["stylize", "a.png", "b.png", "--preset", "johnson", "--settings", "x"], 2, "exclude each other"),
        (
            ["stylize", "a.png", "b.png", "--settings", "none.toml"],
            2,
            "cannot read settings file 'none.toml'",
        ),
        (["stylize", "a.png", "b.png"], 3, "no file 'a.png'; check the path"),
        (["plan", "a.png", "b.png"], 3, "no file 'a.png'; check the path"),
        (
            ["stylize", "a.png", "b.png", "--memory", "lots"],
            2,
            "memory must be an amount such as 8G or 800M, got 'lots'",
        ),
        (["stylize", "a.png", "b.png", "--colors", "mix:2"], 2, "colors mix must be >= 0 and <= 1, got 2"),
        (
            ["stylize", "a.png", "b.png", "--colors", "photo"],
            2,
            "colors must be style, content, mix or mix:AMOUNT, got 'photo'",
        ),
        (["presets", "none"], 2, "unknown preset 'none'"),
        (["paint"], 2, "No such command 'paint'"),
    ],
)
def test_a_users_mistake_is_one_line_with_the_way_out(
    arguments, code, message, capsys, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    assert run_command(arguments) == code
    output = capsys.readouterr()
    assert output.out == "" and output.err.startswith("error: ") and output.err.count("\n") == 1
    assert message in output.err


def test_styles_carry_weights(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert style_and_weight("painting.jpg:2.5") == ("painting.jpg", 2.5)
    assert style_and_weight("painting.jpg") == ("painting.jpg", 1.0)
    assert style_and_weight("C:\\painting.jpg") == ("C:\\painting.jpg", 1.0)
    (tmp_path / "a:2").touch()
    assert style_and_weight("a:2") == ("a:2", 1.0)


def test_masks_come_once_per_style_and_leave_a_files_alone_where_none_is_given(tmp_path):
    context = stylize.make_context("stylize", ["a", "b", "c", "--style-mask", "1.png", "--style-mask", ""])
    assert context.params["style_mask"] == ("1.png", "")
    (tmp_path / "mine.toml").write_text('style_mask = ["sky.png"]\n')
    given = stylize.make_context("stylize", ["a", "b"]).params
    settings, _ = settings_and_run(
        None,
        str(tmp_path / "mine.toml"),
        {field.name: given[field.name] for field in FIELDS if field.name in given},
    )
    assert settings.style_mask == ("sky.png",)


@pytest.mark.parametrize(
    ("photo", "said"),
    [("astronaut.png", "found 1 face"), ("coffee.png", "found no face; nothing is protected")],
)
def test_faces_are_said_on_stderr(photo, said, painting, tmp_path, capsys):
    arguments = [
        "stylize",
        str(EXAMPLES / "photos" / photo),
        str(painting),
        "--protect",
        "faces",
        "--size",
        "32",
        "--steps",
        "1",
        "-o",
    ]
    assert run_command([*arguments, str(tmp_path / "out.png")]) == 0
    output = capsys.readouterr()
    assert said in output.err.splitlines() and not output.out
    assert run_command([*arguments, str(tmp_path / "out.png"), "--json"]) == 0
    first = json.loads(capsys.readouterr().out.splitlines()[0])
    assert (first["kind"], first["text"]) == ("note", said)
    assert run_command([*arguments, str(tmp_path / "out.png"), "--quiet"]) == 0
    assert capsys.readouterr() == ("", "")


def test_a_mask_is_an_input_and_never_overwritten(photo, painting, capsys):
    assert (
        run_command(
            [
                "stylize",
                str(photo),
                str(painting),
                "--protect",
                str(painting.parent / "m.png"),
                "-o",
                str(painting.parent / "m.png"),
            ]
        )
        == 3
    )
    Image.fromarray(blobs(48, 64)).save(painting.parent / "m.png")
    assert (
        run_command(
            [
                "stylize",
                str(photo),
                str(painting),
                "--size",
                "32",
                "--protect",
                str(painting.parent / "m.png"),
                "-o",
                str(painting.parent / "m.png"),
            ]
        )
        == 4
    )
    assert "is an input and is never overwritten" in capsys.readouterr().err


def test_presets_print_as_toml_that_reads_back(capsys, tmp_path):
    from impasto.settings.presets import preset, presets, settings_from

    for name in presets():
        assert run_command(["presets", name]) == 0
        (tmp_path / "x.toml").write_text(capsys.readouterr().out, encoding="utf-8")
        assert settings_from(str(tmp_path / "x.toml")) == preset(name)
    assert run_command(["presets"]) == 0
    text = capsys.readouterr().out
    assert all(found.source in text and name in text for name, found in presets().items())


def test_durations_read_well():
    assert [duration(s) for s in (0.4, 59.6, 99.4, 125, 7265)] == [
        "0 s",
        "60 s",
        "99 s",
        "2 min 5 s",
        "2 h 1 min",
    ]


def test_a_picture_is_kept_elsewhere_when_its_place_is_gone(tmp_path, monkeypatch, photo, painting, capsys):
    """The folder disappears while the picture is painted: the work is saved in the temporary folder."""
    from impasto.stills.stylize import Stylization

    target, refuge, pastiche = tmp_path / "target", tmp_path / "refuge", Stylization.pastiche
    target.mkdir()
    refuge.mkdir()
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(refuge))
    monkeypatch.setattr(Stylization, "pastiche", lambda run: (target.rmdir(), pastiche(run))[1])
    assert (
        run_command(
            [
                "stylize",
                str(photo),
                str(painting),
                "--size",
                "32",
                "--steps",
                "1",
                "--quiet",
                "-o",
                str(target / "out.png"),
            ]
        )
        == 4
    )
    assert f"The picture is kept at '{refuge / 'out.png'}'" in capsys.readouterr().err
    assert (refuge / "out.png").exists()


def test_metadata_is_kept_or_stripped_and_depth_is_checked_first(tmp_path, photo, painting, capsys):
    exif = Image.Exif()
    exif[Base.Make], exif[Base.Orientation], exif[IFD.GPSInfo] = "Camera Works", 6, {GPS.GPSLatitudeRef: "N"}
    with Image.open(photo) as image:
        image.save(photo, exif=exif.tobytes())
    small = ["stylize", str(photo), str(painting), "--size", "32", "--steps", "1", "--quiet"]
    for name, extra in (("a.png", []), ("b.tiff", ["--depth", "16"]), ("c.jpg", ["--dpi", "300"])):
        assert run_command([*small, *extra, "-o", str(tmp_path / name)]) == 0
        with Image.open(tmp_path / name) as image:
            found = image.getexif()
            assert (
                image.size == (24, 32)
                and found[Base.Make] == "Camera Works"
                and found[Base.Orientation] == 1
                and found.get_ifd(IFD.GPSInfo)
            )
        assert run_command([*small, *extra, "--strip", "-o", str(tmp_path / f"stripped-{name}")]) == 0
        with Image.open(tmp_path / f"stripped-{name}") as image:
            assert Base.Make not in image.getexif() and not image.getexif().get_ifd(IFD.GPSInfo)
        assert b"Camera Works" not in (tmp_path / f"stripped-{name}").read_bytes()
    assert run_command([*small, "--depth", "16", "-o", str(tmp_path / "d.jpg")]) == 4
    assert "cannot hold 16 bits a channel; write a .png or .tiff, or use --depth 8" in capsys.readouterr().err
