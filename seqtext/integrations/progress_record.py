"""Record the progress of an output, so that it can be resumed.

The record tells from which input, model and options the output is made; --resume continues with no other.
"""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any

from seqtext.errors import CorpusError, SeqtextError, argument, either
from seqtext.storage.atomic import write_atomically

_BLOCK = 1 << 16  # bytes


@dataclass
class ProgressRecord:
    """Hold an output's progress, input, model and options.

    input:   name, bytes and sha256 of the table that is read
    model:   name and sha256 of the model folder
    options: what else the answers depend on
    added:   the names of the added columns
    on_error: what a row that cannot be answered does: stop, skip or null
    rows:    rows of the input that are dealt with
    written: rows of the output
    failed:  rows that could not be answered
    first:   why the first of them could not
    size:    bytes of the output, or whole parts of it, that are on the disk
    joined:  whether the parts are joined
    """

    input: dict[str, Any]
    model: dict[str, Any]
    options: dict[str, Any]
    added: list[str]
    on_error: str = "stop"
    rows: int = 0
    written: int = 0
    failed: int = 0
    first: list[str] = field(default_factory=list)
    size: int = 0
    joined: bool = False

    def save(self, path: Path) -> None:
        """Replace the record's file atomically, flushed to the disk."""
        text = json.dumps({"format": 1, **asdict(self)}, ensure_ascii=False, indent=2)
        write_atomically(path, text.encode("utf-8", "backslashreplace") + b"\n")


def read_record(path: Path) -> ProgressRecord:
    """Read a record.

    Raises CorpusError for one that cannot be read.
    """
    try:
        data = json.loads(path.read_bytes())
        return ProgressRecord(**{item.name: data[item.name] for item in fields(ProgressRecord)})
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path} cannot be read as the progress of a table ({type(error).__name__}: {str(error)[:80]})."
        raise CorpusError(message, f"{argument('output')} with another name, to begin anew") from error


def refuse_others(begun: ProgressRecord, now: ProgressRecord, path: Path, other: str) -> None:
    """Raise SeqtextError for a record of another input, model or options.

    The message names what differs.

    path:  of the record
    other: a name that an output could have
    --on-error may differ where it was stop: no row was left out then.
    """
    anew = either(f"output={str(other)!r}", f"--output {other}")
    if begun.input["sha256"] != now.input["sha256"]:
        was, now_is = (
            f"{record.input['name']} ({record.input['bytes']:,} bytes, {_short(record.input)})"
            for record in (begun, now)
        )
        raise SeqtextError(f"{path}: the input differs. It was {was}; it is {now_is}.", anew)
    if begun.model["sha256"] != now.model["sha256"]:
        was, now_is = (f"{record.model['name']} ({_short(record.model)})" for record in (begun, now))
        raise SeqtextError(f"{path}: the model differs. It was {was}; it is {now_is}.", anew)
    old, new = ({**record.options, "on-error": record.on_error} for record in (begun, now))
    if begun.on_error == "stop":
        old["on-error"] = new["on-error"]
    for name in dict.fromkeys([*old, *new]):
        if old.get(name) != new.get(name):
            shown = name.replace("_", "-")
            message = f"{path}: the option {shown} differs. It was {old.get(name)!r:.80}; it is {new.get(name)!r:.80}."
            raise SeqtextError(message, anew)
    if begun.added != now.added:
        raise SeqtextError(f"{path}: the added columns differ. They were {begun.added}; they are {now.added}.", anew)


def _short(facts: Mapping[str, Any]) -> str:
    return f"sha256 {facts['sha256'][:12]}…"


def file_facts(path: Path) -> dict[str, Any]:
    """Return a file's name, size in bytes and SHA-256."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return {"name": str(path), "bytes": size, "sha256": digest.hexdigest()}


def plain_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Convert options to plain data for JSON.

    Configs become their fields, and words to avoid their number and hash.
    """
    plain: dict[str, Any] = {}
    for name, value in options.items():
        if is_dataclass(value) and not isinstance(value, type):
            plain.update(plain_options(asdict(value)))
        elif isinstance(value, Collection) and not isinstance(value, str | bytes | Mapping) and name == "avoid":
            text = json.dumps(sorted(map(str, value)))
            plain[name] = (
                f"{len(value)} words, sha256 {hashlib.sha256(text.encode()).hexdigest()[:12]}" if value else ""
            )
        else:
            plain[name] = json.loads(json.dumps(value, default=str))
    return plain
