"""Read the paragraphs of Word documents, without deleted text.

Paragraphs in table cells are read where they stand.
"""

from collections.abc import Iterator
from typing import Any

from seqtext.data.formats.archives import opened_archive
from seqtext.data.formats.registry import FORMATS
from seqtext.data.formats.safe_xml import forget, local, read_xml
from seqtext.data.lines import place
from seqtext.data.wanted import Wanted

_WORD = FORMATS["docx"]
_BREAKS = {"br": "\n", "cr": "\n", "tab": "\t", "noBreakHyphen": "\u2011"}
#: Elements outside of a paragraph's text: deleted text, field codes, text boxes (which have paragraphs of their own).
_LEFT_OUT = {"del", "moveFrom", "instrText", "delText", "pPr", "rPr", "Fallback", "txbxContent"}


def read_paragraphs(source: str, _: Wanted) -> Iterator[tuple[str, str]]:
    """Read (place, text) of every line of every paragraph.

    Raises CorpusError for a file that is not a Word document.
    """
    with opened_archive(source, _WORD) as archive, archive.open(_WORD.member) as file:
        number = 0
        for _event, element in read_xml(source, file, _WORD.called):
            if local(element) == "p" and _is_shown(element):
                number += 1
                text = "".join(_texts(element))
                for line in text.split("\n"):
                    yield place(source, number, "paragraph"), line
                forget(element)


def _is_shown(paragraph: Any) -> bool:
    """Tell whether a paragraph is shown: neither deleted, nor a copy for older programs."""
    return all(local(one) not in ("Fallback", "del", "moveFrom") for one in paragraph.iterancestors())


def _texts(element: Any) -> Iterator[str]:
    for child in element:
        name = local(child)
        if name == "t":
            yield child.text or ""
        elif name in _BREAKS:
            yield _BREAKS[name]
        elif name and name not in _LEFT_OUT:
            yield from _texts(child)
