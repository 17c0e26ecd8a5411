"""Follow a growing file, as `tail -n +1 -F` does.

The file may be rotated, truncated or missing at first. A line is complete once its newline is written, or once another
file has replaced the file.
"""

import os
import stat
import time
from collections.abc import Callable, Generator, Iterator
from io import FileIO

from seqtext.data.encodings import BOM
from seqtext.data.lines import LINE_LIMIT, check_encoding_errors, is_binary, place
from seqtext.data.unpacking import BLOCK, cannot_open
from seqtext.errors import CorpusError, arguments

PAUSE = 0.2  # seconds between two looks

Lines = list[tuple[int, str]]


def follow_lines(
    path: str, encoding_errors: str = "strict", tell: Callable[[str], object] = str, pause: float = PAUSE
) -> Iterator[Lines]:
    """Yield the numbered lines of a file, and further lines for ever.

    Yields all lines that are available, [] while there are none. A file that replaces the one that was read, or that
    was truncated, is read from its start, and numbered from 1. tell: receives a sentence whenever that happens, or
    there is no file; pause: seconds between two looks. Raises CorpusError for a file that is not regular, cannot be
    read, is binary or not UTF-8, or has a line of more than a megabyte; ConfigError for other encoding_errors.
    """
    check_encoding_errors(encoding_errors)
    file = _opened(path)
    if file is None:
        tell(f"{path} does not exist yet; it is read as soon as it does.")
    while file is None:
        yield []
        time.sleep(pause)
        file = _opened(path)
    while True:
        with file:
            successor = yield from _until_replaced(path, file, encoding_errors, tell, pause)
        file = successor
        tell(f"{path} is another file now; it is read from its start.")


def _until_replaced(
    path: str, file: FileIO, encoding_errors: str, tell: Callable[[str], object], pause: float
) -> Generator[Lines, None, FileIO]:
    """Yield the lines of an open file until another replaces it, and return that file, open."""
    lines = _Lines(path, encoding_errors)
    while True:
        if os.fstat(file.fileno()).st_size < file.tell():
            tell(f"{path} was truncated; it is read from its start.")
            file.seek(0)
            lines = _Lines(path, encoding_errors)
        # Looked for before reading: once a file is replaced, nothing is added to it beyond what is read below.
        successor = None if _is_same(path, file) else _opened(path)
        read = False
        while block := file.read(BLOCK):
            read = True
            yield from _until_fault(lines.of(block))
        if successor is not None:
            yield from _until_fault(lines.rest())
            return successor
        if not read:
            yield []
            time.sleep(pause)


def _until_fault(lines: Iterator[tuple[int, str]]) -> Iterator[Lines]:
    """Yield lines as a list; at an error, the lines before it first."""
    good: Lines = []
    try:
        for line in lines:
            good.append(line)
    except CorpusError:
        yield good
        raise
    if good:
        yield good


class _Lines:
    """The whole lines of blocks of bytes."""

    def __init__(self, path: str, encoding_errors: str) -> None:
        self._path, self._encoding_errors = path, encoding_errors
        self._pending, self._number, self._begun = b"", 0, False

    def of(self, block: bytes) -> Iterator[tuple[int, str]]:
        """Yield the lines that end in a block."""
        if not self._begun and is_binary(block):
            raise CorpusError(
                f"{self._path} looks like a binary file; UTF-8 text is accepted.",
                "name a log that a program writes as text",
            )
        self._begun = True
        *whole, self._pending = (self._pending + block).split(b"\n")
        for data in whole:
            yield self._line(data)
        self._check_length(self._pending)

    def rest(self) -> Iterator[tuple[int, str]]:
        """Yield the text after the last newline."""
        data, self._pending = self._pending, b""
        if data:
            yield self._line(data)

    def _check_length(self, data: bytes) -> None:
        if len(data) > LINE_LIMIT:
            message = f"{place(self._path, self._number + 1)}: the line is longer than {LINE_LIMIT:,} bytes."
            raise CorpusError(message, "name a log that a program writes line by line")

    def _line(self, data: bytes) -> tuple[int, str]:
        self._check_length(data)
        self._number += 1
        mark = len(BOM) if self._number == 1 and data.startswith(BOM) else 0
        data = data[mark:].rstrip(b"\r")
        try:
            return self._number, data.decode("utf-8", self._encoding_errors)
        except UnicodeDecodeError as error:
            where = f"{place(self._path, self._number)}, column {mark + error.start + 1}"
            message = f"{where}: the byte 0x{data[error.start]:02X} is not UTF-8."
            raise CorpusError(message, arguments(encoding_errors="replace")) from error


def _opened(path: str) -> FileIO | None:
    """Open a regular file; None if it does not exist."""
    try:
        descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    except FileNotFoundError:
        return None
    except (OSError, ValueError) as error:
        raise cannot_open(path, error) from error
    mode = os.fstat(descriptor).st_mode
    if stat.S_ISREG(mode):
        return FileIO(descriptor)
    os.close(descriptor)
    if stat.S_ISDIR(mode):
        raise cannot_open(path, IsADirectoryError())
    raise CorpusError(
        f"{path} is not a regular file; only one that grows can be followed.",
        "seqtext anomaly --file without --follow: a pipe waits by itself",
    )


def _is_same(path: str, file: FileIO) -> bool:
    """Tell whether a path still leads to an open file; also if it leads to none, until there is another."""
    try:
        return os.path.samestat(os.stat(path), os.fstat(file.fileno()))
    except OSError:
        return True
