"""Documents, sheets and translations, written by the libraries that people use."""

import datetime
import zipfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import docx
import openpyxl
import polib
import pysubs2
from ebooklib import epub
from translate.storage import tmx, xliff, xliff2

TEXTS = ["The river is cold & <deep>.", "Das Café öffnet um 8.", "雨が降る。", "Second, third; “fourth”."]
PAIRS = [("Good morning", "Guten Morgen"), ("The <b>door</b> & the key", "Die <b>Tür</b> & der Schlüssel")]


def write_docx(path: Path, texts: Sequence[str] = TEXTS) -> None:
    """The first text is a heading, the second and third are cells of a table."""
    document = docx.Document()
    document.add_heading(texts[0])
    cells = document.add_table(1, 2).rows[0].cells
    cells[0].text, cells[1].text = texts[1:3]
    for text in texts[3:]:
        document.add_paragraph().add_run(text[:3]).bold = True
        document.paragraphs[-1].add_run(text[3:])
    document.save(str(path))


def write_odt(path: Path, texts: Sequence[str] = TEXTS, body: str = "text", more: str = "") -> None:
    """The first text is a heading, the second and third are items of a list; more: XML behind the last paragraph.

    By hand, as LibreOffice does it: what writes such files for Python has not changed for years.
    """
    heading, first, second, *others = [escaped(text) for text in texts]
    items = "".join(f"<text:list-item><text:p>{text}</text:p></text:list-item>" for text in (first, second))
    spans = "".join(f"<text:p><text:span>{text[:3]}</text:span>{text[3:]}</text:p>" for text in others)
    content = f"<text:h>{heading.replace(' ', '<text:s/>', 1)}</text:h><text:list>{items}</text:list>{spans}{more}"
    names = ("office", "text", "table", "draw", "manifest")
    spaces = " ".join(f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in names)
    whole = f"<office:document-content {spaces}><office:body><office:{body}>{content}</office:{body}></office:body>"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{body}")
        archive.writestr("content.xml", f'<?xml version="1.0" encoding="UTF-8"?>\n{whole}</office:document-content>')
        archive.writestr("META-INF/manifest.xml", f"<manifest:manifest {spaces}/>")


def write_epub(path: Path, texts: Sequence[str] = TEXTS) -> None:
    """A chapter for each text, with a table of contents in the reading order."""
    book = epub.EpubBook()
    book.set_identifier("an-id")
    book.set_title("A title")
    book.set_language("en")
    chapters = [epub.EpubHtml(title=f"Chapter {k}", file_name=f"chapter {k}.xhtml") for k in range(len(texts))]
    for chapter, text in zip(chapters, texts, strict=True):
        chapter.content = f"<p>{escaped(text)}</p>"
    for item in [*reversed(chapters), epub.EpubNcx(), epub.EpubNav()]:
        book.add_item(item)
    book.toc, book.spine = chapters, ["nav", *chapters]
    epub.write_epub(str(path), book)


def escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


def write_html(path: Path, texts: Sequence[str] = TEXTS) -> None:
    body = "".join(f"<p>{escaped(text)}" for text in texts)
    page = f'<!doctype html><html><head><meta charset="utf-8"><title>A title</title></head><body>{body}</body></html>'
    path.write_text(page, encoding="utf-8")


def write_srt(path: Path, texts: Sequence[str] = TEXTS) -> None:
    subtitles = pysubs2.SSAFile()
    for k, text in enumerate(texts):
        subtitles.append(pysubs2.SSAEvent(1000 * k, 1000 * k + 900, text.replace(" ", "\\N", 1)))
    subtitles.save(str(path), encoding="utf-8")


def write_xlsx(path: Path, rows: Iterable[Sequence[Any]], forms: Mapping[str, str] | None = None, **more: Any) -> None:
    """forms: cell -> its number format; more: title -> rows of further sheets."""
    book = openpyxl.Workbook()
    sheet: Any = book.active
    for row in rows:
        sheet.append(list(row))
    for cell, form in (forms or {}).items():
        sheet[cell].number_format = form
    for title, others in more.items():
        other = book.create_sheet(title)
        for row in others:
            other.append(list(row))
    book.save(str(path))


def write_text_column(path: Path, texts: Sequence[str] = TEXTS) -> None:
    write_xlsx(path, [["day", "text"], *([datetime.date(2026, 7, 3), text] for text in texts)])


def write_tmx(path: Path, pairs: Sequence[tuple[str, str]] = PAIRS) -> None:
    memory = tmx.tmxfile()
    for source, target in pairs:
        memory.addtranslation(source, "en", target, "de")
    path.write_bytes(bytes(memory))


def write_xliff(path: Path, pairs: Sequence[tuple[str, str]] = PAIRS) -> None:
    _write_units(path, xliff.xlifffile(), pairs)


def write_xliff2(path: Path, pairs: Sequence[tuple[str, str]] = PAIRS) -> None:
    _write_units(path, xliff2.Xliff2File(), pairs)


def _write_units(path: Path, store: Any, pairs: Sequence[tuple[str, str]]) -> None:
    """The pairs, a fuzzy one and one without a translation after them."""
    for source, target in [*pairs, ("Fuzzy", "Unscharf"), ("Nothing", "")]:
        unit = store.addsourceunit(source)
        if target:
            unit.target = target
    store.units[-2].markfuzzy()
    path.write_bytes(bytes(store))


def write_po(path: Path, pairs: Sequence[tuple[str, str]] = PAIRS) -> None:
    """The pairs, a fuzzy message and one without a translation after them."""
    catalog = polib.POFile()
    catalog.metadata = {"Content-Type": "text/plain; charset=UTF-8", "Language": "de"}
    for source, target in pairs:
        catalog.append(polib.POEntry(msgid=source, msgstr=target, msgctxt="a context"))
    catalog.append(polib.POEntry(msgid="Fuzzy", msgstr="Unscharf", flags=["fuzzy"]))
    catalog.append(polib.POEntry(msgid="Nothing"))
    catalog.save(str(path))


#: What writes the texts or the pairs, by the name of a file.
WRITERS_OF_TEXTS: dict[str, Callable[[Path], None]] = {
    "a.docx": write_docx, "a.odt": write_odt, "a.epub": write_epub, "a.html": write_html, "a.srt": write_srt,
    "a.xlsx": write_text_column,
}  # fmt: skip
WRITERS_OF_PAIRS: dict[str, Callable[[Path], None]] = {
    "a.tmx": write_tmx, "a.xlf": write_xliff, "b.xliff": write_xliff2, "a.po": write_po,
}  # fmt: skip


def change_member(path: Path, member: str, change: Callable[[bytes], bytes]) -> None:
    """Write an archive again with a changed member."""
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    parts[member] = change(parts[member])
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
