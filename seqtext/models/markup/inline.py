"""Marks inside a paragraph: emphasis, links, code, tags, entities; the paragraph becomes segments of plain text.

Everything takes time linear in the text, whatever it holds.
"""

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Callable, Sequence
from typing import NamedTuple

from seqtext.models.markup.builder import Builder
from seqtext.models.markup.emphasis import Run, matched, run_at
from seqtext.models.markup.nesting import ELEMENT, EMPHASIS, LINK, Pairing, nested
from seqtext.models.markup.parts import Part
from seqtext.models.markup.tags import ENTITY, Tags, lone_tags

_LONGEST_LABEL = 999  # characters

_INTEREST = {
    "markdown": re.compile(r"[\\`*_<&\n\]]|~~|==|!?\["),
    "html": re.compile(r"[<&\n]"),
    "subtitles": re.compile(r"[<\n]|\{\\|\\[Nnh]"),
}
_DESTINATION = r"(?:<[^<>\n]*>|(?:[^\s()\\<]|\\.|\((?:[^\s()\\]|\\.)*\))(?:[^\s()\\]|\\.|\((?:[^\s()\\]|\\.)*\))*)?"
_SPACE = r"[ \t\n]{0,99}"
_TARGET = re.compile(rf"""\({_SPACE}{_DESTINATION}(?:[ \t\n]{_SPACE}(?:"[^"]*"|'[^']*'|\([^()]*\)))?{_SPACE}\)""")
ADDRESS = re.compile(r"[/:#@?=<]|\w\.\w|^\(\)$")  # what hardly anything else holds
_REFERENCE = re.compile(r"\[([^\[\]\n]{0,999})\]")
_WIKI = re.compile(r"\[\[([^\[\]|\n]{1,200})(?:\|([^\[\]|\n]{1,200}))?\]\]")
_FOOTNOTE = re.compile(r"\[\^[^\s\[\]]{1,99}\]")
_AUTOLINK = re.compile(r"<(?:[A-Za-z][A-Za-z0-9+.-]{1,31}:[^\s<>]*|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)>")
_ESCAPE = re.compile(r"\\[!-/:-@\[-`{-~]")
_SCRIPT = re.compile(r"<(su[bp])\b[^<>]*>((?:<[^<>]*>|[^<>\s]){1,60}?)</\1>", re.IGNORECASE)
_FORMULA = re.compile(r"(?:<(su[bp])\b[^<>]*>[^<>\s]{1,12}</\1>[^\W_]*)+", re.IGNORECASE)
_WORD_BEFORE = re.compile(r"[^\W_]+$")  # _ may be a mark
_LONGEST_FORMULA = 20  # characters before its first subscript
_FORMULA_WORD = 4  # letters; of a word as long, a superscript is a footnote
_DUNDER = re.compile(r"__[a-z0-9_]+__")  # a name of Python's
_BACKTICKS = re.compile("`+")
_CUE_POINT = re.compile(r"<\d[\d:.]*>|\{\\[^{}\n]{0,999}\}|\\h")
_CUE_TAG = re.compile(r"<(/?)([cv]|lang)((?:\.[^\s<>.]+)*(?:\s[^<>\n]*)?)>")


class Rules(NamedTuple):
    """What counts as a mark: of markdown (with HTML inside), html or subtitles.

    strict: whether only what is hardly anything else does; references: labels of links defined elsewhere in the text
    """

    kind: str
    strict: bool = False
    references: frozenset[str] = frozenset()


class Token(NamedTuple):
    """A mark, or what is no text; kind: open, close, point, divider, carried, entity, escape, break, image, link."""

    kind: str
    start: int
    end: int
    name: str = ""


def is_marked(text: str, rules: Rules) -> bool:
    """Tell whether a paragraph holds a mark; a line break or a backslash alone is none."""
    scan = _Scan(text, rules)
    return bool(scan.pairings) or any(token.kind not in ("break", "escape") for token in scan.tokens)


