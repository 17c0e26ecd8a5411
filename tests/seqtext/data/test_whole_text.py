"""A file as one text, to the letter."""

import gzip

import pytest

from seqtext.data.lines import Report
from seqtext.data.whole_text import read_whole
from seqtext.errors import CorpusError


@pytest.mark.parametrize("text", ["", "a", "a\r\nb\rc\n\n", "\ufeffé\n", "a\u2028b\x0bc\n"])
def test_nothing_is_changed(tmp_path, text: str) -> None:
    (tmp_path / "a.md").write_bytes(text.encode("utf-8"))
    assert read_whole(str(tmp_path / "a.md")) == text
    (tmp_path / "a.md.gz").write_bytes(gzip.compress(text.encode("utf-8")))
    assert read_whole(str(tmp_path / "a.md.gz")) == text


def test_other_encodings(tmp_path) -> None:
    (tmp_path / "a.srt").write_bytes("é\r\n".encode("utf-16"))
    assert read_whole(str(tmp_path / "a.srt")) == "é\r\n"
    (tmp_path / "b.srt").write_bytes("é\r\n".encode("cp1252"))
    assert read_whole(str(tmp_path / "b.srt"), encoding="cp1252") == "é\r\n"


def test_what_is_no_text_is_named_with_its_place(tmp_path) -> None:
    path = tmp_path / "a.md"
    path.write_bytes(b"a\nb \xe9 c\n")
    with pytest.raises(CorpusError, match=r"a\.md, line 2, column 3: the byte 0xE9 is not UTF-8"):
        read_whole(str(path))
    report = Report()
    assert read_whole(str(path), "replace", report=report) == "a\nb \ufffd c\n"
    assert report.replaced == 1
    path.write_bytes(b"\0\1\2" * 50)
    with pytest.raises(CorpusError, match="binary"):
        read_whole(str(path))
    with pytest.raises(CorpusError, match="does not exist"):
        read_whole(str(tmp_path / "none.md"))
    path.write_bytes("text".encode("utf-16-le") * 9)
    with pytest.raises(CorpusError, match="UTF-16"):
        read_whole(str(path))


def test_a_document_of_more_than_the_limit_is_refused(tmp_path, monkeypatch) -> None:
    monkeypatch.setattr("seqtext.data.whole_text._LIMIT", 1 << 20)
    (tmp_path / "a.md").write_bytes(b"a" * ((1 << 20) + 1))
    with pytest.raises(CorpusError, match="longer than"):
        read_whole(str(tmp_path / "a.md"))
