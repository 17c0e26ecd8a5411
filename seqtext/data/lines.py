"""Lines of UTF-8 text from a file or standard input: opened, unpacked, checked, split and decoded in small blocks.

Memory does not grow with the length of the file, nor with the length of a line.
"""

import gzip
import lzma
import os
import re
import shlex
import sys
import zlib
from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from functools import partial
from io import BufferedReader
from pathlib import Path
from typing import Any, BinaryIO

from seqtext.errors import ConfigError, CorpusError, argument, arguments, nearest
from seqtext.extras import needed

BLOCK = 65_536  # bytes read at once
HEAD = 8_192  # bytes that decide whether a file looks binary
LINE_LIMIT = 1 << 20  # bytes; a longer line of text is handed out in pieces
ENCODING_ERRORS = ("strict", "replace")
COMPRESSIONS = {".gz": "gzip", ".xz": "xz", ".zst": "zstd"}  # suffix to the program that unpacks it

_XZ_MEMORY = 1 << 27  # bytes; xz -9 needs half of it
_BOM = b"\xef\xbb\xbf"
_FOREIGN = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (b"\xff\xfe\x00\x00", "UTF-32"),
    (b"\x00\x00\xfe\xff", "UTF-32"),
    (b"\xff\xfe", "UTF-16"),
    (b"\xfe\xff", "UTF-16"),
)
DAMAGE = (EOFError, OSError, zlib.error, lzma.LZMAError)
_PLACE = re.compile(r"(.*), (?:line|row) (\d+)", re.S)
_NOT_CONTROL = bytes([*b"\t\n\v\f\r\x1b", *range(0x20, 0x7F), *range(0x80, 0x100)])  # \x1b colours terminal logs


@dataclass
class Report:
    """What was read, filled while iterating.

    files:    files and data sets opened
    examples: texts, rows or questions handed out
    skipped:  reason -> how many lines, rows or files were left out for it
    cut:      texts so long that they were handed out in pieces
    replaced: undecodable places that became U+FFFD
    labels:   of labelled texts, how many rows have each cell of labels, as it is written
    notes:    what was recognized and is not the usual, a sentence each
    """

    files: int = 0
    examples: int = 0
    skipped: dict[str, int] = field(default_factory=dict)
    cut: int = 0
    replaced: int = 0
    labels: dict[str, int] = field(default_factory=dict)
    notes: dict[str, None] = field(default_factory=dict)

    def skip(self, reason: str) -> None:
        """Count one line, row or file that was left out."""
        self.skipped[reason] = self.skipped.get(reason, 0) + 1

    def note(self, told: str) -> None:
        """Keep a sentence about what was recognized, once."""
        self.notes[told] = None


def read_lines(
    source: str | Path,
    *,
    encoding_errors: str = "strict",
    report: Report | None = None,
    limit: int = LINE_LIMIT,
    cut: bool = True,
) -> Iterator[tuple[int, str]]:
    r"""Every line of a file with its number from 1, blank ones too, without its line end.

    Only \n and \r\n end a line. `-` is standard input; .gz, .xz and .zst are unpacked on the way.

    encoding_errors: strict, or replace (an undecodable byte becomes U+FFFD, counted in the report)
    limit: bytes (at least 4); a longer line is handed out in pieces of the same number, cut after white space or else
        between two characters, or refused with `cut` False
    raises CorpusError for a file that is missing, closed to us, damaged, binary or not UTF-8
    """
    check_encoding_errors(encoding_errors)
    return _decoded(str(source), encoding_errors, Report() if report is None else report, limit, cut)


def check_encoding_errors(value: str) -> None:
    """Raise ConfigError unless the value is one of ENCODING_ERRORS."""
    if value not in ENCODING_ERRORS:
        accepted = " and ".join(ENCODING_ERRORS)
        raise ConfigError(
            f"{argument('encoding_errors')} received {value!r}; accepted are {accepted}.",
            arguments(encoding_errors="replace"),
        )


def place(source: str, number: int, unit: str = "line") -> str:
    """Where an example stands, as every message says it: "reviews.tsv, line 318"."""
    return f"{shown(source)}, {unit} {number}"


def split_place(where: str) -> tuple[str, int]:
    """Split a place into its file and its number, 0 where it has none.

    >>> split_place("reviews.tsv, line 318")
    ('reviews.tsv', 318)
    """
    found = _PLACE.fullmatch(where)
    return (found[1], int(found[2])) if found else (where, 0)


def shown(source: str) -> str:
    """The name of a source as a message says it."""
    return "standard input" if source == "-" else source


def unpacked_name(source: str) -> tuple[str, str]:
    """A name without its suffix of compression, and that suffix: "a/data.tsv.xz" -> ("a/data.tsv", ".xz")."""
    stem, suffix = os.path.splitext(source)
    return (stem, suffix.lower()) if suffix.lower() in COMPRESSIONS else (source, "")


