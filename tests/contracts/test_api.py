import subprocess
import sys

import impasto


def test_public_names_are_sorted_and_exist():
    assert impasto.__all__ == sorted(
        impasto.__all__, key=lambda name: (name.startswith("__") is False, name)
    ) or impasto.__all__ == sorted(impasto.__all__)
    for name in impasto.__all__:
        assert getattr(impasto, name) is not None
    assert dir(impasto) == impasto.__all__


def test_an_unknown_name_is_an_attribute_error():
    try:
        impasto.nothing  # noqa: B018
    except AttributeError as error:
        assert "nothing" in str(error)
    else:
        raise AssertionError("impasto.nothing exists")


def test_help_does_not_import_torch():
    code = """
import sys
from impasto.cli import run_command
run_command(['stylize', '--help'])
sys.exit('torch' in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).returncode == 0
