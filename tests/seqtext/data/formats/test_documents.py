"""Documents and translations: the same texts as a plain file, from every format; one error for each that is damaged."""

import subprocess
import sys
from pathlib import Path

import pytest
from corpus_files import PAIR, fault, rows, texts
from document_files import PAIRS, TEXTS, WRITERS_OF_PAIRS, WRITERS_OF_TEXTS, change_member

from seqtext.data.corpus import read_labelled, read_placed, read_rows, read_texts
from seqtext.data.formats.documents import read_document
from seqtext.data.formats.registry import BY_SUFFIX, format_of
from seqtext.data.formats.registry import TEXTS as OF_TEXTS
from seqtext.data.lines import Report
from seqtext.data.wanted import Wanted
from seqtext.data.whole_table import open_table
from seqtext.errors import CorpusError
from seqtext.extras import EXTRAS

WRITERS = {**WRITERS_OF_TEXTS, **WRITERS_OF_PAIRS}
ZIPPED = [name for name in WRITERS if format_of(name).member]
IN_XML = ("a.tmx", "a.xlf", "b.xliff")
LOOSE = ("a.html", "a.srt")  # half of such a file is still one, and so are plain words
NOT_PACKED = ("a.po",)  # text that is not read where it is packed
BOMB = b'<!DOCTYPE x [<!ENTITY a "lol"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/hostname">]>'
PARAMETER = b'<!DOCTYPE x [<!ENTITY % a SYSTEM "http://127.0.0.1:9/a.dtd"> %a;]>'


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def read(name: str) -> list[object]:
    return list(read_rows(name, PAIR)) if name in WRITERS_OF_PAIRS else list(read_texts(name))


def error_of(name: str) -> tuple[str, str]:
    return fault(read_rows, name, PAIR) if name in WRITERS_OF_PAIRS else fault(read_texts, name)


def test_every_format_is_tried() -> None:
    plain = {"text", "tsv", "csv", "jsonl", "parquet"}
    assert {format_of(name).name for name in WRITERS} == {kind.name for kind in BY_SUFFIX.values()} - plain


@pytest.mark.parametrize("name", WRITERS_OF_TEXTS)
def test_the_texts_of_a_format_are_those_of_a_plain_file(name: str) -> None:
    Path("plain.txt").write_text("\n".join(TEXTS), encoding="utf-8")
    WRITERS_OF_TEXTS[name](Path(name))
    assert texts(name) == texts("plain.txt") == TEXTS


@pytest.mark.parametrize("name", WRITERS_OF_PAIRS)
def test_the_pairs_of_a_format_are_those_of_a_plain_file(name: str) -> None:
    Path("plain.tsv").write_text("".join(f"{one}\t{two}\n" for one, two in PAIRS), encoding="utf-8")
    WRITERS_OF_PAIRS[name](Path(name))
    report = Report()
    assert rows(name, PAIR, report=report) == rows("plain.tsv", PAIR) == PAIRS
    left_out = {} if name == "a.tmx" else {"fuzzy translation": 1, "untranslated": 1}
    assert report.skipped == left_out


@pytest.mark.parametrize("name", WRITERS)
def test_a_file_that_is_cut_short_or_of_another_kind_is_one_error(name: str) -> None:
    WRITERS[name](Path(name))
    whole = Path(name).read_bytes()
    for data in (whole[: len(whole) // 2], b"", b"Just some words\nand more.\n", b"\x89PNG\r\n\x1a\n\0\0\0" * 9):
        Path(name).write_bytes(data)
        if name in LOOSE and data not in (b"", b"\x89PNG\r\n\x1a\n\0\0\0" * 9):
            continue
        message, hint = error_of(name)
        assert message.startswith(name)
        assert hint


@pytest.mark.parametrize("name", ZIPPED)
def test_an_archive_is_told_from_what_it_is_instead(name: str) -> None:
    for other in ZIPPED:
        WRITERS[other](Path(other))
        if other != name:
            Path(name).write_bytes(Path(other).read_bytes())
            message, hint = error_of(name)
            assert "although its name says so" in message
            assert hint == f"give it the suffix .{other[2:]}"
    Path(name).write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600) + "EncryptedPackage".encode("utf-16-le"))
    assert "is protected by a password" in error_of(name)[0]
    Path(name).write_bytes(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600))
    assert "is in the format of Office 97 to 2003" in error_of(name)[0]


#: Where the texts stand, if not in the file that tells an archive from others.
MEMBERS = {"a.xlsx": "xl/worksheets/sheet1.xml", "a.epub": "EPUB/chapter 1.xhtml"}