def segments(text: str, breaks: Sequence[tuple[str, bool]], rules: Rules) -> list[Part]:
    """Cut a paragraph into segments and the literals between them.

    text: the paragraph, with a line feed for each line break
    breaks: each as typed, with what stands around it; whether a sentence may go on behind it
    """
    scan = _Scan(text, rules)
    places = [place for place, char in enumerate(text) if char == "\n"] if breaks else []

    def typed(start: int, end: int) -> str:
        pieces, number = [], bisect_left(places, start)
        for piece in text[start:end].split("\n"):
            pieces += [piece, breaks[number][0] if number < len(breaks) else ""]
            number += 1
        return "".join(pieces[:-1])

    soft = {place for place, (_, goes_on) in zip(places, breaks, strict=True) if goes_on}
    tokens = [
        token._replace(kind="divider") if token.kind == "break" and token.start not in soft else token
        for token in scan.tokens
    ]
    return _built(text, tokens, scan.pairings, typed, rules)


class _Scan:
    """The marks of a text: `tokens` in order, `pairings` in any."""

    def __init__(self, text: str, rules: Rules) -> None:
        self._text, self._rules = text, rules
        self.tokens: list[Token] = []
        self.pairings: list[Pairing] = []
        self._tags, self._runs, self._brackets = Tags(text, rules.strict), list[Run](), list[tuple[int, int, int]]()
        self._linked = 0  # how many of the first brackets stand before a link that is closed
        self._ticks: dict[int, list[int]] = defaultdict(list)
        if rules.kind == "markdown":
            for found in _BACKTICKS.finditer(text):
                self._ticks[found.end() - found.start()].append(found.start())
        self._read()
        self.pairings += [
            Pairing(one[:2], one[2:], EMPHASIS)
            for one in matched(self._runs)
            if not (rules.strict and _DUNDER.fullmatch(text, one[0], one[3]))
        ]
        self._match_elements()

    def _read(self) -> None:
        interest, place = _INTEREST[self._rules.kind], 0
        while found := interest.search(self._text, place):
            place = self._take(found[0], found.start()) or found.end()

    def _take(self, mark: str, place: int) -> int:
        """Take what begins with a mark; where it ends, 0 where it is text."""
        if mark == "\n":
            return self._add("break", place, place + 1)
        if mark == "<":
            return self._tag(place)
        if mark == "&":
            return self._pattern("entity", ENTITY, place)
        if self._rules.kind == "subtitles":
            return (
                self._add("divider", place, place + 2)
                if mark in ("\\N", "\\n")
                else self._pattern("point", _CUE_POINT, place)
            )
        if mark == "`":
            return self._code(place)
        if mark == "\\":
            return self._pattern("escape", _ESCAPE, place)
        if mark in ("[", "!["):
            return self._bracket(mark, place)
        if mark == "]":
            return self._link(place)
        run = run_at(self._text, place, self._rules.strict)
        self._runs.append(run)
        return run.end

    def _add(self, kind: str, start: int, end: int, name: str = "") -> int:
        self.tokens.append(Token(kind, start, end, name))
        return end

    def _pattern(self, kind: str, pattern: re.Pattern[str], place: int) -> int:
        found = pattern.match(self._text, place)
        return self._add(kind, place, found.end()) if found else 0

    def _tag(self, place: int) -> int:
        if self._rules.kind == "subtitles" and (found := _CUE_TAG.match(self._text, place)):
            return self._add("close" if found[1] else "open", place, found.end(), found[2].lower())
        if self._rules.kind == "subtitles" and (end := self._pattern("point", _CUE_POINT, place)):
            return end
        if self._rules.kind == "markdown" and (end := self._pattern("carried", _AUTOLINK, place)):
            return end
        if end := self._script(place):
            return end
        tag = self._tags.at(place)
        return 0 if tag is None else self._add(tag.kind, place, tag.end, tag.name)

    def _script(self, place: int) -> int:
        """A subscript or superscript: a part of the word around it, as in H<sub>2</sub>O, or the mark of a footnote."""
        found = _SCRIPT.match(self._text, place)
        if found is None:
            return 0
        least = self.tokens[-1].end if self.tokens else 0
        before = _WORD_BEFORE.search(self._text, max(least, place - _LONGEST_FORMULA), place)
        word = before[0] if before else ""
        whole = _FORMULA.match(self._text, place) if word else None
        if whole and (whole.end() > found.end() or len(word) < _FORMULA_WORD or word[-1].isdigit()):
            return self._add("carried", place - len(word), whole.end())
        text = re.sub("<[^<>]*>", "", found[2])
        return 0 if any(map(str.isalpha, text)) else self._add("point", place, found.end())

    def _code(self, place: int) -> int:
        """A code span, up to the next run of as many backticks; such a run without another is text."""
        found = _BACKTICKS.match(self._text, place)
        assert found is not None
        size = found.end() - place
        same = self._ticks[size]
        following = bisect_left(same, found.end())
        if following == len(same) or (self._rules.strict and not self._is_code(place, same[following], size)):
            return found.end()
        return self._add("carried", place, same[following] + size)

    def _is_code(self, start: int, end: int, size: int) -> bool:
        """Whether what stands between backticks hardly is anything else: 5 o`clock and ``quotes'' are."""
        text, inside = self._text, self._text[start + size : end]
        apart = not text[start - 1 : start].isalnum() and not text[end + size : end + size + 1].isalnum()
        return apart and ("`" in inside or inside == inside.strip())

    def _bracket(self, mark: str, place: int) -> int:
        if mark == "[" and (end := self._pattern("point", _FOOTNOTE, place)):
            return end
        if mark == "[" and (wiki := _WIKI.match(self._text, place)):
            return self._wiki(wiki)
        self._brackets.append((place, len(mark), len(self.tokens)))
        return place + len(mark)

    def _wiki(self, found: re.Match[str]) -> int:
        """A link of a wiki: [[page]] is copied, of [[page|words]] the words are text."""
        if not found[2]:
            return self._add("carried", *found.span())
        self.pairings.append(Pairing((found.start(), found.start(2)), (found.end(2), found.end()), LINK))
        return found.end()

    def _link(self, place: int) -> int:
        """What a closing bracket ends: a link, an image, or nothing."""
        if not self._brackets:
            return 0
        start, size, count = self._brackets.pop()
        inner, self._linked = self._linked > len(self._brackets), min(self._linked, len(self._brackets))
        closing = None if inner and size == 1 else self._closing(start + size, place)
        if closing is None:
            return 0
        if size == 2:
            del self.tokens[count:]
            while self.pairings and self.pairings[-1].opening[0] > start:
                self.pairings.pop()
            while self._runs and self._runs[-1].start > start:
                self._runs.pop()
            return self._add("image", start, closing, str(place))
        self._linked = len(self._brackets)  # no link holds another
        self.pairings.append(Pairing((start, start + size), (place, closing), LINK))
        return closing

    def _closing(self, start: int, place: int) -> int | None:
        """Where the target of a link ends, whose text ends at a place."""
        if target := _TARGET.match(self._text, place + 1):
            sure = ADDRESS.search(target[0]) and not self._text[start - 2 : start - 1].isalnum()
            return target.end() if sure or not self._rules.strict else None
        if not self._rules.references or place - start > _LONGEST_LABEL:
            return None
        label = _REFERENCE.match(self._text, place + 1)
        name = (label[1] if label else "") or self._text[start:place]
        if " ".join(name.split()).casefold() not in self._rules.references:
            return None
        return label.end() if label else place + 1

    def _match_elements(self) -> None:
        """Match opening and closing tags by name; one without the other is a point, or, where strict, text."""
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
            (one.start, one.end, one.name) for one in self.tokens if one.kind == "divider" and one.name[:1].isalpha()
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
    for number, one in enumerate(kept):
        items += [(*one.opening, "open", "", number), (*one.closing, "close", "", number)]
    for one in crossing:
        if one.rank != EMPHASIS and not (rules.strict and one.rank == ELEMENT):
            items += [(*one.opening, "point", "", 0), (*one.closing, "point", "", 0)]
    builder = Builder(text, typed)
    for start, end, kind, name, number in sorted(items):
        builder.take(start, end, kind, name, number)
    return builder.parts()
