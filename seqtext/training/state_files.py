"""Read state files of a run without trusting them; compute their digests."""

import hashlib
import json
import stat
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from seqtext.errors import TrainingError, argument

_LARGEST = 1 << 28  # bytes: four times what the tokenizer.json of a model folder may have
_BLOCK = 1 << 20  # bytes
_AGAIN = f"train again with another {argument('run')}"

#: By key, a check of its value, and what an error says is expected.
FieldRules = Mapping[str, tuple[Callable[[Any], object], str]]


def read_text(path: Path, hint: str = _AGAIN) -> str:
    """Read a UTF-8 text file without trusting it.

    Raises TrainingError for one that is missing, not a regular file, too large or not UTF-8.
    """
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):  # a pipe would be waited for, a device has no end
            raise TrainingError(f"{path} is not a regular file.", hint)
        if status.st_size > _LARGEST:
            message = f"{path} has {status.st_size:,} bytes; at most {_LARGEST:,} are accepted."
            raise TrainingError(message, hint)
        return path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise TrainingError(f"{path} is damaged: it is not UTF-8 text.", hint) from error
    except OSError as error:
        raise TrainingError(f"{path} cannot be read: {error.strerror or error}.", hint) from error


def read_json(path: Path, hint: str = _AGAIN) -> Any:
    """Read a JSON file. Raises TrainingError for an unreadable file."""
    try:
        return json.loads(read_text(path, hint))
    except (ValueError, RecursionError) as error:
        raise TrainingError(f"{path} is damaged: it is not JSON ({error}).", hint) from error


def read_state(path: Path, hint: str = _AGAIN) -> dict[str, Any]:
    """Read a JSON object. Raises TrainingError for any other file."""
    return check_state(read_json(path, hint), {}, path, hint)


def check_state(facts: object, rules: FieldRules, path: Path, hint: str = _AGAIN) -> dict[str, Any]:
    """Check that facts are an object that keeps the rules; raises TrainingError.

    Further keys are accepted: a later version may have written more.
    """
    if not isinstance(facts, dict):
        raise TrainingError(f"{path} is damaged: it holds {facts!r:.40}; an object is expected.", hint)
    for key, (accepts, expected) in rules.items():
        if key not in facts:
            raise TrainingError(f"{path} is damaged: {key} is missing; {expected} is expected.", hint)
        if not accepts(facts[key]):
            raise TrainingError(f"{path} is damaged: {key} is {facts[key]!r:.40}; {expected} is expected.", hint)
    return facts


def digest_of_bytes(data: bytes) -> str:
    """Compute the digest of bytes (BLAKE2b, RFC 7693, 16 bytes)."""
    return hashlib.blake2b(data, digest_size=16).hexdigest()


def digest_of_files(folder: Path, files: Iterable[Path]) -> str:
    """Compute the BLAKE2b digest of files with their names and sizes.

    They are sorted by name, so that the order of a folder does not matter.
    """
    digest = hashlib.blake2b(digest_size=16)
    for path in sorted(files):
        digest.update(f"{path.relative_to(folder).as_posix()}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while block := file.read(_BLOCK):
                digest.update(block)
    return digest.hexdigest()


def seal(facts: Mapping[str, Any]) -> bytes:
    """Encode an object as JSON, with its digest under "check"."""
    plain = {name: value for name, value in facts.items() if name != "check"}
    return json.dumps({**plain, "check": digest_of_bytes(json.dumps(plain).encode())}).encode()


def check_seal(facts: Mapping[str, Any], path: Path) -> None:
    """Raise TrainingError unless an object is as `seal` wrote it.

    An earlier version left no "check".
    """
    if "check" in facts and json.loads(seal(facts))["check"] != facts["check"]:
        raise TrainingError(f"{path} is damaged: its content is not what was saved.", _AGAIN)
