"""EPUB books: chapters in their reading order, without tables of contents."""

from pathlib import Path

import pytest
from corpus_files import fault, texts
from document_files import TEXTS, change_member, write_epub

from seqtext.data.corpus import read_placed, read_texts
from seqtext.data.lines import Report

pytestmark = pytest.mark.usefixtures("folder")


def test_contents_are_left_out_and_counted() -> None:
    write_epub(Path("a.epub"))
    report = Report()
    assert texts("a.epub", report=report) == TEXTS
    assert report.skipped == {"table of contents": 1}
    assert [where for where, _ in read_placed("a.epub", ("text",))][1] == "a.epub, EPUB/chapter 1.xhtml, paragraph 1"


def test_the_spine_decides_the_order() -> None:
    write_epub(Path("a.epub"))

    def reverse(data: bytes) -> bytes:
        head, _, rest = data.partition(b"<spine")
        inside, _, tail = rest.partition(b"</spine>")
        items = inside.split(b"<itemref")
        items[-1] = items[-1].replace(b'linear="yes"', b"").replace(b"/>", b' linear="no"/>', 1)
        return (
            head
            + b"<spine"
            + items[0]
            + b"".join(b"<itemref" + one for one in reversed(items[1:]))
            + b"</spine>"
            + tail
        )

    change_member(Path("a.epub"), "EPUB/content.opf", reverse)
    report = Report()
    assert texts("a.epub", report=report) == TEXTS[-2::-1]
    assert report.skipped == {"page beside the reading order": 1, "table of contents": 1}


def test_a_book_with_drm_is_one_error() -> None:
    import zipfile

    write_epub(Path("a.epub"))
    reference = '<CipherReference URI="EPUB/chapter%201.xhtml"/>'
    with zipfile.ZipFile("a.epub", "a") as archive:
        archive.writestr("META-INF/encryption.xml", f"<encryption>{reference}</encryption>")
    assert "protected against copying" in fault(read_texts, "a.epub")[0]


def test_a_chapter_that_is_missing_is_one_error() -> None:
    write_epub(Path("a.epub"))
    change_member(Path("a.epub"), "EPUB/content.opf", lambda data: data.replace(b"chapter 1.xhtml", b"other.xhtml"))
    assert "damaged or cut short" in fault(read_texts, "a.epub")[0]