@pytest.mark.parametrize("declared", [BOMB, OUTSIDE, PARAMETER], ids=["bomb", "outside", "parameter"])
@pytest.mark.parametrize("name", [*IN_XML, *ZIPPED, "a.html"])
def test_entities_are_never_expanded(name: str, declared: bytes) -> None:
    WRITERS[name](Path(name))

    def declare(data: bytes) -> bytes:
        rest = data[data.index(b"?>") + 2 :] if data.startswith(b"<?xml") else data
        start = rest.partition(b"<!DOCTYPE")[2].partition(b">")[2] if b"<!DOCTYPE" in rest[:99] else rest
        return b'<?xml version="1.0" encoding="UTF-8"?>' + declared + start.replace(b"river", b"&a;")

    if name in ZIPPED:
        change_member(Path(name), MEMBERS.get(name, format_of(name).member), declare)
    else:
        Path(name).write_bytes(declare(Path(name).read_bytes()))
    message, hint = error_of(name)
    assert "entities are never expanded" in message
    assert "DOCTYPE" in hint


@pytest.mark.parametrize("name", [*ZIPPED, *NOT_PACKED])
def test_what_is_packed_once_more_has_the_command_that_unpacks_it(name: str) -> None:
    Path(f"{name}.gz").write_bytes(b"")
    read_fault = fault(read_rows, f"{name}.gz", PAIR) if name in WRITERS_OF_PAIRS else fault(read_texts, f"{name}.gz")
    assert read_fault[1] == f"gzip -dk {name}.gz"


@pytest.mark.parametrize("name", [name for name in WRITERS if name not in (*ZIPPED, *NOT_PACKED)])
def test_what_is_text_may_be_packed(name: str) -> None:
    import gzip

    WRITERS[name](Path(name))
    Path(f"{name}.gz").write_bytes(gzip.compress(Path(name).read_bytes()))
    whole = read(name)
    assert (list(read_rows(f"{name}.gz", PAIR)) if name in WRITERS_OF_PAIRS else texts(f"{name}.gz")) == whole


@pytest.mark.parametrize("name", [name for name in WRITERS_OF_TEXTS if format_of(name).gives == OF_TEXTS])
def test_a_document_has_no_columns(name: str) -> None:
    WRITERS[name](Path(name))
    for found in (
        fault(read_rows, name, PAIR),
        fault(read_labelled, name),
        fault(read_texts, name, columns={"text": "2"}),
    ):
        assert "is a document, which holds texts and no columns" in found[0]
    assert texts(name, columns={"text": "text"}) == TEXTS
    assert [row["text"] for _, row in read_placed(name, ("text",))] == TEXTS


@pytest.mark.parametrize("name", [name for name in WRITERS if not format_of(name).table])
def test_what_has_no_rows_is_answered_as_no_table(name: str) -> None:
    WRITERS[name](Path(name))
    with pytest.raises(CorpusError, match="is no table of rows"):
        open_table(name, Wanted(("text",), {"text": "text"}, "strict", Report()))


@pytest.mark.parametrize("name", ["a.txt", "a", "-", "a.csv", "a.tmx", "a.unknown"])
def test_what_is_no_document_is_never_read_as_one(name: str) -> None:
    with pytest.raises(CorpusError) as caught:
        read_document(name, Wanted(("text",), {}, "strict", Report()))
    assert "has no suffix of a document; accepted are .docx" in caught.value.message


def test_a_folder_may_mix_all_of_them() -> None:
    for name, write in WRITERS_OF_TEXTS.items():
        write(Path(name))
    Path("~$a.docx").write_bytes(b"who has opened it")
    report = Report()
    found = texts(".", report=report)
    assert report.skipped == {"hidden file": 1, "table of contents": 1}
    assert sorted(found) == sorted(TEXTS * len(WRITERS_OF_TEXTS))


def test_without_the_extra_an_error_names_it() -> None:
    for name, write in WRITERS.items():
        write(Path(name))
    hidden = [package for package, extra in EXTRAS.items() if extra == "files"]
    code = f"""
import sys
sys.modules.update(dict.fromkeys({hidden!r}))
from seqtext.data.corpus import read_placed
from seqtext.data.formats.registry import PAIRS, format_of
from seqtext.errors import CorpusError, SeqtextError
for name in sys.argv[1:]:
    try:
        list(read_placed(name, ("source", "target") if format_of(name).gives == PAIRS else ("text",)))
    except CorpusError as error:
        print(name, "read")
    except SeqtextError as error:
        print(name, error)
    else:
        print(name, "read")
"""
    done = subprocess.run([sys.executable, "-c", code, *WRITERS], capture_output=True, text=True, check=True)
    lines = dict(line.split(" ", 1) for line in done.stdout.splitlines())
    assert lines.keys() == WRITERS.keys()
    assert {lines.pop(name) for name in WRITERS if not format_of(name).extra} == {"read"}
    assert all(line.endswith('which is not installed. Try: pip install "seqtext[files]"') for line in lines.values())
