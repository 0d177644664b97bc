import json
import math
import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from impasto.errors import SettingsError
from impasto.settings import Settings
from impasto.settings.kinds import KINDS
from impasto.settings.layers import LAYERS, Layer
from impasto.settings.option import described
from impasto.settings.picture import QUALITIES, STRENGTH
from impasto.settings.presets import DEFAULTS, preset, presets, schema, settings_from


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("content_weight", -3.0, "content weight must be >= 0, got -3.0"),
        ("style_weight", math.nan, "style weight must be a number, got nan"),
        ("tv_weight", math.inf, "tv weight must be a number, got inf"),
        ("brush", 0, "brush must be >= 0.25 and <= 4, got 0.0"),
        ("size", 15, "size must be >= 16 and <= 65535, got 15"),
        ("size", 100.5, "size must be a whole number, got 100.5"),
        ("dpi", -1, "dpi must be >= 0 and <= 10000, got -1"),
        ("dpi", math.nan, "dpi must be a whole number, got 'nan'"),
        ("depth", 12, "depth must be one of 8, 16, got '12'"),
        ("steps", -1, "steps must be >= 0, got -1"),
        ("strength", 101.0, "strength must be >= 0 and <= 100, got 101.0"),
        ("strength", math.nan, "strength must be a number, got nan"),
        ("quality", "good", "quality must be one of draft, normal, best, got 'good'"),
        ("steps", True, "steps must be a whole number, got True"),
        ("recolour", 1, "recolour must be true or false, got 1"),
        ("pooling", "median", "pooling must be one of average, max, got 'median'"),
        ("content_layers", (), "content layers must name at least one layer"),
        ("style_layers", (Layer("conv9_1"),), "unknown layer 'conv9_1' in style layers"),
        ("style_mask", 3, "style mask must be a tuple of strings, got 3"),
        ("colors", "mix:2", "colors mix must be >= 0 and <= 1, got 2"),
        ("colors", "mix:", "colors mix must be a number, got ''"),
        ("colors", "mix:nan", "colors mix must be a number, got nan"),
        ("colors", "photo", "colors must be style, content, mix or mix:AMOUNT, got 'photo'"),
        ("color_method", "lab", "color method must be one of luma, covariance, histogram, got 'lab'"),
        ("style_layers", (Layer("conv1_1", -1),), "weight of conv1_1 in style layers must be >= 0"),
    ],
)
def test_a_value_out_of_range_is_named(field, value, message):
    with pytest.raises(SettingsError, match=message.replace("(", r"\(")):
        Settings(**{field: value})


@pytest.mark.parametrize(
    ("written", "dpi", "expected"),
    [
        ("30cm", 300, 3543),
        ("300mm", 300, 3543),
        ("12in", 300, 3600),
        ("12 IN", "300", 3600),
        ("2.5cm", 254, 250),
        ("1024", 0, 1024),
        ("1024px", 0, 1024),
    ],
)
def test_a_size_on_paper_becomes_pixels(written, dpi, expected):
    settings = Settings().with_changes(size=written, dpi=dpi)
    assert settings.size == expected and type(settings.size) is int and settings.dpi == int(dpi)
    assert (
        settings == Settings(size=expected, dpi=int(dpi)) == Settings(dpi=int(dpi)).with_changes(size=written)
    )
    assert settings.with_changes(dpi=150).size == expected  # pixels, once reckoned, stay
    assert f"size = {expected}\n" in settings.to_toml()


@pytest.mark.parametrize(
    ("written", "dpi", "message"),
    [
        ("30cm", 0, r"size 30cm needs dpi, such as dpi 300"),
        (
            "30parsec",
            300,
            r"size must be in pixels, mm, cm or in, got '30parsec'; write such as 1024, 30cm or 12in",
        ),
        ("cm", 300, r"got 'cm'; write such as"),
        ("nancm", 300, r"got 'nancm'; write such as"),
        ("0cm", 300, r"size must be > 0, got '0cm'; write such as"),
        ("-3cm", 300, r"size must be > 0, got '-3cm'"),
        ("1mm", 300, r"size must be >= 16 and <= 65535, got 12 px from 1mm at 300 dpi"),
        ("900cm", 300, r"got 106299 px from 900cm at 300 dpi"),
        ("9" * 400 + "cm", 300, r"size must be >= 16 and <= 65535, got 1000000000000 px from"),
        ("", 300, r"size must be a whole number, got ''"),
        ("100.5", 300, r"size must be a whole number, got '100.5'"),
        ("30cm", -1, r"dpi must be >= 0 and <= 10000, got -1"),
        ("30cm", "nan", r"dpi must be a whole number, got 'nan'"),
    ],
)
def test_a_length_that_cannot_be_is_named(written, dpi, message):
    with pytest.raises(SettingsError, match=message) as caught:
        Settings().with_changes(size=written, dpi=dpi)
    assert "\n" not in str(caught.value)


