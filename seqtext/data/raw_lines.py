"""Lines of a text file as they are written, in the encoding that it has, so that they can be written again."""

import codecs
from collections.abc import Iterator
from itertools import chain

from seqtext.data.lines import (
    DAMAGE,
    Report,
    check_encoding_errors,
    is_binary,
    place,
    shown,
    unpacked_blocks,
    unreadable,
)
from seqtext.errors import ConfigError, CorpusError, argument, arguments

LONGEST = 1 << 24  # bytes of a line; a longer one is refused
_BOMS = ((b"\xff\xfe", "utf-16-le"), (b"\xfe\xff", "utf-16-be"), (b"\xef\xbb\xbf", "utf-8"))
_UTF_32 = (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")


class UndecodableText(CorpusError):
    """A file holds bytes that are no text in its encoding."""


class RawLines:
    r"""The lines of a source with their numbers from 1, each with its line end: \n, \r\n, or \r where no \n is.

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
        self.bom, self.encoding = _recognized(head, None if encoding is None else _known(encoding))
        mark = "\r".encode(self.encoding), "\n".encode(self.encoding)
        while len(head) < 1 << 20 and not any(one in head for one in mark) and (more := self._next_block()):
            head += more
        if head.startswith(_UTF_32):
            raise CorpusError(f"{shown(source)}: the text is UTF-32; UTF-8 is accepted.", "save it as UTF-8")
        self._head = head[len(self.bom) :]
        self.sample = self._head.decode(self.encoding, "ignore")
        if is_binary(self.sample.encode("utf-8", "replace")):
            message = f"{shown(source)} looks like a binary file; a table of text is accepted."
            parquet = self.sample.startswith("PAR1")
            named = f"name its encoding, such as {arguments(encoding='utf-16')}"
            hint = "give it a name that ends in .parquet" if parquet else named
            raise CorpusError(message, hint)
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
        end = b"\r" if self.end == "\r" else b"\n"
        try:
            for block in self._utf8():
                *lines, pending = (pending + block).split(end)
                for line in lines:
                    number += 1
                    yield number, self._text(number, line + end)
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
        if self.encoding == "utf-8":
            yield from blocks
            return
        decoder = codecs.getincrementaldecoder(self.encoding)(self._errors)
        for block in chain(blocks, [b""]):
            try:
                text = decoder.decode(block, final=not block)
            except UnicodeDecodeError as error:
                message = f"{shown(self.source)}: the byte 0x{error.object[error.start]:02X} is not {self.encoding}."
                raise UndecodableText(
                    message, f"{arguments(encoding_errors='replace')}, or another {argument('encoding')}"
                ) from error
            yield text.encode("utf-8", "surrogatepass")

    def _text(self, number: int, line: bytes) -> str:
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError as error:
            if self._errors == "strict":
                where = f"{place(self.source, number)}, column {error.start + 1}"
                message = f"{where}: the byte 0x{line[error.start]:02X} is not UTF-8."
                raise UndecodableText(
                    message, f"{arguments(encoding='cp1252')}, or {arguments(encoding_errors='replace')}"
                ) from error
        text = line.decode("utf-8", "replace")
        self._report.replaced += text.count("\ufffd") - line.count(b"\xef\xbf\xbd")
        return text


def _known(encoding: str) -> str:
    """The usual name of an encoding; UTF-16 and UTF-32 without a byte order are those of most machines."""
    try:
        "".encode(encoding)
        codecs.getincrementaldecoder(encoding)("ignore").decode(b"a")
        name = codecs.lookup(encoding).name
    except (LookupError, UnicodeError, ValueError) as error:
        message = f"{argument('encoding')} received {encoding!r}, which names no encoding of text."
        raise ConfigError(message, arguments(encoding="cp1252")) from error
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(name, name)


def _recognized(head: bytes, named: str | None) -> tuple[bytes, str]:
    """The mark at the beginning and the encoding; a mark is stronger than a name."""
    for bom, encoding in _BOMS:
        if head.startswith(bom) and (named is None or named.startswith("utf")):
            return bom, encoding
    return b"", named or "utf-8"


def _line_end(sample: str) -> str:
    if "\n" not in sample:
        return "\r" if "\r" in sample.rstrip("\r") or sample.endswith("\r") else "\n"
    before = sample.index("\n") - 1
    return "\r\n" if before >= 0 and sample[before] == "\r" else "\n"
