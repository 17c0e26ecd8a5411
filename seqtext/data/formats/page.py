"""Extract the visible text of web pages, a line for each block.

Scripts, styles and hidden elements are left out.
"""

import codecs
import re
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

from seqtext.data.encodings import encoding_hint, recognized
from seqtext.data.lines import is_binary, place, shown, unreadable
from seqtext.data.unpacking import DAMAGE, unpacked_blocks
from seqtext.data.wanted import Wanted
from seqtext.errors import CorpusError
from seqtext.extras import needed


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


_UNSEEN = _set("script style template title noscript svg math iframe object canvas audio video datalist rp rt")
_BLOCKS = _set(
    "address article aside blockquote body br caption center dd details dialog dir div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hr html legend li main menu nav ol optgroup option p pre search "
    "section summary table tbody td tfoot th thead tr ul textarea"
)
_VOID = "area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr"
_WHITE = re.compile("[ \t\n\f\r]+")
_NOT_SHOWN = re.compile(r"(?:display\s*:\s*none|visibility\s*:\s*hidden)\b", re.IGNORECASE)
#: The encoding that a page or an XML declaration names, in the first kilobytes, as browsers look for it.
_NAMED = re.compile(rb"""<meta[^>]*?charset\s*=\s*["']?\s*([\w.:-]+)|<\?xml[^>]*?encoding\s*=\s*["']([\w.:-]+)""", re.I)
#: Encodings that browsers read as another: pages from Windows often name one that they are not in.
_READ_AS = {"iso8859-1": "cp1252", "ascii": "cp1252", "utf-16": "utf-8", "utf-16-le": "utf-8", "utf-16-be": "utf-8"}
_SELF_CLOSED = re.compile(rf"""<(?!(?:{_VOID})\b)([a-z][\w:-]*)((?:[^<>"']|"[^"]*"|'[^']*')*)/>""", re.IGNORECASE)
_ENTITY = re.compile(rb"<!ENTITY\s+(?:%\s+)?([^\s>]{1,60})")
_XHTML_LIMIT = 1 << 26  # bytes of a page in XML, which is read whole


class _Visible:
    """Takes what a parser finds, and keeps the visible lines; unseen: elements whose text nobody sees."""

    def __init__(self, unseen: frozenset[str]) -> None:
        self.lines: list[str] = []
        self._unseen, self._parts, self._hidden, self._as_written = unseen, list[str](), 0, 0

    def start(self, tag: str, attributes: Any) -> None:
        if self._hidden or tag in self._unseen or _is_hidden(attributes):
            self._hidden += 1
            return
        self._as_written += tag == "pre"
        if tag in _BLOCKS:
            self._end_line()

    def end(self, tag: str) -> None:
        if self._hidden:
            self._hidden -= 1
            return
        if tag in _BLOCKS:
            self._end_line()
        self._as_written -= tag == "pre"

    def data(self, text: str) -> None:
        if not self._hidden:
            self._parts.append(text)

    def close(self) -> None:
        self._end_line()

    def taken(self) -> list[str]:
        """Return the lines so far, and clear them."""
        lines, self.lines = self.lines, []
        return lines

    def _end_line(self) -> None:
        text = "".join(self._parts)
        self._parts = []
        for line in text.splitlines() if self._as_written else [text]:
            if shown_line := _WHITE.sub(" ", line).strip(" "):
                self.lines.append(shown_line)


def _is_hidden(attributes: Any) -> bool:
    return "hidden" in attributes or bool(_NOT_SHOWN.search(attributes.get("style", "")))


def read_page(source: str, wanted: Wanted) -> Iterator[tuple[str, str]]:
    """Yield every visible line of a page as (place, text).

    wanted.encoding: the page's, where it names another or none
    Raises CorpusError for a file that cannot be read or unpacked, is no web page, or has another encoding.
    """
    blocks = unpacked_blocks(source)
    lines = visible_lines(source, blocks, wanted.encoding_errors, encoding=wanted.encoding)
    try:
        for number, line in enumerate(lines, 1):
            yield place(source, number, "paragraph"), line
    except DAMAGE as error:
        raise unreadable(source, 1, error) from error


