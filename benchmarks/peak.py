"""Run a command in a separate Python process and return its peak memory, for the memory benchmarks."""

from __future__ import annotations

import subprocess
import sys

WRAPPER = """
import pathlib, re, resource, runpy, sys
module, sys.argv = sys.argv[1], sys.argv[1:]
try:
    runpy.run_module(module, run_name="__main__", alter_sys=True)
except SystemExit as stop:
    if stop.code:
        raise
if sys.platform == "linux":  # getrusage's peak outlives exec there, and may be the benchmark's own
    peak = 1024 * int(re.search(r"VmHWM:\\s*(\\d+)", pathlib.Path("/proc/self/status").read_text())[1])
else:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print("peak", peak, file=sys.stderr)
"""


def peak(module: str, *arguments: object) -> tuple[int, str]:
    """Return the peak resident bytes of `python -m module arguments`, and what it printed."""
    command = [sys.executable, "-c", WRAPPER, module, *map(str, arguments)]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        raise SystemExit(f"{' '.join(command[3:])}: {result.stderr.strip().splitlines()[-1]}")
    last = next(line for line in reversed(result.stderr.splitlines()) if line.startswith("peak "))
    return int(last.split()[1]), result.stdout
