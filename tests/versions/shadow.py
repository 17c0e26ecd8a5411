"""A version of seqtext that stands alone: its package in a folder of its own, its commands as subprocesses."""

import hashlib
import io
import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
_SHARED = ("corpora", "golden", "made")  # what both versions read
_SECONDS = 600  # longest that a command may take

# What the clock decides, in what is printed and in the files of a run.
_TIMES = (
    (r'("(?:seconds|evaluation_seconds|tokens_per_second)": )[-+\d.e]+', r"\g<1>0"),
    (r'("check": )"[0-9a-f]{32}"', r'\g<1>""'),  # the digest of a state that holds such times
    (r"(?m)^ *\d+%  step .*\n", ""),  # comes when a second has passed
    (r"(?m)^ *(?:\d+ s|[\d:]+)(?=  step )", "#"),
    (r"\bin (?:\d+ s|\d+(?::\d\d)+)(?=[:\n])", "in #"),
    (r"(?<=Trained for )[\d.]+(?= minutes)", "#"),
)


@dataclass(frozen=True)
class Outcome:
    """What a command left behind: its exit status, what it printed, and the files it wrote by their names."""

    status: int
    out: str
    err: str
    files: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Version:
    """One side of the comparison; package is what stands first on PYTHONPATH, work holds the folders of its cases."""

    name: str
    package: Path
    work: Path

    def environment(self, more: Mapping[str, str]) -> dict[str, str]:
        """The variables of a subprocess: the same for both sides but for where the package is."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "SEQTEXT"))}
        threads = dict.fromkeys(
            ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "RAYON_NUM_THREADS"), "1"
        )
        return {
            **kept, **threads, "PYTHONPATH": str(self.package), "PYTHONHASHSEED": "0", "PYTHONUTF8": "1",
            "COLUMNS": "100", "LINES": "40", "TERM": "dumb", "HF_HUB_OFFLINE": "1", "HF_HOME": str(self.work / "hub"),
            **more,
        }  # fmt: skip

    def run(
        self, words: Sequence[str], place: Path, stdin: bytes = b"", env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        """Run Python with some arguments in a folder and wait for its end."""
        return subprocess.run(
            [sys.executable, *words], cwd=place, env=self.environment(env or {}), input=stdin, capture_output=True,
            check=False, timeout=_SECONDS,
        )  # fmt: skip

    def check(self) -> None:
        """Raise SystemExit unless Python finds this very package, whatever else is installed."""
        found = self.run(
            ["-c", "import seqtext, seqtext.cli; print(seqtext.__file__, seqtext.cli.__file__)"], self.work
        )
        paths = found.stdout.decode().split()
        if found.returncode or not all(Path(path).is_relative_to(self.package) for path in paths):
            raise SystemExit(f"{self.name} is not what Python imports: {found.stdout!r} {found.stderr!r}")


def source_of(text: str, folder: Path) -> Path:
    """The checkout that OLD or NEW names: a folder, or a revision of this repository, unpacked into `folder`."""
    if Path(text).is_dir():
        return Path(text).resolve()
    packed = subprocess.run(["git", "-C", str(ROOT), "archive", text], capture_output=True, check=False)
    if packed.returncode:
        raise SystemExit(f"{text} is neither a folder nor a revision: {packed.stderr.decode().strip()}")
    with tarfile.open(fileobj=io.BytesIO(packed.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def shadow(name: str, source: Path, models: Path, folder: Path) -> Version:
    """Copy a checkout's code, with the bundled models of `models`, to where it stands alone."""
    version = Version(name, folder / "package", folder / "work")
    version.work.mkdir(parents=True)
    skipped = shutil.ignore_patterns("__pycache__", "pretrained")
    shutil.copytree(source / "seqtext", version.package / "seqtext", ignore=skipped)
    if (source / "cli").is_dir():
        shutil.copytree(source / "cli", version.package / "seqtext" / "cli", ignore=skipped)
    shutil.copytree(models, version.package / "seqtext" / "pretrained")
    version.check()
    return version


def new_place(version: Version, name: str, inputs: Path) -> Path:
    """Make the folder in which a case runs; what it reads is linked there."""
    place = version.work / f"{re.sub(r'[^a-z]+', '-', name)[:40]}-{zlib.crc32(name.encode()):08x}"
    place.mkdir()
    for shared in _SHARED:
        (place / shared).symlink_to(inputs / shared)
    return place


def outcome(done: "subprocess.CompletedProcess[bytes]", version: Version, place: Path, timed: bool) -> Outcome:
    """What is compared of a command; `timed` where its results say how long it took."""
    out, err = (placeless(stream.decode("utf-8", "backslashreplace"), version) for stream in (done.stdout, done.stderr))
    return Outcome(done.returncode, timeless(out) if timed else out, timeless(err), written(place, version))


def written(place: Path, version: Version) -> dict[str, str]:
    """The files below a folder: text without times, of others the SHA-256; links are not followed."""
    found = {}
    for folder, _, names in os.walk(place):
        for path in sorted(Path(folder, name) for name in names):
            data = path.read_bytes()
            known = path.suffix in (".json", ".jsonl", ".md", ".txt")
            text = timeless(data.decode()) if known else digest(path, data)
            found[path.relative_to(place).as_posix()] = placeless(text, version)
    return found


def digest(path: Path, data: bytes) -> str:
    """The SHA-256 of a file; of arrays their header is sorted first, because safetensors orders its metadata by chance.

    >>> rows = [b'{"__metadata__":{"a":"1","b":"2"}}', b'{"__metadata__":{"b":"2","a":"1"}}']
    >>> len({digest(Path("x.safetensors"), len(row).to_bytes(8, "little") + row) for row in rows})
    1
    """
    if path.suffix == ".safetensors":
        end = 8 + int.from_bytes(data[:8], "little")
        data = json.dumps(json.loads(data[8:end]), sort_keys=True).encode() + data[end:]
    return f"sha256 {hashlib.sha256(data).hexdigest()}\n"


def placeless(text: str, version: Version) -> str:
    """A text that does not say in which temporary folder, of OLD or NEW, it was written."""
    return re.sub(rf"{re.escape(str(version.work.parents[1]))}/(?:old|new)\b", "<folder>", text)


def timeless(text: str) -> str:
    """A text without what the clock decides.

    >>> timeless("  3 s  step 20: held-out loss 5.25\\nFinished  40 steps in 1:01: the budget is spent")
    '#  step 20: held-out loss 5.25\\nFinished  40 steps in #: the budget is spent'
    """
    for pattern, shown in _TIMES:
        text = re.sub(pattern, shown, text)
    return text