def standard_input() -> Any:
    """Return the bytes of standard input, a BufferedReader; raises CorpusError where it is closed."""
    if sys.stdin is None:
        raise CorpusError(
            "standard input is closed; some text is expected.", "cat corpus.txt |, in front of this command"
        )
    return sys.stdin.buffer


def looks_binary(source: str) -> bool:
    """Whether the first bytes of a file, unpacked, are no text; False where reading it says more."""
    with closing(unpacked_blocks(source)) as blocks:
        try:
            head = next(blocks, b"")
        except DAMAGE:
            return False
    return not any(head.startswith(mark) for mark, _ in _FOREIGN) and is_binary(head)


def cannot_open(name: str, error: OSError | ValueError) -> CorpusError:
    """The CorpusError for a file or folder that the system refuses to open."""
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return _missing(name)
    if isinstance(error, PermissionError):
        return CorpusError(f"{name} cannot be opened: permission denied.", f"chmod u+r {shlex.quote(name)}")
    if isinstance(error, IsADirectoryError):
        return CorpusError(f"{name} is a folder; a file is expected.", f"ls {shlex.quote(name)}")
    reason = getattr(error, "strerror", None) or error
    return CorpusError(f"{name[:200]!r} cannot be opened: {reason}.", "give the name of a file or folder")


def _missing(name: str) -> CorpusError:
    folder, wanted = os.path.split(name)
    try:
        names = sorted(os.listdir(folder or "."))
    except OSError:
        parent = next((str(path) for path in Path(folder).parents if path.is_dir()), ".")
        message = f"{name!r} does not exist; there is no folder {folder!r} either."
        return CorpusError(message, f"ls {shlex.quote(parent)}")
    close = nearest(wanted, names, cutoff=0.5)
    if not close:
        return CorpusError(f"{name!r} does not exist.", f"ls {shlex.quote(folder or '.')}")
    message = f"{name!r} does not exist; the nearest name in its folder is {close!r}."
    return CorpusError(message, shlex.quote(os.path.join(folder, close)))


def _opened(source: str) -> BufferedReader:
    try:
        return open(source, "rb")
    except (OSError, ValueError) as error:
        raise cannot_open(source, error) from error


def unpacked_blocks(source: str) -> Generator[bytes, None, None]:
    """The bytes of a source, unpacked; what goes wrong after opening is raised as one of DAMAGE."""
    if source == "-":
        yield from iter(partial(standard_input().read1, BLOCK), b"")
        return
    suffix = unpacked_name(source)[1]
    with _opened(source) as raw:
        if suffix == ".zst":
            yield from _zstandard_blocks(raw)
        elif suffix == ".gz":
            with gzip.GzipFile(fileobj=raw) as unpacked:
                yield from iter(partial(unpacked.read1, BLOCK), b"")
        elif suffix == ".xz":
            yield from _xz_blocks(raw)
        else:
            yield from iter(partial(raw.read1, BLOCK), b"")


def _xz_blocks(raw: BinaryIO) -> Iterator[bytes]:
    """Stream by stream, with a bound on the dictionary: a file may ask for 4 GB of it."""
    data = raw.read(BLOCK)
    while True:
        unpacker = lzma.LZMADecompressor(memlimit=_XZ_MEMORY)
        while not unpacker.eof:
            if unpacker.needs_input and not data:
                raise EOFError("Compressed file ended before the end-of-stream marker was reached")
            try:
                block = unpacker.decompress(data, BLOCK)
            except lzma.LZMAError as error:
                if "Memory usage limit" in str(error):
                    message = f"unpacking needs more than {_XZ_MEMORY >> 20} MB of memory; pack it with xz -9 or less"
                    raise OSError(message) from error
                raise
            if block:
                yield block
            data = raw.read(BLOCK) if unpacker.needs_input else b""
        data = unpacker.unused_data.lstrip(b"\0")  # between streams, padding
        while not data:
            if not (block := raw.read(BLOCK)):
                return
            data = block.lstrip(b"\0")


def _zstandard_blocks(raw: BinaryIO) -> Iterator[bytes]:
    """Frame by frame, since the package's own stream reader takes a truncated frame for a complete one."""
    with needed("A file packed with zstd"):
        import zstandard

    frame = None
    # Four packed bytes may stand for 128 KiB: small bites bound what one call unpacks.
    while data := raw.read(256):
        while data:
            frame = frame or zstandard.ZstdDecompressor().decompressobj()
            try:
                block = frame.decompress(data)
            except zstandard.ZstdError as error:
                raise OSError(str(error)) from error
            if block:
                yield block
            data = frame.unused_data if frame.eof else b""
            frame = None if frame.eof else frame
    if frame is not None:
        raise EOFError("the last frame is incomplete")


