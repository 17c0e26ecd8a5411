"""PO catalogs: plurals, contexts, encodings, faults."""

from pathlib import Path

import pytest
from corpus_files import PAIR, fault, rows, write

from seqtext.data.corpus import read_rows
from seqtext.data.lines import Report

pytestmark = pytest.mark.usefixtures("folder")

POLISH = "nplurals=3; plural=(n==1 ? 0 : n%10>=2 && n%10<=4 && (n%100<10 || n%100>=20) ? 1 : 2);"


def catalog(body: str, plural: str = "", charset: str = "UTF-8") -> str:
    header = f'msgid ""\nmsgstr "Content-Type: text/plain; charset={charset}\\n"\n"Plural-Forms: {plural}\\n"\n\n'
    return write("a.po", (header + body).encode(charset))


@pytest.mark.parametrize(("plural", "forms", "pairs"), [
    (POLISH, ["%d plik", "%d pliki", "%d plików"], [("%d file", "%d plik"), ("%d files", "%d plików")]),
    ("nplurals=2; plural=(n != 1);", ["ein", "viele"], [("%d file", "ein"), ("%d files", "viele")]),
    ("nplurals=1; plural=0;", ["ひとつ"], [("%d files", "ひとつ")]),
    ("EXPRESSION", ["a", "b"], [("%d file", "a"), ("%d files", "b")]),
])  # fmt: skip
def test_the_forms_for_one_and_for_many(plural: str, forms: list[str], pairs: list[tuple[str, str]]) -> None:
    body = 'msgid "%d file"\nmsgid_plural "%d files"\n'
    body += "".join(f'msgstr[{k}] "{form}"\n' for k, form in enumerate(forms))
    assert rows(catalog(body, plural), PAIR) == pairs


def test_contexts_obsolete_messages_and_lines() -> None:
    body = 'msgctxt "menu"\nmsgid "Open"\nmsgstr "Öffnen"\n\nmsgctxt "state"\nmsgid "Open"\nmsgstr ""\n"Offen\\n"\n\n'
    report = Report()
    name = catalog(body + '#~ msgid "old"\n#~ msgstr "alt"\n', charset="ISO-8859-1")
    assert rows(name, PAIR, report=report) == [("Open", "Öffnen"), ("Open", "Offen")]
    assert report.skipped == {"obsolete": 1}


def test_a_text_that_is_cut_short_is_one_error() -> None:
    whole = 'msgid "Good morning"\nmsgstr "Guten Morgen'
    message, hint = fault(read_rows, catalog(whole), PAIR)
    assert message == "a.po, line 6: not readable as PO (a text has no quote at its end)."
    assert hint.startswith("msgfmt --check a.po")


def test_another_fault_has_its_line() -> None:
    assert fault(read_rows, catalog("what is this\n"), PAIR)[0].startswith("a.po, line 5: not readable as PO")
    name = catalog('msgid "a"\nmsgstr "ä"\n', charset="cp1252")
    write(name, Path(name).read_bytes().replace(b"cp1252", b"UTF-8"))
    message, hint = fault(read_rows, name, PAIR)
    assert "not readable as PO (a byte is not of its encoding)" in message
    assert hint == "--encoding cp1252"
    assert rows(name, PAIR, encoding="cp1252") == [("a", "ä")]
