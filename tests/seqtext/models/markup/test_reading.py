"""Which texts hold marks, and that plain ones hold none."""

import time

import pytest
from marked_texts import KINDS, SAMPLES, sample, unchanged

from seqtext.models.markup.parts import Segment
from seqtext.models.markup.reading import parts_of


def texts_of(text: str, kind: str = "auto") -> list[str]:
    """What is translated of a text, segment by segment."""
    return [part.text for part in parts_of(text, kind) or () if isinstance(part, Segment)]


@pytest.mark.parametrize(
    "text",
    [
        "", " \n ", "A plain text.", "Two lines.\nOf text.\r\n\r\nAnd a paragraph.", "2 * 3 * 4 = 24",
        "2*3*4", "2**3**4 is 4096", "a < b and c > d", "a <b and c> d", "5 > 3", "snake_case_name",
        "_private and also _this", "__init__ is called first.", "C:\\path\\to\\_file", "#hashtag and #another",
        "It is #1!", "*.txt and *.md", "int *a, *b;", "f(*args, **kwargs)", "Rating: *****",
        "Price* without tax. *Tax applies.", "I <3 you", "x <- y", "a -> b --> c", "Use <b> to make it bold.",
        "The <p> tag begins a paragraph.", "List<String> names", "[citation needed]", "[1] and (2)", "[a] (b)",
        "AT&T and R&D", "It's 5 o'clock; 1`2", "~5 minutes, ~6 people", "~~~~", "1986. A great year.",
        "3.5 litres", "-5 degrees", "--help", "-- an aside --", "…and so on", "a|b", "12:30 --> 13:00",
        "e-mail: <a@b", "if (a<b && c>d)", "{name}, %s and $x$", "*", "**", "`", "_", "<", "[", "\ue001",
        "— Yes. — No.", "???", "a * b *", "me@example.org", "100% & more", "&;", "& co;",
        "a == b and c == d", "x==y, z==w", "[[1, 2], [3, 4]]", "f(a) and (b)", "??? what", "!!! wow",
        "[Anna]: Hello there, Tom.", "[Anna]: Hello.", "f[i](x) = g[j](y/2)", "I said [whatever](really).",
        "It is 5 o`clock and 6 o`clock", "``Hello'' he said. ``Bye.''", "---\nA rule\n---", "a ``` b", "```\nNo end",
    ],
)  # fmt: skip
def test_what_only_looks_like_a_mark_is_text(text: str) -> None:
    assert parts_of(text, "auto") is None
    for kind in KINDS.values():  # and where it is said to be marked up, nothing is lost
        (answer,) = unchanged().answers([text], kind)[0]
        assert " ".join(answer.text.split()) == " ".join(text.split())


@pytest.mark.parametrize(
    ("text", "translated"),
    [
        ("*sighs* I know.", ["sighs I know."]),
        ("**Bold** text", ["Bold text"]),
        ("# not a heading?", ["not a heading?"]),
        ("- one\n- two", ["one", "two"]),
        ("> said he", ["said he"]),
        ("Tom &amp; Jerry", ["Tom & Jerry"]),
        ("One<br>two", ["One", "two"]),
        ("a) one\nb) two", ["one", "two"]),
        ("<div>\n\nOne **two**\n\n</div>", ["One two"]),
        ("<div>\r\nOne two\r\nThree\r\n</div>", ["One two Three"]),
        ("(a) one\n(2) two", ["one", "two"]),
        ('!!! note "Read this"\n    and that', ["Read this", "and that"]),
        ("!!! note\n    and that", ["and that"]),
        ("One ==two== three", ["One two three"]),
        ("See [[page]] and [[page|the words]].", ["See \ufffc and the words."]),
        ("<p>The ferry<p>The harbour", ["The ferry", "The harbour"]),
        ("See [the page](http://a.b/c_d_e).", ["See the page."]),
        ("Type `ls -l` now.", ["Type \ufffc now."]),
        ("1) first\n2) second", ["first", "second"]),
        ("• a point", ["a point"]),
        ("<p>One <i>two</i></p>", ["One two"]),
        ("1\n00:00:01,000 --> 00:00:02,000\nHello", ["Hello"]),
        ("a | b\n--|--\nc | d", ["a", "b", "c", "d"]),
        ("```\ncode\n```\nText", ["Text"]),
        ("<details>\n<summary>More</summary>\nText **bold**\n</details>", ["More", "Text **bold**"]),
    ],
)
def test_what_hardly_is_anything_else_is_a_mark(text: str, translated: list[str]) -> None:
    assert texts_of(text) == translated


def test_a_comparison_is_no_tag_in_a_page() -> None:
    assert texts_of("<p>Take x<y and y>z now</p>", "html") == ["Take x<y and y>z now"]
    assert texts_of("<p>Take <my-y and>z</my-y> now</p>", "html") == ["Take z now"]


def test_none_reads_no_mark() -> None:
    assert parts_of("**Bold** <b>text</b>", "none") is None
    assert parts_of("A plain text.", "markdown") == [Segment("A plain text.")]


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.name)
@pytest.mark.parametrize("as_auto", [False, True])
def test_what_nobody_changes_comes_back_to_the_letter(path, as_auto: bool) -> None:
    text, kind = sample(path), "auto" if as_auto else KINDS[path.suffix]
    (answer,) = unchanged().answers([text], kind)[0]
    assert answer.text == text
    assert answer.flags == ()
    assert "".join(piece.text for piece in unchanged().pieces(text, kind)) == text


#: Openings without an end, and what else makes a scanner look far ahead.
REPEATED = [
    "*", "_", "~~", "`", "<", "[", "![", "](", "]", "\\", "&", "&amp", "<!--", "<a ", '<a b="', "</", "<b", "**a",
    "*a_ ", "[a](", "[[a]", "](x \"", "[^1", "``` ", "<script>", "{\\", "a*b _c ", "> ",
    "[a]: b ", "(", "<b><i>", "[a]( ", "a <td> ", "a </td> ", "<td> a\n", "A: ", "(a)\n", "__H<sub>2</sub>O__ ",
]  # fmt: skip


@pytest.mark.parametrize("mark", ["`", "<", "*", "["])
def test_a_row_of_one_mark_is_scanned_once(mark: str) -> None:
    for text in (mark * 20_000, (mark + " ") * 20_000, (mark + "a") * 20_000):
        start = time.process_time()
        parts_of(text, "auto")
        assert time.process_time() - start < 2


@pytest.mark.parametrize("mark", ["__", "_", "**", "~~"])
def test_a_mark_may_touch_a_subscript(mark: str) -> None:
    assert texts_of(f"{mark}H<sub>2</sub>O is wet{mark}") == ["\ufffc is wet"]
    (answer,) = unchanged().answers([f"{mark}H<sub>2</sub>O is wet_"], "auto")[0]
    assert answer.text == f"{mark}H<sub>2</sub>O is wet_"


@pytest.mark.parametrize("piece", REPEATED)
def test_time_grows_with_the_length_alone(piece: str) -> None:
    """What looks ahead at each mark would take minutes."""
    text = piece * (60_000 // len(piece))
    for kind in ("auto", "markdown", "html", "subtitles"):
        start = time.process_time()
        parts_of(text, kind)
        assert time.process_time() - start < 3, kind
