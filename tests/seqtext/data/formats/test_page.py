"""Web pages: what is seen, where lines break, in which encoding."""

from pathlib import Path

import pytest
from corpus_files import fault, texts, write

from seqtext.data.corpus import read_texts
from seqtext.data.formats.page import read_page
from seqtext.data.lines import Report
from seqtext.data.wanted import Wanted

pytestmark = pytest.mark.usefixtures("folder")


def lines(body: str, name: str = "a.html") -> list[str]:
    return texts(write(name, body))


def test_blocks_break_lines_and_others_do_not() -> None:
    assert lines("<p>One <b>t</b>wo\n  three<p>four<br>five<div>six</div>seven<ul><li>a<li>b</ul>") == [
        "One two three", "four", "five", "six", "seven", "a", "b",
    ]  # fmt: skip
    assert lines("<table><tr><td>a<td>b<tr><th>c</table><pre>x  y\nz</pre>") == ["a", "b", "c", "x y", "z"]


def test_what_nobody_sees_is_left_out() -> None:
    body = "<title>t</title><style>p {}</style><script>if (a<b) '<p>x'</script><p hidden>h<p>seen<template>i</template>"
    assert lines(body + '<p style="color:red; display : none">j</p><noscript>k</noscript><!-- l --><p>too') == [
        "seen", "too",
    ]  # fmt: skip


def test_entities_of_html_are_letters() -> None:
    assert lines("<p>caf&eacute; &amp; &#8364;5 &lt;b&gt;") == ["café & €5 <b>"]


@pytest.mark.parametrize(("head", "encoding"), [
    ('<meta charset="iso-8859-1">', "cp1252"),
    ('<meta http-equiv="Content-Type" content="text/html; charset=cp1251">', "cp1251"),
    ("<meta charset=Shift_JIS>", "shift_jis"), ("", "utf-8"), ("", "utf-16"), ("", "utf-8-sig"),
    ('<meta charset="utf-16">', "utf-8"),
])  # fmt: skip
def test_the_encoding_is_the_one_that_is_named(head: str, encoding: str) -> None:
    text = {"cp1251": "Привет", "shift_jis": "雨が降る"}.get(encoding, "Café “s”")
    assert texts(write("a.html", f"<html><head>{head}</head><p>{text}".encode(encoding))) == [text]


def test_a_byte_of_another_encoding_is_one_error() -> None:
    name = write("a.html", b"<p>one\n<p>caf\xe9 two")
    message, hint = fault(read_texts, name)
    assert message == "a.html, line 2: the byte 0xE9 is not UTF-8."
    assert "--encoding cp1252" in hint
    assert texts(name, encoding="cp1252") == ["one", "café two"]
    assert texts(name, encoding_errors="replace") == ["one", "caf\ufffd two"]
    assert "names its encoding 'klingon'" in fault(read_texts, write("b.html", "<meta charset=klingon><p>x"))[0]


def test_a_page_in_xml_closes_its_empty_elements() -> None:
    head = '<?xml version="1.0"?><html><head><title/><script src="a.js"/></head>'
    assert lines(f'{head}<body><a id="x"/><p>One<br/>two</p></body></html>', "a.xhtml") == ["One", "two"]


def test_a_long_page_is_read_in_pieces() -> None:
    Path("a.html").write_text("".join(f"<p>text {k}" for k in range(30_000)), encoding="utf-8")
    found = list(read_page("a.html", Wanted(("text",), {}, "strict", Report())))
    assert [text for _, text in found] == [f"text {k}" for k in range(30_000)]
    assert found[6][0] == "a.html, paragraph 7"


def test_what_is_not_closed_takes_no_longer_than_its_length() -> None:
    assert lines("<p>x" + "<!-- " * 200_000) == ["x"]
    assert lines("<p>y" + "<a " * 200_000)[0] == "y"