def test_a_size_on_paper_in_a_file_goes_with_dots_given_beside_it(tmp_path):
    file = tmp_path / "print.toml"
    file.write_text('size = "10cm"\ndpi = 254\n')
    assert settings_from(str(file)).size == 1000
    assert settings_from(str(file), dpi=508).size == 2000
    file.write_text('size = "10cm"\n')
    assert settings_from(str(file), dpi=254).size == 1000
    with pytest.raises(SettingsError, match="needs dpi, such as dpi 300"):
        settings_from(str(file))


def test_layers_are_read_as_written():
    settings = Settings().with_changes(style_layers="conv1_1, pool4:0.25")
    assert settings.style_layers == (Layer("conv1_1"), Layer("pool4", 0.25))
    with pytest.raises(SettingsError, match="unknown layer 'relu4'"):
        Layer.parse("relu4")
    with pytest.raises(SettingsError, match="weight of layer conv1_1 must be a number, got 'x'"):
        Layer.parse("conv1_1:x")


def test_texts_are_read_by_settings_themselves_as_on_the_command_line():
    assert Settings(style_layers="conv1_1,conv2_1:2").style_layers == (
        Layer("conv1_1"),
        Layer("conv2_1", 2.0),
    )
    assert Settings(style_mask="a.png").style_mask == ("a.png",)
    with pytest.raises(
        SettingsError, match="style layers must name layers, such as 'conv1_1,conv2_1:0.5', got 3"
    ):
        Settings(style_layers=3)


def test_files_of_masks_are_read_one_or_several():
    assert Settings().with_changes(style_mask="a.png").style_mask == ("a.png",)
    assert Settings().with_changes(style_mask=["a.png", ""]).style_mask == ("a.png", "")


def test_colours_are_a_part_of_the_photos():
    amounts = [
        Settings(colors=colors).color_amount for colors in ("style", "mix:0.25", "mix", "mix:1", "content")
    ]
    assert amounts == [0, 0.25, 0.5, 1, 1]


def test_strength_and_content_weight_replace_and_exclude_each_other():
    assert Settings().strength == STRENGTH and Settings().content_weight is None
    weighted = Settings().with_changes(content_weight=0.1)
    assert weighted.strength is None and weighted.with_changes(strength=70).content_weight is None
    assert Settings().with_changes(**tomllib.loads(weighted.to_toml())) == weighted
    with pytest.raises(SettingsError, match="exclude each other, got 70 and 0.1; give only one"):
        Settings().with_changes(strength=70, content_weight=0.1)
    with pytest.raises(SettingsError, match="strength needs relative losses, got losses 'mean'"):
        Settings(losses="mean")
    dialled = {name for name, found in presets().items() if found.settings.strength is not None}
    assert dialled == {"default", "instant"}


def test_a_quality_is_a_number_of_steps():
    assert [Settings(quality=name).total_steps for name in QUALITIES] == sorted(QUALITIES.values())
    assert Settings(steps=7).total_steps == 7
    assert preset("johnson").with_changes(quality="draft").total_steps == QUALITIES["draft"]


def test_nothing_to_paint_is_refused():
    with pytest.raises(SettingsError, match="both 0"):
        Settings(content_weight=0, style_weight=0)


