"""What is recorded beside an output that is being written, so that --resume can go on with it and with no other."""

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
class Record:
    """How far an output has come, and from what it is made.

    input:   name, bytes and sha256 of the table that is read
    model:   name and sha256 of the model folder
    options: what else the answers depend on
    added:   the names of the added columns
    rows:    rows of the input that are dealt with
    written: rows of the output
    failed:  rows that could not be answered
    first:   why, of the first of them
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
        """Replace the file; it is on the disk when this returns."""
        text = json.dumps({"format": 1, **asdict(self)}, ensure_ascii=False, indent=2)
        write_atomically(path, text.encode("utf-8", "backslashreplace") + b"\n")


def read_record(path: Path) -> Record:
    """Read a record; raises CorpusError for one that cannot be."""
    try:
        data = json.loads(path.read_bytes())
        return Record(**{one.name: data[one.name] for one in fields(Record)})
    except (OSError, ValueError, KeyError, TypeError) as error:
        message = f"{path} cannot be read as the progress of a table ({type(error).__name__}: {str(error)[:80]})."
        raise CorpusError(message, f"{argument('output')} with another name, to begin anew") from error


def refuse_others(begun: Record, now: Record, path: Path, other: str) -> None:
    """Raise SeqtextError, which names what differs, unless a record is of the same input, model and options.

    path:  of the record
    other: a name that an output could have
    --on-error may differ where it was stop: no row was left out then.
    """
    anew = either(f"output={str(other)!r}", f"--output {other}")
    if begun.input["sha256"] != now.input["sha256"]:
        was, now_is = (
            f"{one.input['name']} ({one.input['bytes']:,} bytes, {_short(one.input)})" for one in (begun, now)
        )
        raise SeqtextError(f"{path}: the input differs. It was {was}; it is {now_is}.", anew)
    if begun.model["sha256"] != now.model["sha256"]:
        was, now_is = (f"{one.model['name']} ({_short(one.model)})" for one in (begun, now))
        raise SeqtextError(f"{path}: the model differs. It was {was}; it is {now_is}.", anew)
    old, new = ({**one.options, "on-error": one.on_error} for one in (begun, now))
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
    """The name of a file, its bytes and their SHA-256."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            digest.update(block)
            size += len(block)
    return {"name": str(path), "bytes": size, "sha256": digest.hexdigest()}


def plain_options(options: Mapping[str, Any]) -> dict[str, Any]:
    """Options as JSON can hold them: the fields of a config by their names, of many words a hash."""
    found: dict[str, Any] = {}
    for name, value in options.items():
        if is_dataclass(value) and not isinstance(value, type):
            found.update(plain_options(asdict(value)))
        elif isinstance(value, Collection) and not isinstance(value, str | bytes | Mapping) and name == "avoid":
            text = json.dumps(sorted(map(str, value)))
            found[name] = (
                f"{len(value)} words, sha256 {hashlib.sha256(text.encode()).hexdigest()[:12]}" if value else ""
            )
        else:
            found[name] = json.loads(json.dumps(value, default=str))
    return found
