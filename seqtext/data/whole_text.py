"""Read a file's text, with its line ends and byte order mark."""

from seqtext.data.encodings import BOM, as_utf8, replaced, undecodable
from seqtext.data.first_block import read_first_block
from seqtext.data.lines import Report, check_encoding_errors, place, shown, unreadable
from seqtext.data.unpacking import DAMAGE, unpacked_blocks
from seqtext.errors import CorpusError

_LIMIT = 1 << 26  # bytes of a document
_BLOCK = 1 << 13  # of which the beginning tells what it is


def read_whole(
    source: str, encoding_errors: str = "strict", encoding: str | None = None, report: Report | None = None
) -> str:
    """Read a file, or standard input, as one text.

    The arguments are those of `seqtext.data.lines.read_lines`. Raises CorpusError for a file that is missing, damaged,
    binary, of more than 64 MB or not in its encoding; ConfigError for an unknown encoding or encoding_errors.
    """
    check_encoding_errors(encoding_errors)
    data = _bytes(source)
    mark, found = read_first_block(source, data[:_BLOCK], encoding, "UTF-8 text")
    kept = mark if mark == BOM else b""
    if found != "utf-8":
        data = b"".join(as_utf8([data[len(mark) :]], found))
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        number = 1 + data.count(b"\n", 0, error.start)
        begin, end = data.rfind(b"\n", 0, error.start) + 1, data.find(b"\n", error.start)
        line = data[begin : len(data) if end < 0 else end]
        if encoding_errors == "strict":
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as fault:
                raise undecodable(place(source, number), source, fault, found) from error
        text, count = replaced(data, found)
        (report or Report()).replace(count, place(source, number))
        return kept.decode("utf-8") * (not text.startswith("\ufeff")) + text


def _bytes(source: str) -> bytes:
    data = bytearray()
    try:
        for block in unpacked_blocks(source):
            data += block
            if len(data) > _LIMIT:
                message = f"{shown(source)} is longer than {_LIMIT >> 20} MB; a document of at most that is accepted."
                raise CorpusError(message, "split it")
    except DAMAGE as error:
        raise unreadable(source, 1, error) from error
    return bytes(data)
