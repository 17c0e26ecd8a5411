"""Read and write accepted.json, the false alarms that were accepted.

It has one alarm a line, so that a line can be deleted by hand.

The lines stand as the model reads them, masked. The file is a JSON array; that deleting its last line leaves a comma
behind does no harm.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import NamedTuple

from seqtext.characters import SURROGATE
from seqtext.errors import ModelError, either
from seqtext.storage.atomic import damaged

ACCEPTED = "accepted.json"
MOST, LONGEST = 10_000, 10_000  # lines that are kept; characters of each
_MOST_TIMES = 1 << 40
_FIELDS = {"line": str, "times": int, "when": str}


class Accepted(NamedTuple):
    """Hold an accepted line with its count and last time.

    line: as the model reads it; when: of the last acceptance, UTC
    """

    line: str
    times: int
    when: str


def accepted_text(entries: Iterable[Accepted]) -> str:
    """Write accepted lines as the text of accepted.json.

    >>> print(accepted_text([Accepted("<date> disk 0 is full", 3, "2031-06-14T10:20:31")]), end="")
    [
    {"line": "<date> disk 0 is full", "times": 3, "when": "2031-06-14T10:20:31"}
    ]
    """
    lines = [json.dumps(entry._asdict(), ensure_ascii=False) for entry in entries]
    return "[\n" + ",\n".join(lines) + "\n]\n" if lines else "[]\n"


def read_accepted(text: str, file: Path) -> list[Accepted]:
    """Read the text of accepted.json, "" for none, every value checked.

    Raises ModelError for what is not as we would have written it.
    """
    if not text.strip():
        return []
    try:
        values = json.loads(_without_last_comma(text))
    except (ValueError, RecursionError) as error:
        line = getattr(error, "lineno", 1)
        raise damaged(f"{file}, line {line}: not JSON ({getattr(error, 'msg', error)}).") from error
    if not isinstance(values, list) or len(values) > MOST:
        raise damaged(f"{file}: a list of at most {MOST:,} accepted lines is expected.")
    by_line: dict[str, Accepted] = {}
    for number, value in enumerate(values, 1):
        if not _is_entry(value):
            raise damaged(f'{file}, entry {number}: {{"line", "times", "when"}} is expected, not {value!r:.60}.')
        entry = Accepted(value["line"], value["times"], value["when"])
        by_line[entry.line] = _joined(by_line[entry.line], entry) if entry.line in by_line else entry
    return list(by_line.values())


def merged(before: Iterable[Accepted], new: Iterable[Accepted]) -> list[Accepted]:
    """Merge newly accepted lines into earlier accepted lines.

    Raises ModelError where they would be more than are kept.
    """
    by_line = {entry.line: entry for entry in before}
    for entry in new:
        by_line[entry.line] = _joined(by_line[entry.line], entry) if entry.line in by_line else entry
    if len(by_line) > MOST:
        raise ModelError(
            f"{len(by_line):,} different lines would be accepted; at most {MOST:,} are kept.",
            either("train('anomaly', [CORPUS, ACCEPTED], RUN)", "seqtext train anomaly CORPUS ACCEPTED --run RUN"),
        )
    return list(by_line.values())


def _joined(before: Accepted, new: Accepted) -> Accepted:
    return Accepted(new.line, min(before.times + new.times, _MOST_TIMES), max(before.when, new.when))


def _without_last_comma(text: str) -> str:
    """Remove a comma before the last bracket, which a deleted line leaves behind."""
    body = text.strip()
    inner = body[:-1].rstrip() if body.endswith("]") else ""
    return f"{inner[:-1]}\n]" if inner.endswith(",") else body


def _is_entry(value: object) -> bool:
    if not isinstance(value, dict) or {key: type(item) for key, item in value.items()} != _FIELDS:
        return False
    line = value["line"]
    good = 0 < len(line.strip()) <= len(line) <= LONGEST and not {"\n", "\r"} & set(line) and _is_whole(line)
    return good and 0 < value["times"] <= _MOST_TIMES and _is_moment(value["when"])


def _is_whole(line: str) -> bool:
    """Tell whether a text has no half of a surrogate pair."""
    return SURROGATE.search(line) is None


def _is_moment(when: str) -> bool:
    try:
        moment = datetime.fromisoformat(when)
    except ValueError:
        return False
    return moment.tzinfo is None and moment.isoformat(timespec="seconds") == when
