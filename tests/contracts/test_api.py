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


def test_jobs_of_a_queue_are_listed_and_steered_without_pictures(tmp_path):
    """A server that only does that stays small and starts at once."""
    code = """
import sys
from impasto.errors import JobNotFound
from impasto.queue.service import QueueService
with QueueService(sys.argv[1]) as service:
    assert service.jobs() == []
    try:
        service.pause("none")
    except JobNotFound:
        pass
sys.exit(" ".join({"torch", "numpy", "PIL"} & set(sys.modules)) or 0)
"""
    command = [sys.executable, "-W", "ignore", "-c", code, f"sqlite:///{tmp_path / 'queue.sqlite'}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
