"""Group log lines into sessions by id or number, joining multi-line records.

Lines are streamed. Open sessions are bounded in number and in lines: at a bound, the session is closed that has waited
longest for a line. Sessions by id are the session windows of He et al. 2016.
"""

import re
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, Generic, NamedTuple, TypeVar

from seqtext.data.lines import Report
from seqtext.patterns import compiled

P = TypeVar("P")  # the place of a line, or other data that comes with it
W = TypeVar("W")  # the form in which a line is stored

INDENT = "indent"  # in place of a pattern: indented lines, and those of stack traces, continue a record
ID = "<id>"  # the stand-in of an id
NO_ID = "lines without an id, which are in no session"
_OPEN, _LINES, _WAITING = 100_000, 1_000, 1_000_000  # most open sessions, lines of a session, lines of all open ones
_RECORD_LINES, _RECORD = 1_000, 100_000  # most lines and characters of a record
_SEARCHED = 10_000  # characters of a line that are searched for ids
_IDS = re.compile(f"{ID}(?:[\\s,;]+{ID})+")
# Beginnings of continued lines in stack traces of Java, Python, JavaScript, Go, .NET and Rust.
_GOES_ON = re.compile(
    r"\s|$|Caused by: |Suppressed: |\.\.\. [0-9]+ (?:more|common frames)|Traceback \(most recent call last\):"
    r"|During handling of the above|The above exception was|--- End of |goroutine [0-9]+ \[|stack backtrace:"
    r"|(?:[A-Za-z_$][\w$]*\.){1,20}[\w$]*(?:Exception|Error|Throwable)(?::|\s*$)"
)
_TRACEBACK = "Traceback (most recent call last):"


@dataclass(slots=True)
class Record(Generic[P]):
    """Hold a line with its continuations, joined by line breaks.

    place: of the first line
    """

    place: P
    text: str


@dataclass
class Session(Generic[P, W]):
    """Hold a session's id and its stored lines with their places.

    id: "" for consecutive lines; places: of its lines; words: its lines as they are stored
    """

    id: str
    places: list[P] = field(default_factory=list)
    words: list[W] = field(default_factory=list)
    last: int = 0  # the number of its last line among those of all sessions


class Grouping(NamedTuple):
    """Describe how log lines are grouped; by default, they are not.

    group: a pattern of ids; session_lines: number of consecutive lines in a session; record_start: a pattern of first
    lines of records, or "indent"
    """

    group: str = ""
    session_lines: int = 0
    record_start: str = ""

    @property
    def sessions(self) -> bool:
        """Return whether lines are grouped into sessions."""
        return bool(self.group or self.session_lines)

    def records(self, lines: Iterable[tuple[P, str]]) -> Iterator[Record[P]]:
        """Join continued lines into records of bounded size."""
        if not self.record_start:
            yield from (Record(place, text) for place, text in lines)
            return
        begins: Callable[[str], object]
        begins = _begins_by_indent() if self.record_start == INDENT else compiled(self.record_start).search
        parts: list[str] = []
        first: Any = None
        size = 0
        for place, text in lines:
            full = len(parts) >= _RECORD_LINES or size >= _RECORD
            if parts and (begins(text[:_SEARCHED]) or full):
                yield Record(first, "\n".join(parts))
                parts, size = [], 0
            elif not parts and self.record_start == INDENT:
                begins(text[:_SEARCHED])  # for its state alone: the first line may begin a traceback
            first = first if parts else place
            parts.append(text)
            size += len(text)
        if parts:
            yield Record(first, "\n".join(parts))

    def texts(self, lines: Iterable[str], report: Report) -> Iterator[str]:
        """Yield the texts of records or sessions, lines joined by line breaks."""
        records = self.records(enumerate(lines))
        if not self.sessions:
            yield from (record.text for record in records)
            return
        if self.group:
            sessions = by_id(((record.place, self.ids(record.text)[0], record.text) for record in records), report)
        else:
            sessions = in_a_row(((record.place, record.text) for record in records), self.session_lines, report)
        yield from ("\n".join(session.words) for session in sessions)

    def ids(self, text: str) -> tuple[list[str], str]:
        """Extract a text's distinct ids, and replace them by <id>."""
        if not self.group:
            return [], text
        pattern = compiled(self.group)
        groups = range(1, pattern.groups + 1)
        ids, parts, last = [], [], 0
        for match in pattern.finditer(text, 0, _SEARCHED):
            start, end = match.span(next((number for number in groups if match[number]), 0) if groups else 0)
            if end > start >= last:
                ids.append(text[start:end])
                parts += [text[last:start], ID]
                last = end
        if not ids:
            return ids, text
        rest = "".join([*parts, text[last:]])
        return (ids, rest) if len(ids) == 1 else (list(dict.fromkeys(ids)), _IDS.sub(ID, rest))


