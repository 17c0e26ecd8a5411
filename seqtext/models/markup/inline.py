"""Find inline marks of a paragraph: emphasis, links, code spans, tags, entities.

A paragraph becomes segments of plain text, in time linear in the text, whatever it holds.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from seqtext.models.markup.builder import Builder
from seqtext.models.markup.emphasis import Run, matched, run_at
from seqtext.models.markup.messages import DEEPEST, hidden, messages
from seqtext.models.markup.nesting import ELEMENT, EMPHASIS, LINK, Pairing, nested
from seqtext.models.markup.parts import Part
from seqtext.models.markup.scripts import script_at
from seqtext.models.markup.tags import ENTITY, Tags, lone_tags
from seqtext.models.markup.titles import TITLE

_LONGEST_LABEL = 999  # characters

_INTEREST = {
    "markdown": re.compile(r"[\\`*_<&\n\]]|~~|==|!?\["),
    "html": re.compile(r"[<&\n]"),
    "subtitles": re.compile(r"[<\n]|\{\\|\\[Nnh]"),
}
_DESTINATION = r"(?:<[^<>\n]*>|(?:[^\s()\\<]|\\.|\((?:[^\s()\\]|\\.)*\))(?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.)*\))*)?"
_SPACE = r"[ \t\n]{0,99}"
_TARGET = re.compile(rf"\({_SPACE}{_DESTINATION}(?:[ \t\n]{_SPACE}{TITLE})?{_SPACE}\)")
ADDRESS = re.compile(r"[/:#@?=<]|\w\.\w|^\(\)$")  # characters that hardly stand in parentheses but in addresses
_REFERENCE = re.compile(r"\[([^\[\]\n]{0,999})\]")
_WIKI = re.compile(r"\[\[([^\[\]|\n]{1,200})(?:\|([^\[\]|\n]{1,200}))?\]\]")
_FOOTNOTE = re.compile(r"\[\^[^\s\[\]]{1,99}\]")
_AUTOLINK = re.compile(r"<(?:[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)>")
_ESCAPE = re.compile(r"\\[!-/:-@\[-`{-~]")
_DUNDER = re.compile(r"__[a-z0-9_]+__")  # a name of Python's
_BACKTICKS = re.compile("`+")
_CUE_POINT = re.compile(r"<\d[\d:.]*>|\{\\[^{}\n]{0,999}\}|\\h")
_CUE_TAG = re.compile(r"<(/?)([cv]|lang)((?:\.[^\s<>.]+)*(?:\s[^<>\n]*)?)>")


class Rules(NamedTuple):
    """Hold rules for marks: of markdown (with HTML inside), html or subtitles.

    strict: whether a mark that may be something else is text
    references: normalised labels of the link reference definitions of the whole document
    messages: how many messages with cases are around the text
    """

    kind: str
    strict: bool = False
    references: frozenset[str] = frozenset()
    messages: int = 0


class Token(NamedTuple):
    """Hold a single inline mark, from start to end in the paragraph.

    kind: open, close, point (stands alone), divider (ends a segment), carried (copied inside a sentence), entity,
    escape, break, image, message
    name: of a tag's element; of an image, the position of the bracket after its text
    """

    kind: str
    start: int
    end: int
    name: str = ""


def is_marked(text: str, rules: Rules) -> bool:
    """Tell whether a paragraph holds a mark. Line breaks and backslashes do not count."""
    scan = _Scan(text, rules)
    return bool(scan.pairings) or any(token.kind not in ("break", "escape") for token in scan.tokens)


def segments(text: str, breaks: Sequence[tuple[str, bool]], rules: Rules) -> list[Part]:
    """Cut a paragraph into segments and the literals between them.

    text: the paragraph, with a line feed for each line break
    breaks: of each line break, in order: how it was typed, with the marks of blocks beside it; whether a sentence may
        go on after it
    rules: what counts as a mark
    returns the parts in order
    """
    scan = _Scan(text, rules)
    positions = [position for position, char in enumerate(text) if char == "\n"] if breaks else []

    def typed(start: int, end: int) -> str:
        pieces, number = [], bisect_left(positions, start)
        for piece in text[start:end].split("\n"):
            pieces += [piece, breaks[number][0] if number < len(breaks) else ""]
            number += 1
        return "".join(pieces[:-1])

    soft = {position for position, (_, goes_on) in zip(positions, breaks, strict=True) if goes_on}
    tokens = [
        token._replace(kind="divider") if token.kind == "break" and token.start not in soft else token
        for token in scan.tokens
    ]
    return _built(text, tokens, scan.pairings, typed, rules)


class _Scan:
    """Scan a paragraph for marks: `tokens` in order, `pairings` in any."""

    def __init__(self, text: str, rules: Rules) -> None:
        spans = messages(text) if rules.messages < DEEPEST else []
        text = hidden(text, spans)
        self._text, self._rules = text, rules
        self.tokens: list[Token] = []
        self.pairings: list[Pairing] = []
        self._tags, self._runs, self._brackets = Tags(text, rules.strict), list[Run](), list[tuple[int, int, int]]()
        self._linked = 0  # how many of the first brackets hold a complete link, so that they open none
        self._ticks: dict[int, list[int]] = defaultdict(list)
        if rules.kind == "markdown":
            for match in _BACKTICKS.finditer(text):
                self._ticks[match.end() - match.start()].append(match.start())
        self._read()
        self.tokens += [Token("message", start, end) for start, end in spans]
        if rules.messages:  # where a number stands
            self.tokens += [Token("carried", *match.span()) for match in re.finditer("#", text)]
        self.pairings += [
            Pairing(delimiters[:2], delimiters[2:], EMPHASIS)
            for delimiters in matched(self._runs)
            if not (rules.strict and _DUNDER.fullmatch(text, delimiters[0], delimiters[3]))
        ]
        self._match_elements()

    def _read(self) -> None:
        interest, position = _INTEREST[self._rules.kind], 0
        while match := interest.search(self._text, position):
            position = self._take(match[0], match.start()) or match.end()

    def _take(self, mark: str, position: int) -> int:
        """Take what begins with a mark; return its end, 0 where it is text."""
        if mark == "\n":
            return self._add("break", position, position + 1)
        if mark == "<":
            return self._tag(position)
        if mark == "&":
            return self._pattern("entity", ENTITY, position)
        if self._rules.kind == "subtitles":
            return (
                self._add("divider", position, position + 2)
                if mark in ("\\N", "\\n")
                else self._pattern("point", _CUE_POINT, position)
            )
        if mark == "`":
            return self._code(position)
        if mark == "\\":
            return self._pattern("escape", _ESCAPE, position)
        if mark in ("[", "!["):
            return self._bracket(mark, position)
        if mark == "]":
            return self._link(position)
        run = run_at(self._text, position, self._rules.strict)
        self._runs.append(run)
        return run.end

    def _add(self, kind: str, start: int, end: int, name: str = "") -> int:
        self.tokens.append(Token(kind, start, end, name))
        return end

    def _pattern(self, kind: str, pattern: re.Pattern[str], position: int) -> int:
        match = pattern.match(self._text, position)
        return self._add(kind, position, match.end()) if match else 0

    def _tag(self, position: int) -> int:
        if self._rules.kind == "subtitles" and (match := _CUE_TAG.match(self._text, position)):
            return self._add("close" if match[1] else "open", position, match.end(), match[2].lower())
        if self._rules.kind == "subtitles" and (end := self._pattern("point", _CUE_POINT, position)):
            return end
        if self._rules.kind == "markdown" and (end := self._pattern("carried", _AUTOLINK, position)):
            return end
        if script := script_at(self._text, position, self.tokens[-1].end if self.tokens else 0):
            return self._add(*script)
        tag = self._tags.at(position)
        return 0 if tag is None else self._add(tag.kind, position, tag.end, tag.name)

    def _code(self, position: int) -> int:
        """Take a code span, up to the next run of as many backticks; without one, the run is text."""
        match = _BACKTICKS.match(self._text, position)
        assert match is not None
        size = match.end() - position
        same = self._ticks[size]
        following = bisect_left(same, match.end())
        if following == len(same) or (self._rules.strict and not self._is_code(position, same[following], size)):
            return match.end()
        return self._add("carried", position, same[following] + size)

    def _is_code(self, start: int, end: int, size: int) -> bool:
        """Tell whether text between backticks must be code: that in 5 o`clock and ``quotes'' need not."""
        text, inside = self._text, self._text[start + size : end]
        apart = not text[start - 1 : start].isalnum() and not text[end + size : end + size + 1].isalnum()
        return apart and ("`" in inside or inside == inside.strip())

    def _bracket(self, mark: str, position: int) -> int:
        if mark == "[" and (end := self._pattern("point", _FOOTNOTE, position)):
            return end
        if mark == "[" and (wiki := _WIKI.match(self._text, position)):
            return self._wiki(wiki)
        self._brackets.append((position, len(mark), len(self.tokens)))
        return position + len(mark)

    def _wiki(self, match: re.Match[str]) -> int:
        """Take a link of a wiki: [[page]] is copied, of [[page|words]] the words are text."""
        if not match[2]:
            return self._add("carried", *match.span())
        self.pairings.append(Pairing((match.start(), match.start(2)), (match.end(2), match.end()), LINK))
        return match.end()

    def _link(self, position: int) -> int:
        """Take the link or the image that a closing bracket ends; return its end, 0 for none."""
        if not self._brackets:
            return 0
        start, size, count = self._brackets.pop()
        inner, self._linked = self._linked > len(self._brackets), min(self._linked, len(self._brackets))
        closing = None if inner and size == 1 else self._closing(start + size, position)
        if closing is None:
            return 0
        if size == 2:
            del self.tokens[count:]
            while self.pairings and self.pairings[-1].opening[0] > start:
                self.pairings.pop()
            while self._runs and self._runs[-1].start > start:
                self._runs.pop()
            return self._add("image", start, closing, str(position))
        self._linked = len(self._brackets)  # no link holds another
        self.pairings.append(Pairing((start, start + size), (position, closing), LINK))
        return closing

    def _closing(self, start: int, end: int) -> int | None:
        """Find the end of a link, target or label, whose text stands from start to end; None for no link."""
        if target := _TARGET.match(self._text, end + 1):
            sure = ADDRESS.search(target[0]) and not self._text[start - 2 : start - 1].isalnum()
            return target.end() if sure or not self._rules.strict else None
        if not self._rules.references or end - start > _LONGEST_LABEL:
            return None
        label = _REFERENCE.match(self._text, end + 1)
        name = (label[1] if label else "") or self._text[start:end]
        if " ".join(name.split()).casefold() not in self._rules.references:
            return None
        return label.end() if label else end + 1

    def _match_elements(self) -> None:
        """Match opening and closing tags by name; a single tag is a point, or, where strict, text."""
        waiting: dict[str, list[int]] = defaultdict(list)
        single = set()
        for number, token in enumerate(self.tokens):
            if token.kind == "open":
                waiting[token.name].append(number)
            elif token.kind == "close" and waiting[token.name]:
                opened = self.tokens[waiting[token.name].pop()]
                self.pairings.append(Pairing((opened.start, opened.end), (token.start, token.end), ELEMENT))
            elif token.kind == "close":
                single.add(number)
        single.update(number for numbers in waiting.values() for number in numbers)
        tags = [
            (divider.start, divider.end, divider.name)
            for divider in self.tokens
            if divider.kind == "divider" and divider.name[:1].isalpha()
        ]
        text = lone_tags(self._text, tags) if self._rules.strict else set()
        kept = []
        for number, token in enumerate(self.tokens):
            if token.kind in ("open", "close"):
                if number in single and not self._rules.strict:
                    kept.append(token._replace(kind="point"))
            elif token.start not in text:
                kept.append(token)
        self.tokens = kept


def _built(
    text: str, tokens: Sequence[Token], pairings: Sequence[Pairing], typed: Callable[[int, int], str], rules: Rules
) -> list[Part]:
    dividers = [token.start for token in tokens if token.kind == "divider"]
    kept, crossing = nested(pairings, dividers)
    items = [(token.start, token.end, token.kind, token.name, 0) for token in tokens]
    for number, pairing in enumerate(kept):
        close = "link" if pairing.rank == LINK else "close"
        items += [(*pairing.opening, "open", "", number), (*pairing.closing, close, "", number)]
    for pairing in crossing:
        if pairing.rank != EMPHASIS and not (rules.strict and pairing.rank == ELEMENT):
            items += [(*pairing.opening, "point", "", 0), (*pairing.closing, "point", "", 0)]

    def cut(inner: str, breaks: Sequence[tuple[str, bool]], deeper: int) -> list[Part]:
        return segments(inner, breaks, rules._replace(messages=rules.messages + deeper))

    builder = Builder(text, typed, cut)
    for start, end, kind, name, number in sorted(items):
        builder.take(start, end, kind, name, number)
    return builder.parts()
