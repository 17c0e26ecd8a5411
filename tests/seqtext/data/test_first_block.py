"""The first block of a file: tables and whole texts say the same of it."""

import pytest

from seqtext.data.first_block import read_first_block
from seqtext.data.lines import Report
from seqtext.data.raw_lines import RawLines
from seqtext.data.whole_text import read_whole
from seqtext.errors import ConfigError, CorpusError


@pytest.mark.parametrize(
    ("head", "named", "found"),
    [
        (b"a\n", None, (b"", "utf-8")),
        (b"", None, (b"", "utf-8")),
        (b"\xef\xbb\xbfa", None, (b"\xef\xbb\xbf", "utf-8")),
        ("\ufeffa".encode("utf-16-le"), None, (b"\xff\xfe", "utf-16-le")),
        ("\ufeffa".encode("utf-16-be"), None, (b"\xfe\xff", "utf-16-be")),
        (b"caf\xe9", "cp1252", (b"", "cp1252")),
    ],
)
def test_mark_and_encoding(head: bytes, named: str | None, found: tuple[bytes, str]) -> None:
    assert read_first_block("a.txt", head, named, "text") == found


@pytest.mark.parametrize("data", ["Good morning".encode("utf-16-le"), bytes(range(256)) * 9, b"PAR1\0\0\1\2\3" * 9])
def test_what_is_no_text_is_refused_alike(data: bytes, tmp_path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(data)
    told = []
    for read in (lambda: read_whole(str(path)), lambda: RawLines(str(path), None, "strict", Report())):
        with pytest.raises(CorpusError) as fault:
            read()
        told.append((fault.value.args[0].split(";")[0], fault.value.hint))
    assert told[0] == told[1]


def test_an_unknown_encoding_is_refused() -> None:
    with pytest.raises(ConfigError):
        read_first_block("a.txt", b"a", "klingon", "text")
