"""Recognize the encodings of text files, and convert them to UTF-8."""

import codecs
import os
import re
from collections.abc import Iterable, Iterator

from seqtext.data.pipes import is_pipe
from seqtext.errors import ConfigError, CorpusError, argument, arguments
from seqtext.shell import quote

BOM = b"\xef\xbb\xbf"
COMPRESSIONS = {".gz": "gzip", ".xz": "xz", ".zst": "zstd"}  # suffix to the program that unpacks it

_MARKS = (  # UTF-32 first: its little-endian mark begins with that of UTF-16
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
    (BOM, "utf-8"),
)
_PLAIN, _PLAIN_SHARE = re.compile("[ -~\t\n\r]"), 0.3  # signs of ASCII that most texts have
_CONTROL = re.compile("[\0-\x08\x0e-\x1a\x1c-\x1f]")
_SEVERAL_BYTES = re.compile(rb"[\xc3-\xf4][\x80-\xbf]+")  # a letter of UTF-8, most likely
_NOT_IN_CP1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
_MARKED = re.compile("[\udc00-\udcff]")
_MARKING = "seqtext.marked"


class UndecodableText(CorpusError):
    """Report bytes that are not text in a file's encoding."""


def known_encoding(encoding: str) -> str:
    """Return the usual name of an encoding.

    UTF-16 and UTF-32 without a byte order are little-endian, as on most machines. Raises ConfigError for an unknown
    name, or an encoding that is not of text.
    """
    try:
        "".encode(encoding)
        codecs.getincrementaldecoder(encoding)("ignore").decode(b"a")
        name = codecs.lookup(encoding).name
    except (LookupError, UnicodeError, ValueError) as error:
        message = f"{argument('encoding')} received {encoding!r}, which names no encoding of text."
        raise ConfigError(message, arguments(encoding="cp1252")) from error
    return {"utf-8-sig": "utf-8", "utf-16": "utf-16-le", "utf-32": "utf-32-le"}.get(name, name)


def is_encoding(value: object) -> bool:
    """Tell whether a value names an encoding of text."""
    try:
        return isinstance(value, str) and bool(known_encoding(value))
    except ConfigError:
        return False


def recognized(head: bytes, named: str | None) -> tuple[bytes, str]:
    """Find the byte order mark and the encoding of a file.

    A mark overrides the name of a UTF encoding, but no other name; b"" for no mark.

    named: as `known_encoding` returns it, None where none was named
    """
    for mark, encoding in _MARKS:
        if head.startswith(mark) and (named is None or named.startswith("utf")):
            return mark, encoding
    return b"", named or "utf-8"


def shown_encoding(encoding: str) -> str:
    """Name an encoding for a person.

    >>> shown_encoding("utf-16-le"), shown_encoding("cp1252")
    ('UTF-16', 'cp1252')
    """
    return encoding.upper().removesuffix("-LE").removesuffix("-BE") if encoding.startswith("utf") else encoding


def unmarked_encoding(head: bytes) -> str:
    """Guess whether unmarked text is UTF-16 or UTF-32, by its zero bytes.

    Returns the encoding, "" without zero bytes, or where it does not seem to be text.

    >>> unmarked_encoding("A text.".encode("utf-16-le")), unmarked_encoding(bytes(range(30)))
    ('utf-16-le', '')
    """
    head = head[:8192]
    first = head[1::2].count(0) >= head[::2].count(0)  # zeros at odd places: little-endian
    for encoding in ("utf-32-le", "utf-32-be", "utf-16-le" if first else "utf-16-be") if b"\0" in head else ():
        try:
            text = codecs.getincrementaldecoder(encoding)("strict").decode(head)
        except UnicodeDecodeError:
            continue
        plain = len(_PLAIN.findall(text))
        if len(text) > 3 and plain > _PLAIN_SHARE * len(text) and not _CONTROL.search(text):
            return encoding
    return ""


def _mark(error: UnicodeError) -> tuple[str, int]:
    """Write stand-ins for undecodable bytes; whoever reads the line can name or replace them."""
    assert isinstance(error, UnicodeDecodeError)
    return "".join(chr(0xDC00 + byte) for byte in error.object[error.start : error.end]), error.end


codecs.register_error(_MARKING, _mark)


def as_utf8(blocks: Iterable[bytes], encoding: str) -> Iterator[bytes]:
    """Convert blocks of text in another encoding to UTF-8.

    Stand-ins mark undecodable bytes: U+DC00 + byte, as in PEP 383.
    """
    decoder = codecs.getincrementaldecoder(encoding)(_MARKING)
    for block in blocks:
        yield decoder.decode(block).encode("utf-8", "surrogatepass")
    yield decoder.decode(b"", True).encode("utf-8", "surrogatepass")