def visible_lines(
    source: str,
    blocks: Iterable[bytes],
    encoding_errors: str,
    *,
    unseen: Iterable[str] = (),
    encoding: str | None = None,
) -> Iterator[str]:
    """Extract the visible lines of a page from its bytes.

    unseen: more elements that are left out; encoding: the one that is named for the page, None to detect it
    Raises CorpusError for what is no page that can be read, and SeqtextError without lxml.
    """
    with needed("A web page"):
        from lxml import etree

    target = _Visible(_UNSEEN | frozenset(unseen))
    parser = etree.HTMLParser(target=target, encoding="utf-8", no_network=True, huge_tree=True)
    nothing = True
    for text in _decoded(source, blocks, encoding_errors, encoding):
        nothing = nothing and not text
        parser.feed(text.replace("\0", "\ufffd").encode("utf-8", "replace"))
        yield from target.taken()
    if nothing:  # closing a parser that was given no text raises an error
        return
    try:
        parser.close()
    except etree.ParserError:  # nothing but comments
        return
    yield from target.taken()


def _decoded(source: str, blocks: Iterable[bytes], encoding_errors: str, named: str | None) -> Iterator[str]:
    """The text of a page; one in XML comes whole, its empty elements closed as HTML closes them."""
    blocks = iter(blocks)
    head = next(blocks, b"")
    while len(head) < 4096 and (more := next(blocks, b"")):
        head += more
    encoding, mark = _encoding(source, head, named)
    _refuse_others(source, head[mark:].decode(encoding, "ignore").encode("utf-8"))
    pieces = _decode(source, chain([head[mark:]], blocks), encoding, encoding_errors)
    if not head[mark:].lstrip().startswith(b"<?xml") and not source.lower().endswith((".xhtml", ".xht")):
        yield from pieces
        return
    whole, size = [], 0
    for piece in pieces:
        whole.append(piece)
        size += len(piece)
        if size > _XHTML_LIMIT:
            message = (
                f"{shown(source)} is longer than {_XHTML_LIMIT >> 20} MB; a page in XML of at most that is accepted."
            )
            raise CorpusError(message, "split it")
    yield _SELF_CLOSED.sub(r"<\1\2></\1>", "".join(whole))


def _refuse_others(source: str, head: bytes) -> None:
    """Raise CorpusError for a page that declares entities, and for binary data."""
    if entity := _ENTITY.search(head):
        name = entity[1].decode("utf-8", "replace")
        message = f"{shown(source)} declares the XML entity {name!r}; entities are never expanded."
        raise CorpusError(message, "export the page again without a DOCTYPE")
    if is_binary(head):
        raise CorpusError(f"{shown(source)} looks like a binary file; a web page is expected.", "leave it out")


def _encoding(source: str, head: bytes, named: str | None) -> tuple[str, int]:
    """Determine the encoding of a page, and the bytes of its mark.

    In order of precedence: the mark, the named encoding, the declared one, UTF-8.
    """
    mark, encoding = recognized(head, None)
    if mark:
        return encoding, len(mark)
    said = _NAMED.search(head[:4096])
    if named is None and said is None:
        return "utf-8", 0
    name = named or (said[1] or said[2]).decode("ascii")  # type: ignore[index]
    try:
        codec = codecs.lookup(name).name
        b"".decode(codec)
    except (LookupError, ValueError) as error:
        message = f"{shown(source)} names its encoding {name!r:.40}, which is not known."
        raise CorpusError(message, "save the page as UTF-8") from error
    return codec if named else _READ_AS.get(codec, codec), 0


def _decode(source: str, blocks: Iterable[bytes], encoding: str, encoding_errors: str) -> Iterator[str]:
    decoder, number = codecs.getincrementaldecoder(encoding)(encoding_errors), 1
    try:
        for block in chain(blocks, [b""]):
            text = decoder.decode(block, final=not block)
            number += text.count("\n")
            yield text
    except UnicodeDecodeError as error:
        number += error.object[: error.start].count(b"\n")
        message = f"{place(source, number)}: the byte 0x{error.object[error.start]:02X} is not {encoding.upper()}."
        raise CorpusError(message, encoding_hint(source)) from error
