"""Word documents: paragraphs in order, without what was deleted or is no text."""

from pathlib import Path

import docx
import pytest
from corpus_files import texts
from document_files import change_member, write_docx

pytestmark = pytest.mark.usefixtures("folder")

W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'


def of_body(body: str) -> list[str]:
    write_docx(Path("a.docx"))
    document = f"<w:document {W}><w:body>{body}</w:body></w:document>".encode()
    change_member(Path("a.docx"), "word/document.xml", lambda _: document)
    return texts("a.docx")


def test_breaks_and_blank_paragraphs() -> None:
    document = docx.Document()
    for text in ("One\ntwo", "", "A\ttab", "  "):
        document.add_paragraph(text)
    document.save("a.docx")
    assert texts("a.docx") == ["One", "two", "A\ttab"]
    assert texts("a.docx", blank_lines=True) == ["One", "two", "", "A\ttab", ""]


def test_tracked_changes_are_as_if_accepted() -> None:
    body = "<w:p><w:r><w:t>It </w:t></w:r><w:del><w:r><w:delText>was</w:delText></w:r></w:del>"
    body += "<w:ins><w:r><w:t>is</w:t></w:r></w:ins><w:hyperlink><w:r><w:t> here</w:t></w:r></w:hyperlink></w:p>"
    assert of_body(body) == ["It is here"]


def test_fields_show_their_results() -> None:
    field = "<w:r><w:instrText>PAGE</w:instrText></w:r><w:r><w:t>7</w:t></w:r>"
    assert of_body(f"<w:p><w:r><w:t>Page </w:t></w:r>{field}</w:p>") == ["Page 7"]


def test_cells_of_a_table_inside_a_table_keep_their_order() -> None:
    def cell(text: str) -> str:
        return f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>"

    inner = f"<w:tbl><w:tr><w:tc>{cell('b')}</w:tc><w:tc>{cell('c')}</w:tc></w:tr></w:tbl>"
    table = f"<w:tbl><w:tr><w:tc>{cell('a')}{inner}{cell('d')}</w:tc><w:tc>{cell('e')}</w:tc></w:tr></w:tbl>"
    assert of_body(f"{table}{cell('f')}") == list("abcdef")
