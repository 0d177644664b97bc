"""Errors: a tree with codes, drawn as it is, and messages that name settings for any front end."""

import inspect
import pickle
import re

import pytest

from impasto import errors
from impasto.cli.said import in_options, said
from impasto.errors import ImpastoError, JobBusy, SettingsError, option, worded

KINDS = [kind for kind in vars(errors).values() if inspect.isclass(kind) and issubclass(kind, ImpastoError)]


def test_the_tree_at_the_top_of_the_module_is_the_one_that_there_is():
    drawn = re.findall(r"^    ([│ ├└─]*)(\w+)", errors.__doc__, re.MULTILINE)
    parents, found = {-1: Exception}, {}
    for lines, name in drawn:
        depth = len(lines) // 4
        kind = getattr(errors, name)
        found[kind] = parents[depth - 1]
        parents[depth] = kind
    assert found == {kind: kind.__base__ for kind in KINDS}


def test_each_error_has_a_code_of_its_own_and_an_exit_code_that_says_its_branch():
    assert len({kind.code for kind in KINDS}) == len(KINDS)
    assert (JobBusy.code, SettingsError.code) == ("job_busy", "settings_error")
    branches = [kind for kind in KINDS if kind.__base__ is ImpastoError]
    assert len({kind.exit_code for kind in branches}) == len(branches)
    for kind in KINDS:
        if kind not in (ImpastoError, *branches):
            assert kind.exit_code == kind.__base__.exit_code


def test_a_setting_is_called_after_its_name_in_python_and_after_its_option_in_a_terminal():
    error = SettingsError(f"{option('tv_weight')} is 3", f"choose another {option('output')}")
    assert str(error) == "tv weight is 3; choose another output"
    assert said(error) == "--tv-weight is 3; choose another -o"
    wrapped = ImpastoError(f"cell A1: {error.text}")
    assert (
        said(wrapped)
        == "cell A1: --tv-weight is 3; choose another -o"
        == in_options(error.text).join(["cell A1: ", ""])
    )
    assert worded("<size> stays") == "<size> stays"


@pytest.mark.parametrize("kind", KINDS)
def test_an_error_comes_out_of_another_process_as_it_was(kind):
    error = pickle.loads(pickle.dumps(kind("what", f"way {option('size')}", folder="x", pid=3)))
    assert type(error) is kind and error.fields == {"folder": "x", "pid": 3}
    assert (error.what, str(error)) == ("what", "what; way size")
