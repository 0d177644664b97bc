"""Put the libraries of the studio's pages into the package, as they are published, from npm packages.

    python scripts/vendor.py

Needs npm. Writes src/impasto/web/site/vendor, with licences, and a list of versions and hashes, which
`tests/web/test_site.py` compares. Imports of packages become imports of files, since the pages are not built.
"""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import tarfile
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parents[1] / "src" / "impasto" / "web" / "site" / "vendor"

PACKAGES = {
    "preact@11.2.0": {"dist/preact.mjs": "preact.js", "hooks/dist/hooks.mjs": "hooks.js"},
    "@preact/signals-core@1.14.5": {"dist/signals-core.mjs": "signals-core.js"},
    "@preact/signals@2.11.4": {"dist/signals.mjs": "signals.js"},
    "htm@3.1.1": {"dist/htm.mjs": "htm.js"},
    "photoswipe@5.4.4": {
        "dist/photoswipe.esm.min.js": "photoswipe.js",
        "dist/photoswipe.css": "photoswipe.css",
    },
}
"""The files of each package, and their names here."""

IMPORTS = {
    "preact": "preact.js",
    "preact/hooks": "hooks.js",
    "@preact/signals-core": "signals-core.js",
}


def main() -> None:
    """Write the files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    listed = {}
    with tempfile.TemporaryDirectory() as place:
        for package, files in PACKAGES.items():
            packed = subprocess.run(
                ["npm", "pack", "--silent", package], cwd=place, check=True, capture_output=True, text=True
            ).stdout.split()[-1]
            with tarfile.open(Path(place) / packed) as archive:
                about = json.loads(_read(archive, "package/package.json"))
                for source, target in files.items():
                    text = _rewritten(_read(archive, f"package/{source}").decode())
                    (FOLDER / target).write_text(text, encoding="utf-8")
                    digest = hashlib.sha256(text.encode()).hexdigest()
                    listed[target] = dict(package=package, licence=about["license"], sha256=digest)
                licence = next((m for m in archive.getnames() if m.lower().endswith("package/license")), None)
                if licence:
                    name = re.sub(r"[^a-z]+", "-", package.split("@")[-2].lower() or "x")
                    (FOLDER / f"LICENCE-{name}.txt").write_bytes(_read(archive, licence))
    (FOLDER / "versions.json").write_text(json.dumps(listed, indent=2, sort_keys=True) + "\n")


def _read(archive: tarfile.TarFile, name: str) -> bytes:
    file = archive.extractfile(name)
    assert file is not None, name
    return file.read()


def _rewritten(text: str) -> str:
    """Return a module whose imports are files beside it, without the address of a source map."""
    text = re.sub(r"//# sourceMappingURL=\S+\s*$", "", text)  # of a map that is not here
    return re.sub(r'from ?"([^"]+)"', lambda found: f'from"./{IMPORTS[found[1]]}"', text)


if __name__ == "__main__":
    main()
