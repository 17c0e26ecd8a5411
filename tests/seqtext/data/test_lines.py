"""Reading lines: line ends, encodings, compression, long lines, memory, and the faults of all of them."""

import gzip
import io
import lzma
import sys
import tempfile
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
import zstandard
from corpus_files import write
from hypothesis import given
from hypothesis import strategies as st

from seqtext.data import lines, unpacking
from seqtext.data.lines import Report, looks_binary, place, read_lines
from seqtext.errors import ConfigError, CorpusError

PACKERS: dict[str, Callable[[bytes], bytes]] = {
    ".gz": gzip.compress,
    ".xz": lzma.compress,
    ".zst": zstandard.ZstdCompressor().compress,
}


def fault(source: str, **options: object) -> CorpusError:
    with pytest.raises(CorpusError) as caught:
        list(read_lines(source, **options))  # type: ignore[arg-type]
    return caught.value


def noise(size: int) -> bytes:
    """Letters that do not compress much, 60 to a line."""
    letters = (97 + (number * number * 7919 + number // 3) % 26 for number in range(size))
    return b"\n".join(bytes(next(letters) for _ in range(60)) for _ in range(size // 60))


def test_a_place_is_said_as_the_command_line_says_it() -> None:
    assert place("a/reviews.tsv", 318) == "a/reviews.tsv, line 318"
    assert place("-", 2) == "standard input, line 2"


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"", []),
        (b"one", ["one"]),
        (b"one\n", ["one"]),
        (b"one\n\n two \n", ["one", "", " two "]),
        (b"one\r\ntwo\r\n", ["one", "two"]),
        (b"one\r\ntwo\r", ["one", "two"]),
        (b"one\r\r\ntwo", ["one", "two"]),
        (b"one\rstill one\ntwo", ["one\rstill one", "two"]),
        ("a\u2028b\x0bc\x0cd\x85e\n".encode(), ["a\u2028b\x0bc\x0cd\x85e"]),
        (b"\xef\xbb\xbfone\n\xef\xbb\xbf\xef\xbb\xbftwo \xef\xbb\xbf", ["one", "two \ufeff"]),
        (b"one\rtwo\r\rthree\r", ["one", "two", "", "three"]),
        (b"one\rtwo\rthree\nfour", ["one\rtwo\rthree", "four"]),
        (b"\xef\xbb\xbf", [""]),
        ("žluť 😀\n".encode(), ["žluť 😀"]),
    ],
)
def test_newline_and_crlf_end_a_line_and_in_a_file_without_them_a_return(
    folder: Path, data: bytes, expected: list[str]
) -> None:
    assert list(read_lines(write("a.txt", data))) == list(enumerate(expected, 1))


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\ufeff")), size=st.integers(1, 9))
def test_any_text_comes_back_whatever_the_blocks(text: str, size: int) -> None:
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as patch:
        patch.setattr(unpacking, "BLOCK", size)
        patch.setattr(lines, "is_binary", lambda head: False)
        path = Path(name) / "a.txt"
        path.write_bytes(text.encode())
        end = "\n" if "\n" in text else "\r"
        expected = [line.rstrip("\r") for line in text.split(end)]
        if not text or text.endswith(end):
            expected.pop()
        assert [line for _, line in read_lines(path)] == expected


@given(
    text=st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufeff"), min_size=1),
    limit=st.integers(4, 20),
)
def test_the_pieces_of_a_long_line_are_the_line(text: str, limit: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name) / "a.txt"
        path.write_bytes(text.encode())
        pieces = list(read_lines(path, limit=limit))
    behind = 0
    for _, piece in pieces:
        start = text.find(piece, behind)
        assert start >= 0
        assert not text[behind:start].strip()  # a blank piece may be missing
        behind = start + len(piece)
    assert not text[behind:].strip()
    assert all(number == 1 and len(piece.encode()) <= limit for number, piece in pieces)


def test_a_long_line_is_cut_at_white_space_and_counted(folder: Path) -> None:
    report = Report()
    source = write("a.txt", "one two three\nabcdefghijkl\nžžžžžž\nshort\n")
    found = list(read_lines(source, limit=9, report=report))
    assert found == [
        (1, "one two "),
        (1, "three"),
        (2, "abcdefghi"),
        (2, "jkl"),
        (3, "žžžž"),
        (3, "žž"),
        (4, "short"),
    ]
    assert report.cut == 3


def test_white_space_behind_the_limit_is_no_piece(folder: Path) -> None:
    report = Report()
    assert list(read_lines(write("a.txt", "abcd   \r\nx"), limit=5, report=report)) == [(1, "abcd "), (2, "x")]
    assert report.cut == 0


def test_a_long_line_of_a_table_is_refused(folder: Path) -> None:
    error = fault(write("a.tsv", "short\n" + "x" * 2000), limit=1000, cut=False)
    assert error.message == "a.tsv, line 2: the line is longer than 1,000 bytes."
    assert error.hint == "split the long row into several"


@pytest.mark.parametrize("suffix", PACKERS)
def test_packed_files_are_read_as_they_are_unpacked(folder: Path, suffix: str) -> None:
    data = noise(200_000)
    source = write("a.txt" + suffix, PACKERS[suffix](data))
    assert [line for _, line in read_lines(source)] == data.decode().split("\n")
    two = write("b.txt" + suffix.upper(), PACKERS[suffix](b"one\ntw") + PACKERS[suffix](b"o\n"))
    assert list(read_lines(two)) == [(1, "one"), (2, "two")]


@pytest.mark.parametrize(("suffix", "program"), [(".gz", "gzip"), (".xz", "xz"), (".zst", "zstd")])
def test_a_truncated_file_says_how_far_it_was_read(folder: Path, suffix: str, program: str) -> None:
    packed = PACKERS[suffix](noise(400_000))
    source = write("a b.txt" + suffix, packed[: len(packed) - 20])
    numbers: list[int] = []
    with pytest.raises(CorpusError) as caught:
        numbers.extend(number for number, _ in read_lines(source))
    reached = len(numbers)
    assert reached > 100
    assert f"a b.txt{suffix}, line {reached + 1}: cannot be unpacked with {program}: " in caught.value.message
    assert caught.value.hint == f"{program} -t 'a b.txt{suffix}'"


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_wrongly_named_file_is_no_traceback(folder: Path, suffix: str) -> None:
    assert fault(write("a.txt" + suffix, "plain text, not packed")).message.startswith(
        f"a.txt{suffix}, line 1: cannot be unpacked with "
    )


@pytest.mark.parametrize("suffix", PACKERS)
def test_a_damaged_file_is_no_traceback(folder: Path, suffix: str) -> None:
    packed = bytearray(PACKERS[suffix](noise(100_000)))
    packed[len(packed) // 2 : len(packed) // 2 + 40] = bytes(40)
    with pytest.raises(CorpusError, match=f"a.txt{suffix}, line [0-9]+"):
        list(read_lines(write("a.txt" + suffix, bytes(packed)), encoding_errors="replace"))


def test_an_undecodable_byte_is_named(folder: Path) -> None:
    error = fault(write("a.txt", b"fine\ncaf\xe9 au lait\n"))
    assert error.message == "a.txt, line 2, column 4: the byte 0xE9 is not UTF-8."
    command = "encoding='cp1252' or iconv -f CP1252 -t UTF-8 a.txt > a.utf8.txt"
    assert error.hint == f"{command}, if it is from Windows, or encoding_errors='replace'"
    packed = fault(write("b.txt.gz", gzip.compress(b"caf\xe9\n")))
    assert fault(write("c.txt", "caf\u00e9 \u00fcber".encode()[:-1] + b"\xc3\n")).hint.startswith("encoding_errors=")
    assert fault(write("d.txt", b"\x93\x81")).hint.startswith("encoding with the name of its encoding, or")
    assert packed.hint.startswith("encoding='cp1252' or gzip -dc b.txt.gz | iconv -f CP1252 -t UTF-8 > b.utf8.txt, if")


def test_the_column_counts_bytes_through_byte_order_mark_and_pieces(folder: Path) -> None:
    assert "line 1, column 5:" in fault(write("a.txt", b"\xef\xbb\xbfx\xff")).message
    assert "line 1, column 9:" in fault(write("b.txt", b"one two \xff"), limit=4).message
    assert "line 1, column 3:" in fault(write("c.txt", b"\xc5\xbe\xc5\nx")).message


def test_replaced_bytes_are_counted_and_those_that_were_there_are_not(folder: Path) -> None:
    report = Report()
    source = write("a.txt", b"a\xffb\xfe\n\xef\xbf\xbd\xe9\n\xef\xbf\xbd\n")
    found = list(read_lines(source, encoding_errors="replace", report=report))
    assert [text for _, text in found] == ["a\ufffdb\ufffd", "\ufffd\ufffd", "\ufffd"]
    assert report.replaced == 3


def test_other_ways_with_bad_bytes_are_refused(folder: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        read_lines("a.txt", encoding_errors="ignore")
    assert caught.value.message == "encoding_errors received 'ignore'; accepted are strict and replace."


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_other_unicode_encodings_are_read_by_their_mark_and_said(folder: Path, encoding: str) -> None:
    data, report = "one\nžluť 😀\n\ufefftwo".encode(encoding), Report()
    assert [line for _, line in read_lines(write("a.txt", data), report=report)] == ["one", "žluť 😀", "two"]
    assert report.told() == [
        f"a.txt: the text is {encoding.upper()}, by its byte order mark",
        "1 × byte order mark inside a file, left out: a.txt, line 3",
    ]
    assert len(list(read_lines(write("a.txt.gz", gzip.compress(data))))) == 3
    assert not looks_binary("a.txt")  # so that a folder does not pass over it in silence


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
def test_unicode_without_a_mark_is_named_and_read_by_name(folder: Path, encoding: str) -> None:
    error = fault(write("a.txt", "one ž\ntwo\n".encode(encoding)))
    name = encoding[:6].upper()
    assert error.message == f"a.txt, line 1: the text is {name} without a byte order mark; UTF-8 is accepted."
    iconv = f"{encoding[:-3]}{encoding[-2:]}".upper()
    assert error.hint == f"encoding='{encoding}' or iconv -f {iconv} -t UTF-8 a.txt > a.utf8.txt"
    assert list(read_lines("a.txt", encoding=encoding)) == [(1, "one ž"), (2, "two")]
    assert not looks_binary("a.txt")


def test_a_named_encoding_is_read_and_what_is_not_in_it_has_its_place(folder: Path) -> None:
    source = write("a.txt", b"fine\ncaf\xe9 \x80 \x9d\n")
    error = fault(source, encoding="cp1252")
    assert error.message == "a.txt, line 2, column 8: the byte 0x9D is not cp1252."
    report = Report()
    found = list(read_lines(source, encoding="Windows-1252", encoding_errors="replace", report=report))
    assert found == [(1, "fine"), (2, "café € \ufffd")]
    assert report.told() == ["1 × character that cannot be decoded, replaced by U+FFFD: a.txt, line 2"]
    assert [line for _, line in read_lines(source, encoding="latin-1")][1].startswith("café \x80")
    with pytest.raises(ConfigError, match="'no-such', which names no encoding"):
        read_lines(source, encoding="no-such")


def test_utf8_that_is_read_as_something_else_is_said(folder: Path) -> None:
    report = Report()
    list(read_lines(write("a.txt", "café".encode()), encoding="cp1252", report=report))
    assert report.told() == ["a.txt looks like UTF-8; it is read as cp1252, as was asked for"]


@pytest.mark.parametrize("size", [1, 2, 3, 7, 100])
def test_any_end_of_a_line_is_one_in_a_table_whatever_the_blocks(
    folder: Path, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(unpacking, "BLOCK", size)
    report = Report()
    source = write("a.csv", b"one\ntwo\r\nthree\rfour\r\r\nfive\r")
    found = [line for _, line in read_lines(source, any_end=True, report=report)]
    assert found == ["one", "two", "three", "four", "five"]
    assert report.told() == ["a.csv: carriage returns end lines, the first of them line 3"]


def test_returns_inside_the_lines_of_a_text_are_counted(folder: Path) -> None:
    report = Report()
    assert len(list(read_lines(write("a.txt", "10 %\r20 %\nx\ny\rz\r\n"), report=report))) == 3
    assert report.told() == [
        "2 × line with a carriage return inside, which is read as white space: a.txt, lines 1 and 3"
    ]


@pytest.mark.parametrize("data", [b"ab\0cd\n", bytes(range(1, 32)) * 9, "one".encode("utf-16-le")])
def test_a_binary_file_is_refused(folder: Path, data: bytes) -> None:
    source = write("a.txt", data)
    assert fault(source).message == "a.txt looks like a binary file; UTF-8 text is accepted."
    assert looks_binary(source)


def test_colours_of_a_terminal_are_text(folder: Path) -> None:
    assert len(list(read_lines(write("a.log", "\x1b[31mred\x1b[0m\tx\x0c\n")))) == 1


class Trickle(io.RawIOBase):
    """A pipe that gives a few bytes at a time and counts how many were asked of it."""

    def __init__(self, parts: list[bytes]) -> None:
        self.parts = parts
        self.calls = 0

    def read1(self, size: int) -> bytes:
        self.calls += 1
        return self.parts.pop(0) if self.parts else b""


def test_standard_input_gives_each_line_as_soon_as_it_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    pipe = Trickle([b"one\ntw", b"o\n", b"three"])
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=pipe))
    found = read_lines("-")
    assert next(found) == (1, "one")
    assert pipe.calls == 1
    assert list(found) == [(2, "two"), (3, "three")]


def test_a_fault_of_standard_input_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"one\n\xff\n")))
    assert fault("-").message == "standard input, line 2, column 1: the byte 0xFF is not UTF-8."


