"""Holds a wheel and a source distribution to what git knows: python tests/light/distributions.py FOLDER.

Plain Python, run by .ci/run from the top of the repository after `python -m build --outdir FOLDER`.
"""

import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

MOST_BYTES = 100_000_000
#: What only those who work on seqtext read.
NOT_INSTALLED = {"seqtext/README.md"}


def known_to_git(*others: str) -> set[str]:
    """The files of the repository, by their paths."""
    command = ["git", "ls-files", "-z", *others]
    listed = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True)
    return set(listed.stdout.split("\0")) - {""}


def installed(path: str) -> str:
    """Where a file lies once it is installed."""
    return f"seqtext/{path}" if path.startswith("cli/") else path


def the_one(folder: Path, pattern: str) -> Path:
    """The only file of a folder that fits a pattern; fails where it is too large."""
    (found,) = folder.glob(pattern)
    print(f"{found.stat().st_size / 1e6:8.1f} MB  {found.name}")
    if found.stat().st_size > MOST_BYTES:
        sys.exit(f"{found.name} is larger than {MOST_BYTES / 1e6:.0f} MB.")
    return found


def compare(name: str, found: set[str], wanted: set[str]) -> None:
    """Fail unless a distribution holds what it should; a file that waits for its commit may be there or not."""
    waiting = {installed(path) for path in known_to_git("--others", "--exclude-standard")}
    for what, files in (("lacks", wanted - found), ("should not hold", found - wanted - waiting)):
        if files:
            sys.exit(f"{name} {what} {', '.join(sorted(files)[:20])}.")


def check_wheel(path: Path) -> None:
    """Hold a wheel to seqtext/ and cli/, and its metadata to what readers of an index look for."""
    with zipfile.ZipFile(path) as wheel:
        found = {name for name in wheel.namelist() if not name.endswith("/")}
        inner = {name for name in found if ".dist-info/" in name}
        metadata = message_from_bytes(next(wheel.read(name) for name in inner if name.endswith(".dist-info/METADATA")))
    own = {name for name in known_to_git() if name.startswith(("seqtext/", "cli/"))} - NOT_INSTALLED
    compare(path.name, found - inner, {installed(name) for name in own})
    if not any(name.endswith("/licenses/LICENSE") for name in inner):
        sys.exit(f"{path.name} lacks the licence.")
    if metadata["Author"] != "The seqtext developers" or metadata["License-Expression"] != "Apache-2.0":
        sys.exit(
            f"{path.name} names the author {metadata['Author']!r}, the licence {metadata['License-Expression']!r}."
        )
    always = [line for line in metadata.get_all("Requires-Dist", []) if "extra ==" not in line]
    if not always or any(line.startswith(("torch", "datasets", "scipy")) for line in always):
        sys.exit(f"{path.name} asks for {always}, or for nothing.")


def check_source(path: Path) -> None:
    """Hold a source distribution to all files that git knows."""
    with tarfile.open(path) as archive:
        found = {member.name.partition("/")[2] for member in archive.getmembers() if member.isfile()}
    made = {name for name in found if ".egg-info/" in name} | {"PKG-INFO", "setup.cfg"}
    compare(path.name, found - made, known_to_git())


if __name__ == "__main__":
    check_wheel(the_one(Path(sys.argv[1]), "*.whl"))
    check_source(the_one(Path(sys.argv[1]), "*.tar.gz"))
