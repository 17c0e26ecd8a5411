"""Read unchanged lines of a text file, in its own encoding.

So they can be written again, byte by byte.
"""

import re
from collections.abc import Iterator
from itertools import chain

from seqtext.data.encodings import BOM, as_utf8, replaced, undecodable
from seqtext.data.first_block import read_first_block
from seqtext.data.lines import MARK_INSIDE, Report, check_encoding_errors, place, unreadable
from seqtext.data.unpacking import DAMAGE, unpacked_blocks
from seqtext.errors import CorpusError

_END = re.compile(rb"\n|\r\n|\r(?!\Z)")  # a return at the end of a block may have its line feed in the next one
_RETURN = "carriage return that ends a line, though others end otherwise"
LONGEST = 1 << 24  # bytes of a line; a longer one is refused


class RawLines:
    r"""Number the lines of a source from 1.

    Each keeps its line end: \n, \r\n or \r.

    bom:      the mark at the beginning, b"" where there is none
    encoding: UTF-8, UTF-16 where the mark says so, or the one that was named
    end:      how the first line ends, "\n" of a file of one line
    sample:   the beginning of the text, some 64 kB
    read:     bytes read so far, unpacked
    Raises CorpusError for what cannot be opened, unpacked or decoded, ConfigError for an unknown encoding.
    """

    def __init__(self, source: str, encoding: str | None, encoding_errors: str, report: Report) -> None:
        check_encoding_errors(encoding_errors)
        self.source, self.read = source, 0
        self._errors, self._report = encoding_errors, report
        self._blocks = unpacked_blocks(source)
        head = self._next_block()
        self.bom, self.encoding = read_first_block(source, head, encoding, "a table of text")
        mark = "\r".encode(self.encoding), "\n".encode(self.encoding)
        while len(head) < 1 << 20 and not any(one in head for one in mark) and (more := self._next_block()):
            head += more
        self._head = head[len(self.bom) :]
        self.sample = self._head.decode(self.encoding, "ignore")
        self.end = _line_end(self.sample)

    def _next_block(self) -> bytes:
        try:
            block = next(self._blocks, b"")
        except DAMAGE as error:
            raise unreadable(self.source, 1, error) from error
        self.read += len(block)
        return block

    def __iter__(self) -> Iterator[tuple[int, str]]:
        number, pending = 0, b""
        try:
            for block in self._utf8():
                *lines, pending = _lines(pending + block)
                for line in lines:
                    number += 1
                    if line.endswith(b"\r") and self.end != "\r":
                        self._report.mend(_RETURN, place(self.source, number))
                    yield number, self._text(number, line)
                if len(pending) > LONGEST:
                    message = f"{place(self.source, number + 1)}: the line is longer than {LONGEST:,} bytes."
                    raise CorpusError(message, "split the long row into several")
        except DAMAGE as error:
            raise unreadable(self.source, number + 1, error) from error
        if pending:
            yield number + 1, self._text(number + 1, pending)

    def _utf8(self) -> Iterator[bytes]:
        """The text in blocks of UTF-8, which is decoded line by line, so that an error can name its place."""
        blocks = chain([self._head], iter(self._next_block, b""))
        return iter(blocks) if self.encoding == "utf-8" else as_utf8(blocks, self.encoding)

    def _text(self, number: int, line: bytes) -> str:
        if number > 1 and line.startswith(BOM):
            self._report.mend(MARK_INSIDE, place(self.source, number))
            line = line.removeprefix(BOM)
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError as error:
            where = place(self.source, number)
            if self._errors == "strict":  # no hint to convert: the file is answered in its own encoding
                raise undecodable(where, self.source, error, self.encoding, convertible=False) from error
        text, count = replaced(line, self.encoding)
        self._report.replace(count, where)
        return text


def _lines(block: bytes) -> list[bytes]:
    """Cut bytes after each end of a line; the last part has none, or one that may be incomplete."""
    if b"\r" not in block:
        *lines, rest = block.split(b"\n")
        return [*(line + b"\n" for line in lines), rest]
    lines, start = [], 0
    for found in _END.finditer(block):
        lines.append(block[start : found.end()])
        start = found.end()
    return [*lines, block[start:]]


def _line_end(sample: str) -> str:
    if "\n" not in sample:
        return "\r" if "\r" in sample.rstrip("\r") or sample.endswith("\r") else "\n"
    before = sample.index("\n") - 1
    return "\r\n" if before >= 0 and sample[before] == "\r" else "\n"
