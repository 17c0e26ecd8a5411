"""OpenDocument texts: paragraphs, white space, what is left out, other bodies and passwords."""

import zipfile
from pathlib import Path

import pytest
from corpus_files import fault, texts
from document_files import TEXTS, change_member, write_odt

from seqtext.data.corpus import read_placed, read_texts

PATH = Path("a.odt")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(more: str) -> list[str]:
    """The texts behind those of every sample."""
    write_odt(PATH, more=more)
    found = texts("a.odt")
    assert found[: len(TEXTS)] == TEXTS
    return found[len(TEXTS) :]


def test_white_space_is_one_space_but_for_what_has_elements() -> None:
    assert read("<text:p>  One\n  <text:span> two</text:span> </text:p>") == ["One two"]
    assert read("<text:p>a<text:s text:c='3'/>b<text:tab/>c<text:line-break/>d</text:p>") == ["a   b\tc", "d"]
    assert read("<text:p>a<text:s text:c='999999999'/>b<text:s text:c='x'/>c</text:p>") == [f"a{' ' * 100}b c"]


@pytest.mark.parametrize("unseen", [
    "<text:note><text:note-citation>1</text:note-citation><text:note-body><text:p>A note.</text:p></text:note-body>"
    "</text:note>",
    "<office:annotation><text:p>A comment.</text:p></office:annotation>",
    "<text:hidden-text>hidden</text:hidden-text>",
    "<!-- a comment --><text:bookmark/><text:soft-page-break/>",
])  # fmt: skip
def test_notes_and_comments_inside_a_paragraph_are_left_out(unseen: str) -> None:
    assert read(f"<text:p>Before {unseen}after.</text:p>") == ["Before after."]


@pytest.mark.parametrize("unseen", [
    "<text:tracked-changes><text:changed-region><text:deletion><text:p>Deleted.</text:p></text:deletion>"
    "</text:changed-region></text:tracked-changes>",
    "<text:table-of-content><text:index-body><text:p>Chapter 1</text:p></text:index-body></text:table-of-content>",
])  # fmt: skip
def test_what_is_deleted_and_contents_are_left_out(unseen: str) -> None:
    assert read(f"{unseen}<text:p>Here.</text:p>") == ["Here."]


def test_paragraphs_of_tables_and_frames_are_read_by_themselves() -> None:
    cells = "".join(f"<table:table-cell><text:p>{k}</text:p></table:table-cell>" for k in ("one", "two"))
    frame = "<draw:frame><draw:text-box><text:p>Inside.</text:p></draw:text-box></draw:frame>"
    found = read(
        f"<table:table><table:table-row>{cells}</table:table-row></table:table><text:p>Out {frame}side.</text:p>"
    )
    assert found == ["one", "two", "Inside.", "Out side."]


def test_a_place_is_the_number_of_the_paragraph() -> None:
    write_odt(PATH, more="<text:p/><text:p>a<text:line-break/>b</text:p>")
    places = [where for where, _ in read_placed("a.odt", ("text",))]
    assert places == [f"a.odt, paragraph {k}" for k in (1, 2, 3, 4, 5, 6, 6)]


@pytest.mark.parametrize(("body", "hint"), [
    ("spreadsheet", "save its sheet as .csv or .xlsx"), ("presentation", "save it as .docx or .txt"),
    ("drawing", "save its text as .odt or .txt"),
])  # fmt: skip
def test_another_document_is_told_from_a_text(body: str, hint: str) -> None:
    write_odt(PATH, body=body)
    assert fault(read_texts, "a.odt") == (
        f"a.odt is an OpenDocument {body} and no text, although its name says so.", hint,
    )  # fmt: skip


def test_a_password_is_told() -> None:
    write_odt(PATH)
    change_member(
        PATH,
        "META-INF/manifest.xml",
        lambda data: data.replace(b"/>", b"><manifest:encryption-data/></manifest:manifest>"),
    )
    assert "is protected by a password" in fault(read_texts, "a.odt")[0]
    with zipfile.ZipFile(PATH, "w") as archive:
        archive.writestr("encrypted-package", b"\0\1")
    assert "is protected by a password" in fault(read_texts, "a.odt")[0]
