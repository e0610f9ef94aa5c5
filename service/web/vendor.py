"""Fetches the files of other projects that the pages are made with, as `static/vendor/vendored.toml` names them.

A development tool: `python -m service.web.vendor` asks npm for the exact versions, compares each package with its
digest, and writes the files that are listed, with their licences. Serving needs none of it: what it wrote is committed.
"""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "static" / "vendor"
TABLE = FOLDER / "vendored.toml"
_NPM_SECONDS = 300


def packages() -> Mapping[str, Mapping[str, Any]]:
    """The table: per package its version, licence, digest, and which of its files are written where."""
    found: Mapping[str, Mapping[str, Any]] = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    return found


def fetch(name: str, entry: Mapping[str, Any], into: Path) -> list[Path]:
    """Writes the files of one package under `into`. Raises SystemExit where the package is not the one listed."""
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("vendor: npm is needed to fetch packages")
    with tempfile.TemporaryDirectory() as scratch:
        spec = f"{name}@{entry['version']}"
        command = [npm, "pack", "--silent", "--pack-destination", scratch, spec]
        subprocess.run(command, check=True, timeout=_NPM_SECONDS, stdout=subprocess.DEVNULL)  # noqa: S603
        (archive,) = Path(scratch).glob("*.tgz")
        digest = "sha512-" + base64.b64encode(hashlib.sha512(archive.read_bytes()).digest()).decode()
        if digest != entry["integrity"]:
            raise SystemExit(f"vendor: {spec} has {digest}, not {entry['integrity']}")
        return _unpack(archive, entry["files"], into)


def _unpack(archive: Path, files: Mapping[str, str], into: Path) -> list[Path]:
    written = []
    with tarfile.open(archive) as packed:
        for inside, target in files.items():
            member = packed.extractfile(f"package/{inside}")
            if member is None:
                raise SystemExit(f"vendor: {archive.name} has no {inside}")
            path = into / target
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(_without_map(member.read(), path))
            written.append(path)
    return written


def _without_map(content: bytes, path: Path) -> bytes:
    """Without the pointer to a source map, which is not served."""
    if path.suffix not in (".js", ".css"):
        return content
    kept = [line for line in content.split(b"\n") if not line.startswith((b"//# source", b"/*# source"))]
    return b"\n".join(kept)


def main() -> None:
    """Fetches everything anew."""
    for name, entry in packages().items():
        for path in fetch(name, entry, FOLDER):
            sys.stdout.write(
                f"{path.relative_to(FOLDER)}  {path.stat().st_size:,} bytes  ({name} {entry['version']})\n"
            )


if __name__ == "__main__":
    main()
