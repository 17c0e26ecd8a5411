"""Read the texts of documents of all formats."""

from collections.abc import Iterator

from seqtext.data.formats.book import read_book
from seqtext.data.formats.page import read_page
from seqtext.data.formats.subtitles import read_cues
from seqtext.data.formats.word import read_paragraphs
from seqtext.data.wanted import Wanted, kind_of


def read_document(source: str, wanted: Wanted) -> Iterator[tuple[str, str]]:
    """Read (place, text) of every line of a document, blank ones too.

    Raises CorpusError for a damaged file, and for one of another format.
    """
    kind = kind_of(source)
    if kind == "docx":
        return read_paragraphs(source)
    if kind == "epub":
        return read_book(source, wanted.encoding_errors, wanted.report)
    if kind == "html":
        return read_page(source, wanted.encoding_errors, wanted.encoding)
    return ((cue.place, cue.text) for cue in read_cues(source, wanted.lines(source), wanted.report))
