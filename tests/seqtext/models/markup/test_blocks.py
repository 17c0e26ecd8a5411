"""Which lines of Markdown are code: as CommonMark says, and as markdown-it-py reads them."""

import random
import time

import pytest

from seqtext.models.markup.parts import Segment
from seqtext.models.markup.reading import parts_of

STARTS = [
    "",
    "    ",
    "  ",
    "      ",
    "        ",
    "- ",
    "1. ",
    "> ",
    "> - ",
    ">     ",
    ">   ",
    "  - ",
    "# ",
    "- # ",
    "> > ",
]
BETWEEN = [
    "\n",
    "\n",
    "\n",
    "\n",
    "",
    "\n>",
    "\n```\nx\n```",
    "\n\n```\nx\n```\n",
    "\n---",
    "\n\n---\n",
    "\n<!-- x -->",
]


def translated(text: str) -> list[str]:
    return [part.text for part in parts_of(text, "markdown") or () if isinstance(part, Segment)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- A list\n\n```\nx\n```\n\n    some code\n", ["A list"]),
        ("- A list\n\n# Title\n\n    some code\n", ["A list", "Title"]),
        ("- A list\n\n---\n\n    some code\n", ["A list"]),
        ("- A list\n\n<!-- x -->\n\n    some code\n", ["A list"]),
        ("- A list\n\na|b\n-|-\n\n    some code\n", ["A list", "a", "b"]),
        ("> - A quoted list\n\n    some code\n", ["A quoted list"]),
        ("> - A quoted list\n>\n>     more of it\n\n>     some code\n", ["A quoted list", "more of it"]),
        ("> Text\n>\n>     some code\n> Text\n", ["Text", "Text"]),
        ("# Title\n    some code\nText", ["Title", "Text"]),
        ("```\nx\n```\n    some code\n", []),
        ("Text\n    goes on\n", ["Text goes on"]),
        ("- One\n12\n\n    more of it\n", ["One", "more of it"]),
        ("- [ ] One\n\n    more of it\n", ["One", "more of it"]),
        ("- # Title\n\n    more of it\n\n      some code", ["Title", "more of it"]),
        ("1. One\n\n    - Two\n\n        more of it\n\n    more\n\n       some code\n",
         ["One", "Two", "more of it", "more"]),
        ("[^1]: A note\n\n    more of it\n\n    and more\n\n        some code", ["A note", "more of it", "and more"]),
        ("!!! note\n\n    One\n\n    two\n\n        some code\n", ["One", "two"]),
        ("\tsome code\n\n- One\n\n\tmore of it\n\n\t\tsome code\n", ["One", "more of it"]),
        ("* * *\n\n    some code\n", []),
    ],
)  # fmt: skip
def test_indented_code_is_copied_wherever_it_stands(text: str, expected: list[str]) -> None:
    """Only a paragraph ended a list: code after a fence was translated, that of a quote never copied."""
    assert translated(text) == expected


@pytest.mark.parametrize("seed", range(4))
def test_lines_are_code_where_another_reader_finds_code(seed: int) -> None:
    from markdown_it import MarkdownIt

    draw, markdown = random.Random(seed), MarkdownIt("commonmark")
    for _ in range(150):
        lines = [f"{draw.choice(STARTS)}w{number} is{draw.choice(BETWEEN)}" for number in range(draw.randint(2, 6))]
        text = "\n".join(lines)
        inline = " ".join(token.content for token in markdown.parse(text) if token.type == "inline")
        ours, theirs = (set(words.split()) for words in (" ".join(translated(text)), inline))
        assert {word for word in ours if word[0] == "w"} == {word for word in theirs if word[0] == "w"}, text


@pytest.mark.parametrize("line", ["- " * 20_000, "> " * 20_000, " " * 40_000 + "x", "> - " * 10_000])
def test_time_grows_with_the_length_alone(line: str) -> None:
    text = f"{line}\n" + "\n" * 20_000 + "    a\n\n" * 5_000
    start = time.process_time()
    parts_of(text, "markdown")
    assert time.process_time() - start < 3
