"""Read lines of text from a file or standard input, in blocks.

Memory does not grow with the length of the file, nor with the length of a line.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from seqtext.data.encodings import (
    BOM,
    COMPRESSIONS,
    as_utf8,
    known_encoding,
    looks_like_utf8,
    recognized,
    replaced,
    shown_encoding,
    undecodable,
    unmarked,
    unmarked_encoding,
    unpacked_name,
)
from seqtext.data.unpacking import DAMAGE, unpacked_blocks
from seqtext.errors import ConfigError, CorpusError, argument, arguments
from seqtext.shell import quote

HEAD = 8_192  # bytes that decide whether a file looks binary
LINE_LIMIT = 1 << 20  # bytes; a longer line of text is split into pieces
ENCODING_ERRORS = ("strict", "replace")

_SHOWN_PLACES = 3
_REPLACED = "character that cannot be decoded, replaced by U+FFFD"
_CUT = f"text longer than {LINE_LIMIT >> 20} MB, cut into pieces"
_BLANK = "empty line"  # skipping one loses nothing
MARK_INSIDE = "byte order mark inside a file, left out"
_RETURN_INSIDE = "line with a carriage return inside, which is read as white space"

_END_WITHIN = 1 << 18  # bytes without a line feed after which carriage returns end lines
_PLACE = re.compile(r"(.*), (?:line|row) (\d+)", re.S)
_NOT_CONTROL = bytes([*b"\t\n\v\f\r\x1b", *range(0x20, 0x7F), *range(0x80, 0x100)])  # \x1b colours terminal logs


@dataclass
class Report:
    """Hold the statistics of reading a corpus, filled while iterating.

    files:    files and data sets opened
    examples: texts, rows or questions read
    skipped:  reason -> number of skipped lines, rows or files
    cut:      number of long texts that were split into pieces
    replaced: undecodable characters that became U+FFFD; replaced_in: number of lines, or cells, with them
    mended:   what was read otherwise than written -> how often
    labels:   number of rows by label cell, as written
    notes:    what was recognized as unusual, a sentence each
    places:   the first places of each reason, or of what was mended
    """

    files: int = 0
    examples: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    cut: int = 0
    replaced: int = 0
    replaced_in: int = field(default=0, compare=False)
    mended: dict[str, int] = field(default_factory=dict)
    labels: dict[str, int] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)
    places: dict[str, list[str]] = field(default_factory=dict, compare=False)

    def skip(self, reason: str, where: str = "") -> None:
        """Count a skipped line, row or file; where: its place."""
        self.skipped[reason] = self.skipped.get(reason, 0) + 1
        self._see(reason, where)

    def mend(self, what: str, where: str, count: int = 1) -> None:
        """Count places that were read otherwise than written.

        what: such as "tab inside a text"
        """
        self.mended[what] = self.mended.get(what, 0) + count
        self._see(what, where)

    def replace(self, count: int, where: str) -> None:
        """Count undecodable characters that became U+FFFD."""
        self.replaced += count
        if count:
            self.replaced_in += 1
            self._see(_REPLACED, where)

    def cut_at(self, where: str) -> None:
        """Count a text that was split into pieces."""
        self.cut += 1
        self._see(_CUT, where)

    def _see(self, what: str, where: str) -> None:
        if where and len(places := self.places.setdefault(what, [])) < _SHOWN_PLACES and where not in places:
            places.append(where)

    def note(self, told: str) -> None:
        """Add a sentence about recognized input, if it is new."""
        self.notes[told] = None

    @property
    def replaced_at(self) -> Sequence[str]:
        """Return the places of the first undecodable characters."""
        return self.places.get(_REPLACED, ())

    def told(self) -> list[str]:
        """Summarize notes and counts, with the first places of each."""
        counts = {**self.mended, _REPLACED: self.replaced, _CUT: self.cut}
        counted = [f"{count:,} × {what}{self._first(what)}" for what, count in counts.items() if count]
        skipped = [
            f"{reason}{self._first(reason)}" for reason in self.skipped if reason != _BLANK and self._first(reason)
        ]
        return [*self.notes, *counted, *([f"first skipped: {'; '.join(skipped)}"] if skipped else [])]

    def _first(self, what: str) -> str:
        places = self.places.get(what)
        return f": {listed_places(places)}" if places else ""


def listed_places(places: Sequence[str]) -> str:
    """Format places, naming each file once.

    >>> listed_places(["a.tsv, line 3", "a.tsv, line 9", "b.tsv, line 1"])
    'a.tsv, lines 3 and 9; b.tsv, line 1'
    """
    files: dict[str, list[str]] = {}
    for where in places:
        file, number = split_place(where)
        files.setdefault(file, []).extend([str(number)] * bool(number))
    formatted = []
    for file, numbers in files.items():
        unit = "row" if f"{file}, row {numbers[0] if numbers else ''}" in places else "line"
        *others, last = numbers or [""]
        listed = f"{', '.join(others)} and {last}" if others else last
        formatted.append(f"{file}, {unit}{'s' * bool(others)} {listed}" if last else file)
    return "; ".join(formatted)


def read_lines(
    source: str | Path,
    *,
    encoding_errors: str = "strict",
    encoding: str | None = None,
    report: Report | None = None,
    limit: int = LINE_LIMIT,
    cut: bool = True,
    any_end: bool = False,
) -> Iterator[tuple[int, str]]:
    r"""Read the lines of a file, numbered from 1, without line ends.

    Blank lines are included. Only \n and \r\n end a line, and \r if there is no \n in the first 256 kB. `-` is standard
    input; .gz, .xz and .zst are unpacked. UTF-16 and UTF-32 are recognized by their marks, which the report notes.

    encoding_errors: strict, or replace (an undecodable byte becomes U+FFFD, counted in the report)
    encoding: of a text that is not UTF-8, such as cp1252
    limit: bytes (at least 4); a longer line is split after white space, or between two characters, into pieces with the
        same line number, or refused with `cut` False
    any_end: whether \r always ends a line, as it does in a table
    Raises CorpusError for a file that is missing, unreadable, damaged, binary or not UTF-8; ConfigError for an unknown
    encoding.
    """
    check_encoding_errors(encoding_errors)
    named = None if encoding is None else known_encoding(encoding)
    text = _Text(str(source), named, encoding_errors, Report() if report is None else report)
    return text.lines(limit, cut, any_end)


def check_encoding_errors(value: str) -> None:
    """Raise ConfigError unless the value is one of ENCODING_ERRORS."""
    if value not in ENCODING_ERRORS:
        accepted = " and ".join(ENCODING_ERRORS)
        raise ConfigError(
            f"{argument('encoding_errors')} received {value!r}; accepted are {accepted}.",
            arguments(encoding_errors="replace"),
        )


def place(source: str, number: int, unit: str = "line") -> str:
    """Format the place of an example for messages: "reviews.tsv, line 318"."""
    return f"{shown(source)}, {unit} {number}"


def split_place(where: str) -> tuple[str, int]:
    """Split a place into file and number, 0 for none.

    >>> split_place("reviews.tsv, line 318")
    ('reviews.tsv', 318)
    """
    match = _PLACE.fullmatch(where)
    return (match[1], int(match[2])) if match else (where, 0)


def shown(source: str) -> str:
    """Format the name of a source for messages."""
    return "standard input" if source == "-" else source


def looks_binary(source: str) -> bool:
    """Tell whether a file, unpacked, begins like a binary one.

    False if it cannot be read, because reading it gives a better error.
    """
    with closing(unpacked_blocks(source)) as blocks:
        try:
            head = next(blocks, b"")
        except DAMAGE:
            return False
    foreign = recognized(head, None)[1] != "utf-8" or unmarked_encoding(head)
    return not foreign and is_binary(head)


class _Text:
    """Reads the lines of a source."""

    def __init__(self, source: str, named: str | None, encoding_errors: str, report: Report) -> None:
        self._source, self._named, self._errors, self._report = source, named, encoding_errors, report
        self._encoding = "utf-8"

    def lines(self, limit: int, cut: bool, any_end: bool) -> Iterator[tuple[int, str]]:
        """See `read_lines`."""
        last_cut = last_return = 0
        for number, start, piece in self._split(limit, cut, any_end):
            mark = 0
            # Most pieces are runs of plain lines, which are decoded at once: almost four times as fast as line by line.
            if start or b"\r" in piece or piece.startswith(BOM):
                if start and not piece.strip():
                    continue
                where = place(self._source, number)
                if start and number != last_cut:
                    self._report.cut_at(where)
                    last_cut = number
                if b"\r" in piece and number != last_return:
                    self._report.mend(_RETURN_INSIDE, where)
                    last_return = number
                while not start and piece.startswith(BOM, mark):
                    mark += len(BOM)
                if mark and number > 1:
                    self._report.mend(MARK_INSIDE, where)
                piece = piece[mark:]
            try:
                texts: Iterable[str] = piece.decode("utf-8").split("\n")
            except UnicodeDecodeError:
                texts = self._one_by_one(number, mark + start, piece)
            yield from enumerate(texts, number)

    def _one_by_one(self, number: int, start: int, lines: bytes) -> Iterator[str]:
        """Decode lines one by one, because one or more cannot be decoded."""
        for index, line in enumerate(lines.split(b"\n")):
            try:
                text = line.decode("utf-8")
            except UnicodeDecodeError as error:
                text = self._replaced(number + index, start, line, error)
            yield text

    def _replaced(self, number: int, start: int, piece: bytes, error: UnicodeDecodeError) -> str:
        """Decode a piece of a line with U+FFFD for undecodable bytes; start: its offset in the line."""
        where = place(self._source, number)
        if self._errors == "strict":
            raise undecodable(where, self._source, error, self._encoding, start=start) from error
        text, count = replaced(piece, self._encoding)
        self._report.replace(count, where)
        return text

    def _split(self, limit: int, cut: bool, any_end: bool) -> Iterator[tuple[int, int, bytes]]:
        """Yield (line number, offset in the line, bytes) of lines, pieces of long lines, or runs of lines.

        A run has line feeds between its lines; its number is that of its first line.
        """
        number, start = 1, 0
        pending = bytearray()  # a line, or the rest of one, whose end has not been read
        try:
            for block in self._ended(self._blocks(), any_end):
                parts = _parts(block, limit)
                for index, line in enumerate(parts):
                    pending += line
                    while len(pending) > limit:
                        if not cut:
                            message = f"{place(self._source, number)}: the line is longer than {limit:,} bytes."
                            raise CorpusError(message, "split the long row into several")
                        end = _border(pending, limit)
                        yield number, start, bytes(pending[:end])
                        del pending[:end]
                        start += end
                    if index < len(parts) - 1:
                        yield number, start, bytes(pending.rstrip(b"\r"))
                        pending.clear()
                        number, start = number + 1 + line.count(b"\n"), 0
        except DAMAGE as error:
            raise unreadable(self._source, number, error) from error
        if pending:
            yield number, start, bytes(pending.rstrip(b"\r"))

    def _ended(self, blocks: Iterator[bytes], any_end: bool) -> Iterator[bytes]:
        """Convert carriage returns to line feeds if they end lines."""
        head: list[bytes] = []
        if not any_end:
            for block in blocks:
                head.append(block)
                if b"\n" in block or sum(map(len, head)) > _END_WITHIN:
                    break
            any_end = b"\n" not in head[-1] and any(b"\r" in block for block in head) if head else False
        whole = chain(head, blocks)
        return self._with_line_feeds(whole) if any_end else whole

    def _with_line_feeds(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        number, kept = 1, b""
        for block in blocks:
            block = kept + block
            returns = len(block) - len(block.rstrip(b"\r"))
            kept = b"\r" * min(2, returns)  # their line feed may begin the next block
            block = self._fed(block[: len(block) - len(kept)], number)
            number += block.count(b"\n")
            yield block
        yield self._fed(kept, number)

    def _fed(self, block: bytes, number: int) -> bytes:
        """Convert the line ends of a block to line feeds; number: of its first line."""
        if b"\r" not in block:
            return block
        block = block.replace(b"\r\r\n", b"\n").replace(b"\r\n", b"\n")
        if (first := block.find(b"\r")) >= 0:
            self._say_returns(number + block.count(b"\n", 0, first))
        return block.replace(b"\r", b"\n")

    def _say_returns(self, line: int) -> None:
        beginning = f"{shown(self._source)}: carriage returns end lines"
        if not any(note.startswith(beginning) for note in self._report.notes):
            self._report.note(f"{beginning}, the first of them line {line}")

    def _blocks(self) -> Iterator[bytes]:
        """Yield the blocks of a source in UTF-8; raises CorpusError for a binary file."""
        source, blocks = self._source, unpacked_blocks(self._source)
        head = next(blocks, b"")
        mark, self._encoding = recognized(head, self._named)
        if self._encoding != "utf-8":
            if mark:
                self._report.note(
                    f"{shown(source)}: the text is {shown_encoding(self._encoding)}, by its byte order mark"
                )
            elif looks_like_utf8(head):
                self._report.note(f"{shown(source)} looks like UTF-8; it is read as {self._encoding}, as was asked for")
            blocks = as_utf8(chain([head[len(mark) :]], blocks), self._encoding)  # type: ignore[assignment]
            head = next(blocks, b"")
        elif unmarked_as := unmarked_encoding(head):
            raise unmarked(shown(source), source, unmarked_as)
        if is_binary(head):
            message = f"{shown(source)} looks like a binary file; UTF-8 text is accepted."
            raise CorpusError(message, "leave it out, or save its text as a .txt file in UTF-8")
        yield head
        yield from blocks


def _parts(block: bytes, limit: int) -> list[bytes]:
    """Split a block at line feeds; all lines but the first and last remain a run if they are plain."""
    first, last = block.find(b"\n"), block.rfind(b"\n")
    if first < last and len(block) <= limit and b"\r" not in block and BOM not in block:
        return [block[:first], block[first + 1 : last], block[last + 1 :]]
    return block.split(b"\n")


def unreadable(source: str, number: int, error: Exception) -> CorpusError:
    """Make the error for a failure in reading or unpacking a file."""
    program = COMPRESSIONS.get(unpacked_name(source)[1]) if source != "-" else None
    if program is None:
        return CorpusError(f"{place(source, number)}: cannot be read: {error}.", "copy the file again")
    message = f"{place(source, number)}: cannot be unpacked with {program}: {str(error).rstrip('.')}."
    return CorpusError(message, f"{program} -t {quote(source)}")


def _border(line: bytearray, limit: int) -> int:
    """Find the cut of a line longer than the limit: after the last white space before it, or between characters."""
    space = max(line.rfind(b" ", 0, limit), line.rfind(b"\t", 0, limit))
    if space >= 0:
        return space + 1
    for end in range(limit, limit - 4, -1):
        if line[end] & 0b1100_0000 != 0b1000_0000:  # not inside a character of UTF-8
            return end
    return limit


def is_binary(head: bytes) -> bool:
    """Tell whether a file's first bytes are binary."""
    head = head[:HEAD]
    control = len(head.translate(None, _NOT_CONTROL))
    return b"\0" in head or control * 10 > len(head)
