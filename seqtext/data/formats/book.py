"""Read the chapters of EPUB books in reading order. Tables of contents are left out.

The order is that of the spine in the package document (EPUB 3.3).
"""

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from urllib.parse import unquote
from zipfile import ZipFile

from seqtext.data.formats.archives import opened_archive
from seqtext.data.formats.page import visible_lines
from seqtext.data.formats.registry import FORMATS
from seqtext.data.formats.safe_xml import local, read_xml
from seqtext.data.lines import Report, place
from seqtext.data.unpacking import BLOCK
from seqtext.data.wanted import Wanted
from seqtext.errors import CorpusError

_BOOK = FORMATS["epub"]
_ENCRYPTION = "META-INF/encryption.xml"
_PAGES = ("application/xhtml+xml", "text/html", "application/x-dtbook+xml")


@dataclass
class _Package:
    """What a book says of its parts: id -> path of pages, the ids in reading order, the paths of contents."""

    pages: dict[str, str] = field(default_factory=dict)
    spine: list[str] = field(default_factory=list)
    contents: set[str] = field(default_factory=set)


def read_book(source: str, wanted: Wanted) -> Iterator[tuple[str, str]]:
    """Read (place, text) of every visible line of a book.

    Raises CorpusError for a file that is not an EPUB, or is locked.
    """
    with opened_archive(source, _BOOK) as archive:
        package = _package(source, archive, wanted.report)
        locked = _locked(source, archive)
        for path in [package.pages[item] for item in package.spine if item in package.pages]:
            if path in package.contents:
                wanted.report.skip("table of contents")
                continue
            if path in locked:
                message = f"{source} is protected against copying (DRM); a book without it is expected."
                raise CorpusError(message, "give the text in another form")
            chapter = f"{source}, {path}"
            with archive.open(path) as file:
                blocks = iter(partial(file.read, BLOCK), b"")
                lines = visible_lines(chapter, blocks, wanted.encoding_errors, unseen=["nav"])
                for number, line in enumerate(lines, 1):
                    yield place(chapter, number, "paragraph"), line


def _package(source: str, archive: ZipFile, report: Report) -> _Package:
    with archive.open(_BOOK.member) as file:
        elements = (element for _, element in read_xml(source, file, "EPUB"))
        roots = [element.get("full-path", "") for element in elements if local(element) == "rootfile"]
    if not roots:
        raise CorpusError(f"{source} names no package of chapters, as EPUB does.", "copy or export the file again")
    package = _Package()
    with archive.open(roots[0]) as file:
        for _, element in read_xml(f"{source}, {roots[0]}", file, "EPUB"):
            name = local(element)
            path = posixpath.normpath(posixpath.join(posixpath.dirname(roots[0]), unquote(element.get("href", ""))))
            path = path.partition("#")[0]
            if name == "item" and element.get("media-type") in _PAGES:
                package.pages[element.get("id", "")] = path
                if "nav" in element.get("properties", "").split():
                    package.contents.add(path)
            elif name == "itemref" and element.get("linear") == "no":
                report.skip("page beside the reading order")
            elif name == "itemref":
                package.spine.append(element.get("idref", ""))
            elif name == "reference" and element.get("type") == "toc":
                package.contents.add(path)
    return package


def _locked(source: str, archive: ZipFile) -> set[str]:
    """List the encrypted paths; fonts often are encrypted."""
    if _ENCRYPTION not in archive.namelist():
        return set()
    with archive.open(_ENCRYPTION) as file:
        elements = (element for _, element in read_xml(source, file, "EPUB"))
        return {unquote(element.get("URI", "")) for element in elements if local(element) == "CipherReference"}
