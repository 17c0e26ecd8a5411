"""Read the paragraphs of OpenDocument texts, without deleted text, notes and comments.

Paragraphs in lists, tables and frames come in their places. White space: ODF 1.2, section 6.1.2.
"""

import re
from collections.abc import Iterator
from typing import Any
from zipfile import ZipFile

from seqtext.data.formats.archives import opened_archive, protected
from seqtext.data.formats.registry import FORMATS
from seqtext.data.formats.safe_xml import forget, local, read_xml
from seqtext.data.lines import place
from seqtext.data.wanted import Wanted
from seqtext.errors import CorpusError

_ODT = FORMATS["odt"]
_MANIFEST = "META-INF/manifest.xml"
_PARAGRAPHS = {"p", "h"}
#: Bodies that hold no text, and the hint on saving each in a format that is read.
_BODIES = {"spreadsheet": "save its sheet as .csv or .xlsx", "presentation": "save it as .docx or .txt"}
_UNSEEN = {"tracked-changes", "note", "annotation", "hidden-text", "table-of-content"}
#: Elements outside of a paragraph's text; paragraphs of frames and shapes inside of it are read by themselves.
_LEFT_OUT = {*_UNSEEN, *_PARAGRAPHS, "frame", "number", "ruby-text", "title", "desc"}
_SPACES, _TAB, _BREAK = "\1", "\2", "\3"  # never occur in XML
_AS_TYPED = str.maketrans({_SPACES: " ", _TAB: "\t", _BREAK: "\n"})
_MOST_SPACES = 100  # of one element, whatever number it says


def read_open_document(source: str, _: Wanted) -> Iterator[tuple[str, str]]:
    """Read (place, text) of every line of every paragraph.

    Raises CorpusError for a file that is not an OpenDocument text, and for one with a password.
    """
    with opened_archive(source, _ODT) as archive:
        if _is_encrypted(source, archive):
            raise protected(source, _ODT.accepted)
        number = 0
        with archive.open(_ODT.member) as file:
            for event, element in read_xml(source, file, _ODT.called, ("start", "end")):
                if event == "start":
                    _refuse_other_bodies(source, element)
                elif local(element) in _PARAGRAPHS and _is_shown(element):
                    number += 1
                    for line in _text(element).split("\n"):
                        yield place(source, number, "paragraph"), line
                    forget(element)


def _is_encrypted(source: str, archive: ZipFile) -> bool:
    """Tell whether the manifest says how files are encrypted; those of the ZIP archive itself are plain."""
    if _MANIFEST not in archive.namelist():
        return False
    with archive.open(_MANIFEST) as file:
        return any(local(element) == "encryption-data" for _, element in read_xml(source, file, _ODT.called))


def _refuse_other_bodies(source: str, element: Any) -> None:
    """Raise CorpusError for a spreadsheet or another document that is not a text."""
    name, parent = local(element), element.getparent()
    if parent is not None and local(parent) == "body" and name != "text":
        message = f"{source} is an OpenDocument {name[:40]} and no text, although its name says so."
        raise CorpusError(message, _BODIES.get(name, "save its text as .odt or .txt"))


def _is_shown(paragraph: Any) -> bool:
    return all(local(one) not in _UNSEEN for one in paragraph.iterancestors())


def _text(paragraph: Any) -> str:
    """Join the text of a paragraph, white space collapsed.

    Spaces, tabs and line breaks that are elements of their own stay.
    """
    text = re.sub("[ \t\r\n]+", " ", "".join(_texts(paragraph)))
    return text.strip(" ").translate(_AS_TYPED)


def _texts(element: Any) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        name = local(child)
        if name == "s":
            yield _SPACES * _count(child)
        elif name == "tab":
            yield _TAB
        elif name == "line-break":
            yield _BREAK
        elif name and name not in _LEFT_OUT:
            yield from _texts(child)
        yield child.tail or ""


def _count(spaces: Any) -> int:
    """Read the number of spaces that an element stands for, 1 by default."""
    number = next((value for name, value in spaces.items() if name.rpartition("}")[2] == "c"), "1")
    return min(int(number), _MOST_SPACES) if number.isdecimal() else 1