def replaced(line: bytes, encoding: str) -> tuple[str, int]:
    """Decode a line, replacing undecodable bytes by U+FFFD, and count replacements.

    line: in UTF-8, or, of another encoding, as `as_utf8` returns it
    """
    if encoding != "utf-8":
        return _MARKED.subn("\ufffd", line.decode("utf-8", "surrogatepass"))
    text = line.decode("utf-8", "replace")
    return text, text.count("\ufffd") - line.count("\ufffd".encode())


def undecodable(
    where: str, source: str, error: UnicodeDecodeError, encoding: str, *, start: int = 0, convertible: bool = True
) -> UndecodableText:
    """Make the error for an undecodable line, or piece of one.

    error: from decoding as UTF-8, to which `as_utf8` converts other encodings; start: bytes of the line before the
    piece; convertible: as for `encoding_hint`
    """
    match = _MARKED.search(error.object.decode("utf-8", "surrogatepass")) if encoding != "utf-8" else None
    if match is None:
        column, byte = error.start + 1, error.object[error.start]
        hint = encoding_hint(source, error.object, convertible=convertible)
    else:
        column, byte = match.start() + 1, ord(match[0]) & 0xFF
        hint = f"{arguments(encoding_errors='replace')}, or another {argument('encoding')}"
    message = f"{where}, column {start + column}: the byte 0x{byte:02X} is not {shown_encoding(encoding)}."
    return UndecodableText(message, hint)


def looks_like_utf8(head: bytes) -> bool:
    """Tell whether bytes are UTF-8 with letters outside ASCII.

    Another encoding would spoil these letters.
    """
    decoder = codecs.getincrementaldecoder("utf-8")("strict")
    try:
        return not decoder.decode(head).isascii()
    except UnicodeDecodeError:
        return False


def encoding_hint(source: str, line: bytes = b"", *, convertible: bool = True) -> str:
    """Suggest remedies for bytes that are not UTF-8, lossless ones first.

    line: a line with such a byte; if it has letters in UTF-8, too, another encoding would damage those
    convertible: whether to show the command that converts the file, too
    """
    replace = arguments(encoding_errors="replace")
    if _SEVERAL_BYTES.search(line):
        return f"{replace}, since the rest of the line is UTF-8; or correct it"
    if _NOT_IN_CP1252.search(line):
        return f"{argument('encoding')} with the name of its encoding, or {replace}"
    if not convertible:
        return f"{arguments(encoding='cp1252')}, or {replace}"
    return f"{arguments(encoding='cp1252')} or {convert(source, 'CP1252')}, if it is from Windows, or {replace}"


def convert(source: str, encoding: str) -> str:
    """Return the command that rewrites a file as UTF-8."""
    if is_pipe(source):
        return f"iconv -f {encoding} -t UTF-8, in front of this command"
    suffix, target = unpacked_name(source)[1], quote(converted(source))
    if suffix:
        return f"{COMPRESSIONS[suffix]} -dc {quote(source)} | iconv -f {encoding} -t UTF-8 > {target}"
    return f"iconv -f {encoding} -t UTF-8 {quote(source)} > {target}"


def converted(source: str) -> str:
    """Name the file that `convert` writes, unpacked."""
    stem, ending = os.path.splitext(unpacked_name(source)[0])
    return f"{stem}.utf8{ending}"


def unpacked_name(source: str) -> tuple[str, str]:
    """Split a name from its compression suffix: "a/data.tsv.xz" -> ("a/data.tsv", ".xz")."""
    stem, suffix = os.path.splitext(source)
    return (stem, suffix.lower()) if suffix.lower() in COMPRESSIONS else (source, "")


def refuse_packed(source: str, what: str) -> None:
    """Raise CorpusError for a compressed file.

    what: the file inside, such as "a PO file"
    """
    suffix = unpacked_name(source)[1]
    if suffix:
        message = f"{source} is {what} inside {COMPRESSIONS[suffix]}; the file itself is accepted."
        raise CorpusError(message, f"{COMPRESSIONS[suffix]} -dk {quote(source)}")


def unmarked(name: str, source: str, encoding: str) -> CorpusError:
    """Make the error for UTF-16 or UTF-32 without a byte order mark.

    name: of the source, for the message
    """
    wide = shown_encoding(encoding)
    message = f"{name}, line 1: the text is {wide} without a byte order mark; UTF-8 is accepted."
    byte_order = encoding.upper().replace("-LE", "LE").replace("-BE", "BE")  # as iconv names it
    return CorpusError(message, f"{arguments(encoding=encoding)} or {convert(source, byte_order)}")