@given(
    st.builds(
        Settings,
        size=st.integers(16, 4096),
        dpi=st.integers(0, 1200),
        depth=st.sampled_from([8, 16]),
        strength=st.floats(0, 100),
        brush=st.floats(0.25, 4),
        recolour=st.booleans(),
        style_mask=st.lists(st.text(st.characters(exclude_categories=("C",)), max_size=20), max_size=3).map(
            tuple
        ),
        init=st.text(st.characters(exclude_categories=("C",)), max_size=20),
        style_layers=st.lists(
            st.builds(Layer, st.sampled_from(LAYERS), st.sampled_from([0.2, 1.0, 2.0])),
            min_size=1,
            max_size=5,
        ).map(tuple),
    )
)
def test_toml_goes_round(tmp_path_factory, settings):
    file = tmp_path_factory.mktemp("toml") / "settings.toml"
    file.write_text(settings.to_toml(), encoding="utf-8")
    assert settings_from(str(file)) == settings


def test_a_settings_file_builds_on_its_preset(tmp_path):
    file = tmp_path / "mine.toml"
    file.write_text('preset = "johnson"\nsteps = 7\n')
    assert settings_from(str(file)) == preset("johnson").with_changes(steps=7)
    for text, message in [
        ("wrong = 1", "unknown setting 'wrong'"),
        ("steps = ", "not valid TOML"),
        ("steps = 'x'", "steps must be"),
    ]:
        file.write_text(text)
        with pytest.raises(SettingsError, match=message):
            settings_from(str(file))
    with pytest.raises(SettingsError, match="cannot read settings file"):
        settings_from(str(tmp_path / "none.toml"))


def test_presets_are_named_and_sourced():
    assert list(presets()) == [
        "default",
        "gatys2015",
        "gatys2016",
        "johnson",
        "anishathalye",
        "ruder2016",
        "texture",
        "texture2015",
        "reconstruction",
        "features",
        "instant",
    ]
    assert all(found.source.endswith(".") for found in presets().values())
    for name in ("gatys2015", "gatys2016", "johnson", "anishathalye", "texture2015"):
        s = presets()[name].settings
        assert (s.start_size, s.recolour, s.range_weight, s.padding) == (0, False, 0, "zeros")
    with pytest.raises(SettingsError, match="did you mean 'johnson'"):
        preset("jonson")


def test_forms_raise_the_deep_layers_to_their_full_weights():
    assert Settings().painted_layers == Settings().style_layers
    weights = [[layer.weight for layer in Settings(forms=forms).painted_layers] for forms in (0, 50, 100)]
    shallow = [1] * 6
    assert weights == [shallow, [*shallow, 0.5, 0.5], [*shallow, 1, 1]]
    given = Settings(style_layers="conv3_1,conv4_1:0.3", forms=10).painted_layers
    assert given == (Layer("conv3_1"), Layer("conv4_1", 0.3), Layer("conv5_1", 0.1))
    shallow = Settings(style_layers="conv1_1:2", forms=100).painted_layers
    assert shallow == (Layer("conv1_1", 2.0), Layer("conv4_1"), Layer("conv5_1"))


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_a_schema_for_forms(kind):
    found = schema(kind)
    default = preset(DEFAULTS[kind])
    for name, setting in described(Settings).items():
        assert (name in found["properties"]) == (kind in setting.option.kinds and not setting.option.recorded)
    for name, described_as in found["properties"].items():
        value = getattr(default, name)
        assert described_as["default"] == (
            [str(item) for item in value] if isinstance(value, tuple) else value
        )
        assert described_as["title"] and described_as["description"] and described_as["group"]
    size = found["properties"]["size"]
    assert (size["minimum"], size["maximum"], size["unit"], size["type"]) == (16, 65535, "px", "integer")
    assert json.loads(json.dumps(found)) == found
    assert (
        Settings().with_changes(**{name: one["default"] for name, one in found["properties"].items()})
        is not None
    )


def test_a_schema_has_words_beside_files_and_choices_of_their_type():
    properties = schema("stylize")["properties"]
    assert properties["protect"]["format"] == "file" and properties["protect"]["words"] == [
        "",
        "auto",
        "faces",
        "none",
    ]
    assert properties["depth"]["enum"] == [8, 16] and properties["depth"]["type"] == "integer"
    assert properties["pooling"]["enum"] == ["average", "max"]
    with pytest.raises(SettingsError, match="unknown kind 'film'; choose one of stylize, video"):
        schema("film")