def peak(found: Iterator[tuple[int, str]]) -> tuple[int, int]:
    """The number of lines or pieces, and the most bytes held at once while they were read."""
    tracemalloc.start()
    try:
        count = sum(1 for _ in found)
        return count, tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def test_memory_does_not_grow_with_the_file(folder: Path) -> None:
    block = (b"The kettle boiled while I was looking for a clean cup. " * 10 + b"\n") * 1_500
    small, large = "small.txt", "large.txt"
    write(small, block)
    with open(large, "wb") as file:
        for _ in range(30_000_000 // len(block) + 1):
            file.write(block)
    lines_small, bytes_small = peak(read_lines(small))
    lines_large, bytes_large = peak(read_lines(large))
    assert lines_large > 30 * lines_small
    assert bytes_large < bytes_small + 100_000
    assert bytes_large < 2_000_000


@pytest.mark.parametrize("suffix", ["", *PACKERS])
def test_memory_does_not_grow_with_a_line(folder: Path, suffix: str) -> None:
    data = b"word " * 10_000_000
    if suffix:
        data = lzma.compress(data, preset=0) if suffix == ".xz" else PACKERS[suffix](data)  # preset 6 keeps 8 MB
    source = write("a.txt" + suffix, data)
    del data
    pieces, most = peak(read_lines(source, limit=50_000))
    assert pieces == 1000
    assert most < (12_000_000 if suffix == ".zst" else 1_500_000)  # of 50 MB; a bite of zstd may stand for 8 MB


def test_xz_has_a_bound_of_memory(tmp_path: Path) -> None:
    """The file names the size of its dictionary; preset 9 of xz has 64 MiB."""
    path, text = tmp_path / "a.txt.xz", b"one\ntwo\n"
    large = [{"id": lzma.FILTER_LZMA2, "preset": 6, "dict_size": 1 << 29}]
    path.write_bytes(lzma.compress(text, filters=large))
    with pytest.raises(CorpusError, match="more than 128 MB of memory"):
        list(read_lines(path))
    path.write_bytes(lzma.compress(text, preset=9))
    assert list(read_lines(path)) == [(1, "one"), (2, "two")]


def test_streams_of_xz_with_padding_between_them_are_one_text(tmp_path: Path) -> None:
    path = tmp_path / "a.txt.xz"
    path.write_bytes(lzma.compress(b"one\n") + b"\0" * 300_000 + lzma.compress(b"two\n") + b"\0" * 8)
    assert list(read_lines(path)) == [(1, "one"), (2, "two")]


@pytest.mark.parametrize("odd", ["\ufeffmarked", "with\rreturn", "\ufffd", ""])
def test_lines_among_many_plain_ones_have_their_numbers(tmp_path: Path, odd: str) -> None:
    lines = [f"line {number}, é" for number in range(1, 20_001)]
    lines[9_999] = odd
    path = tmp_path / "a.txt"
    path.write_text("\n".join(lines), encoding="utf-8", newline="")
    lines[9_999] = odd.removeprefix("\ufeff")
    assert list(read_lines(path)) == list(enumerate(lines, 1))


def test_a_byte_at_fault_among_many_plain_lines_has_its_place(tmp_path: Path) -> None:
    path = tmp_path / "a.txt"
    path.write_bytes(b"plain\n" * 5_000 + b"caf\xe9\n" + b"plain\n" * 5_000)
    with pytest.raises(CorpusError, match=r"a\.txt, line 5001, column 4: the byte 0xE9 is not UTF-8"):
        list(read_lines(path))
    report = Report()
    assert list(read_lines(path, encoding_errors="replace", report=report))[4_999:5_002] == [
        (5_000, "plain"), (5_001, "caf\ufffd"), (5_002, "plain"),
    ]  # fmt: skip
    assert report.replaced_at == [f"{path}, line 5001"]
