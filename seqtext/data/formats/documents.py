"""Read the texts of documents of all formats."""

from collections.abc import Iterator

from seqtext.data.formats.registry import TEXTS, format_of, suffixes
from seqtext.data.lines import shown
from seqtext.data.wanted import Wanted
from seqtext.errors import CorpusError


def read_document(source: str, wanted: Wanted) -> Iterator[tuple[str, str]]:
    """Read (place, text) of every line of a document, blank ones too.

    Raises CorpusError for a damaged file, for one of another format, and for one that is not a document.
    """
    document = format_of(source)
    if document.gives != TEXTS:
        message = f"{shown(source)} has no suffix of a document; accepted are {suffixes(TEXTS)}."
        raise CorpusError(message, "give it the suffix that it should have")
    return document.read(source, wanted)
