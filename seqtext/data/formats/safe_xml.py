"""Read XML in small pieces, without entities. A document that declares one is refused; nothing is fetched."""

from collections.abc import Iterable, Iterator
from typing import Any

from seqtext.data.lines import shown, unreadable
from seqtext.data.unpacking import DAMAGE
from seqtext.errors import CorpusError
from seqtext.extras import needed


class BlockFile:
    """Present blocks of bytes as the file that a parser reads."""

    def __init__(self, blocks: Iterable[bytes]) -> None:
        self._blocks = iter(blocks)

    def read(self, _: int = -1) -> bytes:
        """Return the next block, b"" at the end."""
        return next((block for block in self._blocks if block), b"")


def local(element: Any) -> str:
    """Return the name of an element without its namespace.

    Returns "" for a comment or instruction.

    >>> from types import SimpleNamespace
    >>> local(SimpleNamespace(tag="{urn:some:names}p"))
    'p'
    """
    return element.tag.rpartition("}")[2] if isinstance(element.tag, str) else ""


def read_xml(source: str, file: Any, kind: str, events: tuple[str, ...] = ("end",)) -> Iterator[tuple[str, Any]]:
    """Yield the events and elements of an XML file.

    Whoever takes an element clears it, so that memory stays bounded.

    source: how messages name it; file: has read(); kind: what it should be, such as "XLIFF" or "a Word document"
    Raises CorpusError for XML that declares an entity, and for a file that is not XML or cannot be read.
    """
    with needed(f"Reading {kind}"):
        from lxml import etree

    safe = {"resolve_entities": False, "no_network": True, "load_dtd": False, "dtd_validation": False}
    try:
        parsed = etree.iterparse(file, events=("start", "end"), **safe)
        first = True
        for event, element in parsed:
            if first:
                refuse_entities(source, element)
                first = False
            if event in events:
                yield event, element
    except etree.XMLSyntaxError as error:
        raise _no_xml(source, kind, error) from error
    except DAMAGE as error:
        raise unreadable(source, 1, error) from error


def refuse_entities(source: str, root: Any) -> None:
    """Raise CorpusError where the document of a root element declares entities."""
    declared = root.getroottree().docinfo.internalDTD
    entity = next(iter(declared.iterentities()), None) if declared is not None else None
    if entity is not None:
        message = f"{shown(source)} declares the XML entity {str(entity.name)!r:.60}; entities are never expanded."
        raise CorpusError(message, "export the file again without a DOCTYPE")


def _no_xml(source: str, kind: str, error: Any) -> CorpusError:
    reason = str(error.msg or "it is empty").partition(", line ")[0]
    line = (error.position or (0, 0))[0]
    where = f"{shown(source)}, line {line}" if line else shown(source)
    return CorpusError(f"{where}: not readable as {kind} ({reason[:200]}).", "export or copy the file again")


def forget(element: Any) -> None:
    """Clear a read element, and free those before it."""
    element.clear()
    parent = element.getparent()
    if parent is not None:
        while element.getprevious() is not None:
            del parent[0]