def _begins_by_indent() -> Callable[[str], bool]:
    """Make a stateful function that tells whether the next line begins a record."""
    in_traceback = False  # of Python, which ends with a line that is not indented

    def begins(line: str) -> bool:
        nonlocal in_traceback
        goes_on = bool(_GOES_ON.match(line))
        if line.startswith(_TRACEBACK):
            in_traceback = True
        elif in_traceback and not goes_on:
            in_traceback, goes_on = False, True
        return not goes_on

    return begins


class OpenSessions(Generic[P, W]):
    """Hold the open sessions by id, in bounded memory."""

    def __init__(self, report: Report) -> None:
        self._open: OrderedDict[str, Session[P, W]] = OrderedDict()
        self._lines = self._seen = 0
        self._report = report
        self._early = self._long = 0
        self._waited: int | None = None  # least number of lines for which a session closed early had waited

    def add(self, name: str, place: P, word: W) -> Iterator[Session[P, W]]:
        """Add a line to an id's session, and yield closed sessions."""
        session = self._open.get(name)
        if session is None:
            session = self._open[name] = Session(name)
        else:
            self._open.move_to_end(name)
        session.places.append(place)
        session.words.append(word)
        self._lines += 1
        self._seen += 1
        session.last = self._seen
        if len(session.words) >= _LINES:
            self._long += 1
            yield self._close(name)
        while len(self._open) > _OPEN or self._lines > _WAITING:
            self._early += 1
            oldest = next(iter(self._open.values()))
            waited = self._seen - oldest.last
            self._waited = waited if self._waited is None else min(waited, self._waited)
            yield self._close(oldest.id)

    def _close(self, name: str) -> Session[P, W]:
        session = self._open.pop(name)
        self._lines -= len(session.words)
        return session

    def close(self) -> Iterator[Session[P, W]]:
        """Close all sessions, the longest waiting first, and report early closings."""
        while self._open:
            yield self._close(next(iter(self._open)))
        if self._early:
            self._report.note(
                f"{self._early:,} sessions were closed before the end, each after {self._waited or 0:,} lines or more "
                f"without one of its own: at most {_OPEN:,} sessions and {_WAITING:,} lines are kept open"
            )
        if self._long:
            self._report.note(
                f"{self._long:,} parts of sessions were closed at {_LINES:,} lines; later lines begin new ones"
            )


def by_id(lines: Iterable[tuple[P, list[str], W]], report: Report) -> Iterator[Session[P, W]]:
    """Group lines by their ids; a line may belong to several sessions.

    Lines without an id are skipped and counted.
    """
    sessions: OpenSessions[P, W] = OpenSessions(report)
    for place, ids, word in lines:
        if not ids:
            report.skip(NO_ID)
        for name in ids:
            yield from sessions.add(name, place, word)
    yield from sessions.close()


def in_a_row(lines: Iterable[tuple[P, W]], size: int, report: Report) -> Iterator[Session[P, W]]:
    """Group every `size` consecutive lines; the last group may overlap.

    It begins as many lines earlier as it would lack.
    """
    session: Session[P, W] = Session("")
    before: Session[P, W] = Session("")
    for place, word in lines:
        if len(session.words) == size:
            yield session
            before, session = session, Session("")
        session.places.append(place)
        session.words.append(word)
    missing = size - len(session.words)
    if missing and session.words and before.words:
        session = Session("", before.places[-missing:] + session.places, before.words[-missing:] + session.words)
    if session.words:
        if missing and not before.words:
            report.note(f"there are only {len(session.words):,} lines; a session should have {size:,}")
        yield session
