"""Marked-up texts for tests: samples, translators of words, and what other programs read in a text and its answer."""

import re
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path
from typing import NamedTuple

import numpy as np

from seqtext.models.alignment import WordAlignment
from seqtext.models.markup.tags import INLINE
from seqtext.models.markup.translating import Translating

SAMPLES = sorted((Path(__file__).parents[1] / "golden" / "marked").iterdir())
KINDS = {".md": "markdown", ".html": "html", ".srt": "subtitles", ".vtt": "subtitles"}

_WORD = re.compile(r"\w+(?:['’]\w+)*|[^\w\s]")
_STAND_IN = re.compile("[\ue000-\uf8ff]")


class Answer(NamedTuple):
    """An answer of a translator that stands in for one."""

    text: str
    score: float = -1.0
    flags: tuple = ()


def sample(path: Path) -> str:
    """The text of a sample with its line ends and byte order mark."""
    return path.read_bytes().decode("utf-8")


def backwards(text: str) -> str:
    """The words of a sentence in capitals, the last one first; its last sign stays the last."""
    end = re.search(r"[.!?…:]*$", text)[0]
    return " ".join(text[: len(text) - len(end)].upper().split()[::-1]) + end


def words_of(text: str) -> list[tuple[int, int]]:
    """Where the words and signs of a text stand."""
    return [found.span() for found in _WORD.finditer(text)]


def align_backwards(source: str, target: str) -> WordAlignment:
    """Which word of `backwards` came from which: letters tell, and, where they come twice, the order."""
    sides = [words_of(source), words_of(target)]
    weights = np.zeros((len(sides[1]), len(sides[0])), np.float32)
    free = list(range(len(sides[0])))
    for row, (start, end) in enumerate(sides[1]):
        same = [k for k in free if source[slice(*sides[0][k])].upper() == target[start:end]]
        if same:
            weights[row, same[-1]] = 1.0
            free.remove(same[-1])
    return WordAlignment(*sides, weights)


def translating(change: Callable[[str], str] = backwards, align: Callable = align_backwards) -> Translating:
    """What translates marked-up texts by a change of each sentence."""
    return Translating(
        lambda texts: [[Answer(change(text))] for text in texts],
        lambda pairs: [align(*pair) for pair in pairs],
        lambda text: text,
    )


def unchanged() -> Translating:
    """What gives each sentence back."""
    return translating(lambda text: text, lambda source, target: None)


class _Events(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found: list[tuple[str, str]] = []

    def handle_starttag(self, tag, attrs) -> None:
        shown = [(name, "" if name in ("alt", "title", "placeholder") else value) for name, value in attrs]
        self.found.append((tag, f"<{tag} {shown}>"))

    def handle_endtag(self, tag) -> None:
        self.found.append((tag, f"</{tag}>"))

    def handle_comment(self, data) -> None:
        self.found.append(("!", data))

    handle_decl = handle_pi = handle_comment


def skeleton(page: str) -> list[list[str]]:
    """The tags of a page by html.parser: those of blocks in order, those inside sentences sorted between them."""
    parser = _Events()
    parser.feed(page)
    parser.close()
    found: list[list[str]] = [[]]
    for tag, shown in parser.found:
        if tag in INLINE or tag in ("img", "code", "kbd", "wbr", "input", "my-note"):
            found[-1].append(shown)
        else:
            found += [[shown], []]
    return [sorted(some) for some in found]


def rendered(text: str) -> str:
    """Markdown as HTML, by markdown-it-py."""
    from markdown_it import MarkdownIt

    body = re.sub(r"\A---\n.*?\n---\n", "", text, flags=re.DOTALL)  # of which it knows nothing
    return MarkdownIt("commonmark").enable(["table", "strikethrough"]).render(body)


def code_of(text: str) -> list[str]:
    """The blocks of code of Markdown in order, then what is code inside sentences, sorted; by markdown-it-py."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("commonmark").enable("table").parse(text)
    inner = [child.content for token in tokens for child in token.children or () if child.type == "code_inline"]
    return [token.content for token in tokens if token.type in ("fence", "code_block")] + sorted(inner)


def cues_of(text: str, suffix: str) -> list[tuple[int, int, int]]:
    """Start, end and number of lines of each cue; by pysubs2."""
    from pysubs2 import SSAFile

    found = SSAFile.from_string(text.lstrip("\ufeff"), format_=suffix.strip("."), keep_unknown_html_tags=True)
    return [(one.start, one.end, len(one.plaintext.split("\n"))) for one in found]