def _decoded(source: str, encoding_errors: str, report: Report, limit: int, cut: bool) -> Iterator[tuple[int, str]]:
    last_cut = 0
    for number, start, piece in _split(source, limit, cut):
        if start and not piece.strip():
            continue
        if start and number != last_cut:
            report.cut, last_cut = report.cut + 1, number
        mark = len(_BOM) if number == 1 and not start and piece.startswith(_BOM) else 0
        piece = piece[mark:]
        try:
            text = piece.decode("utf-8")
        except UnicodeDecodeError as error:
            if encoding_errors == "strict":
                where = f"{place(source, number)}, column {mark + start + error.start + 1}"
                message = f"{where}: the byte 0x{piece[error.start]:02X} is not UTF-8."
                raise CorpusError(message, encoding_hint(source)) from error
            text = piece.decode("utf-8", "replace")
            report.replaced += text.count("\ufffd") - piece.count(b"\xef\xbf\xbd")
        yield number, text


def _split(source: str, limit: int, cut: bool) -> Iterator[tuple[int, int, bytes]]:
    """(line number, offset in the line, bytes) of every line, or of every piece of a long line."""
    number, start = 1, 0
    pending = bytearray()  # a line, or the rest of one, whose end has not been read
    try:
        for block in _text_blocks(source):
            parts = block.split(b"\n")
            for index, part in enumerate(parts):
                pending += part
                while len(pending) > limit:
                    if not cut:
                        message = f"{place(source, number)}: the line is longer than {limit:,} bytes."
                        raise CorpusError(message, "split the long row into several")
                    end = _border(pending, limit)
                    yield number, start, bytes(pending[:end])
                    del pending[:end]
                    start += end
                if index < len(parts) - 1:
                    yield number, start, bytes(pending.rstrip(b"\r"))
                    pending.clear()
                    number, start = number + 1, 0
    except DAMAGE as error:
        raise unreadable(source, number, error) from error
    if pending:
        yield number, start, bytes(pending.rstrip(b"\r"))


def unreadable(source: str, number: int, error: Exception) -> CorpusError:
    """Return the error for a file that was opened and cannot be read, or unpacked, to its end."""
    program = COMPRESSIONS.get(unpacked_name(source)[1]) if source != "-" else None
    if program is None:
        return CorpusError(f"{place(source, number)}: cannot be read: {error}.", "copy the file again")
    message = f"{place(source, number)}: cannot be unpacked with {program}: {str(error).rstrip('.')}."
    return CorpusError(message, f"{program} -t {shlex.quote(source)}")


def _border(line: bytearray, limit: int) -> int:
    """Where to cut a line longer than the limit: behind the last white space before it, or between two characters."""
    space = max(line.rfind(b" ", 0, limit), line.rfind(b"\t", 0, limit))
    if space >= 0:
        return space + 1
    for end in range(limit, limit - 4, -1):
        if line[end] & 0b1100_0000 != 0b1000_0000:  # not inside a character of UTF-8
            return end
    return limit


def _text_blocks(source: str) -> Iterator[bytes]:
    """The blocks of a source whose first bytes look like UTF-8 text; CorpusError otherwise."""
    blocks = unpacked_blocks(source)
    head = next(blocks, b"")
    for mark, encoding in _FOREIGN:
        if head.startswith(mark):
            message = f"{shown(source)}, line 1: the text is {encoding}; UTF-8 is accepted."
            raise CorpusError(message, convert(source, encoding))
    if is_binary(head):
        message = f"{shown(source)} looks like a binary file; UTF-8 text is accepted."
        raise CorpusError(message, "leave it out, or save its text as a .txt file in UTF-8")
    yield head
    yield from blocks


def encoding_hint(source: str) -> str:
    """Say what to do about a file with bytes that are not UTF-8: first what keeps its letters."""
    return f"{convert(source, 'CP1252')}, if it is from Windows, or {arguments(encoding_errors='replace')}"


def convert(source: str, encoding: str) -> str:
    """Give the command that writes a file again as UTF-8."""
    if source == "-":
        return f"iconv -f {encoding} -t UTF-8, in front of this command"
    suffix, target = unpacked_name(source)[1], shlex.quote(converted(source))
    if suffix:
        return f"{COMPRESSIONS[suffix]} -dc {shlex.quote(source)} | iconv -f {encoding} -t UTF-8 > {target}"
    return f"iconv -f {encoding} -t UTF-8 {shlex.quote(source)} > {target}"


def converted(source: str) -> str:
    """Name the file that `convert` writes, unpacked."""
    stem, ending = os.path.splitext(unpacked_name(source)[0])
    return f"{stem}.utf8{ending}"


def is_binary(head: bytes) -> bool:
    """Whether the first bytes of a file are no text."""
    head = head[:HEAD]
    control = len(head.translate(None, _NOT_CONTROL))
    return b"\0" in head or control * 10 > len(head)
