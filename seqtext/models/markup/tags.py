"""Read HTML tags, comments, entities, and the attributes that people read."""

import html
import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from seqtext.models.markup.parts import Part, Segment


def _set(words: str) -> frozenset[str]:
    return frozenset(words.split())


#: Elements inside a sentence; whatever else is known ends one.
INLINE = _set(
    "a abbr acronym b bdi bdo big cite data del dfn em font i ins mark q ruby s small span strike strong sub sup time "
    "tt u"
)
_BLOCKS = _set(
    "address area article aside audio base blockquote body button canvas caption center col colgroup datalist dd "
    "details dialog dir div dl dt embed fieldset figcaption figure footer form frame frameset h1 h2 h3 h4 h5 h6 head "
    "header hgroup hr html iframe label legend li link main map menu meta meter nav noscript object ol optgroup option "
    "output p param picture progress search section select slot source summary table tbody td template textarea tfoot "
    "th thead title tr track ul video rt rp br"
)
#: Elements that are copied with what they hold: those of blocks, those inside a sentence.
COPIED_BLOCKS = _set("script style pre svg math")
COPIED = _set("code kbd samp var")
_POINTS = _set("img input wbr")
VOID = _set("area base br col embed hr img input link meta param source track wbr")
KNOWN = INLINE | _BLOCKS | COPIED_BLOCKS | COPIED | _POINTS

_NAME = r"[A-Za-z][A-Za-z0-9:.-]*"
_VALUE = r"""(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+(?![^\s"'=<>`]))"""
_TAG = re.compile(rf"<({_NAME})((?:\s+[^\s\"'<>/=]+(?:\s*=\s*{_VALUE})?|\s*/(?!>))*)\s*(/?)>")
_CLOSE = re.compile(rf"</({_NAME})\s*>")
_BARE = _set(
    "allowfullscreen async autofocus autoplay checked controls default defer disabled download hidden ismap itemscope "
    "loop multiple muted nomodule novalidate open playsinline readonly required reversed selected"
)
_ATTRIBUTE = re.compile(rf"\s+([^\s\"'<>/=]+)(\s*=\s*{_VALUE})?")
_UNTRANSLATED = re.compile(
    r"""\stranslate\s*=\s*["']?no\b|\sclass\s*=\s*["']?[^"'>]{0,999}\bnotranslate\b""", re.IGNORECASE
)
#: Attributes that people read, in any element and in some: their names, and what else the element must say.
_SPOKEN = _set("alt title placeholder aria-label aria-description aria-placeholder aria-roledescription")
_SPOKEN_OF = {
    "option": ("label", ""), "optgroup": ("label", ""), "track": ("label", ""),
    "input": ("value", r"\stype\s*=\s*[\"']?(?:submit|button|reset)\b"),
    "meta": ("content", r"\s(?:name|property)\s*=\s*[\"']?(?:(?:og:|twitter:)?(?:description|title))[\"'\s]"),
}  # fmt: skip
_QUOTES = {'"': "&quot;", "'": "&#39;"}  # around the value of an attribute → how they are written inside
ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


class Tag(NamedTuple):
    """Hold a tag, comment or declaration.

    A copied element is held whole.

    kind: open, close, point (stands alone), divider (ends a segment), carried (copied inside a sentence)
    name: of the element, in small letters; end: the position after it
    """

    kind: str
    name: str
    end: int


class Tags:
    """Scan a text for tags, in time linear in the text.

    strict: whether only known elements with usual attributes are tags, as in text that is not known to be HTML
    """

    def __init__(self, text: str, strict: bool) -> None:
        self._text, self._strict = text, strict
        self._missing: dict[str, int] = {}  # end of an element or comment → position from which none comes

    def at(self, position: int) -> Tag | None:
        """Read the tag that begins at a position, where a < stands. Returns None where it is text."""
        text = self._text
        if text.startswith("<!--", position):
            return self._until("-->", position, "point", "<!--")
        if text.startswith(("<!", "<?"), position):
            if self._strict and not re.match(r"<!doctype\s|<\?xml\s", text[position : position + 10], re.IGNORECASE):
                return None
            end = "]]>" if text.startswith("<![CDATA[", position) else ">"
            return self._until(end, position, "divider", "<!")
        closing = _CLOSE.match(text, position)
        if closing:
            return self._closing(closing)
        opening = _TAG.match(text, position)
        return None if opening is None else self._opening(opening)

    def _closing(self, match: re.Match[str]) -> Tag | None:
        name = match[1].lower()
        if self._strict and name not in KNOWN:
            return None
        inside = name in INLINE or name not in KNOWN
        return Tag("close" if inside else "divider", name, match.end())

    def _opening(self, match: re.Match[str]) -> Tag | None:
        name = match[1].lower()
        # x<y and y>z is a comparison everywhere; elements with a hyphen are a page's own.
        if (self._strict or name not in KNOWN) and "-" not in name and not _usual(match[2]):
            return None
        if self._strict and (name not in KNOWN or not _usual(match[2])):
            return None
        copied = name in COPIED_BLOCKS or name in COPIED or _UNTRANSLATED.search(match[2])
        if copied and name not in VOID and not match[3]:
            kind = "carried" if name in COPIED or name in INLINE else "divider"
            whole = self._until(f"</{name}", match.end(), kind, name)
            if whole is not None:
                return whole
            if self._strict:
                return None
        if name in _POINTS:
            return Tag("point", name, match.end())
        inside = name in INLINE or name not in KNOWN
        if inside and match[3]:
            return Tag("point", name, match.end())
        return Tag("open" if inside else "divider", name, match.end())

    def _until(self, wanted: str, start: int, kind: str, name: str) -> Tag | None:
        """Read on to the wanted text, or to an element's own closing tag, after those of elements inside."""
        if start >= self._missing.get(wanted, len(self._text) + 1):
            return None
        if not wanted.startswith("</"):
            end = self._text.find(wanted, start + 2)
            if end >= 0:
                return Tag(kind, name, end + len(wanted))
        elif own_end := self._own_end(name, start):
            return Tag(kind, name, own_end)
        self._missing[wanted] = min(start, self._missing.get(wanted, start))
        return None

    def _own_end(self, name: str, start: int) -> int:
        depth = 1
        for tag in re.compile(rf"<(/?){re.escape(name)}\b[^<>]*>", re.IGNORECASE).finditer(self._text, start):
            depth += -1 if tag[1] else 0 if tag[0].endswith("/>") else 1
            if not depth:
                return tag.end()
        return 0


def _usual(attributes: str) -> bool:
    """Tell whether each attribute has a value or needs none: a <b and c> d is no tag."""
    return all(value or name.lower() in _BARE for name, value in _ATTRIBUTE.findall(attributes))


def lone_tags(text: str, tags: Sequence[tuple[int, int, str]]) -> set[int]:
    """Find block tags without their other half inside lines: texts about HTML.

    tags: (start, end, name) of each tag of a block
    returns the starts of those that are text
    """
    starts, ends, position = set(), set(), 0
    for line in text.split("\n"):
        starts.add(position + len(line) - len(line.lstrip()))
        ends.add(position + len(line.rstrip()))
        position += len(line) + 1
    # Where one tag of a name begins or ends a line, all of that name are tags: <p>One<p>Two.
    sure = VOID.union(name for start, end, name in tags if start in starts or end in ends)
    halves = {(name, text.startswith("</", start)) for start, _, name in tags}
    return {
        start
        for start, end, name in tags
        if name not in sure
        and (name, not text.startswith("</", start)) not in halves
        and text.count("<", start, end) == 1
    }


def spoken_parts(literal: str) -> list[Part]:
    """Cut a tag into literals and the attributes that people read.

    Values of alt, title and the like become segments; a tag with translate=no has none.
    returns the parts in order
    """
    tag = _TAG.fullmatch(literal)
    if tag is None or _UNTRANSLATED.search(tag[2]):
        return [literal]
    more, condition = _SPOKEN_OF.get(tag[1].lower(), ("", ""))
    parts: list[Part] = []
    position = 0
    for attribute in _ATTRIBUTE.finditer(literal, *tag.span(2)):
        name, value = attribute[1].lower(), attribute[2] or ""
        opening = value.lstrip(" \t\r\n=")
        if name not in _SPOKEN and not (name == more and re.search(condition, tag[2] + " ", re.IGNORECASE)):
            continue
        mark = opening[:1]
        if mark in _QUOTES and (segment := text_of(opening[1:-1], ENTITY, {mark: _QUOTES[mark]})):
            start = attribute.end() - len(opening) + 1
            parts += [literal[position:start], segment]
            position = attribute.end() - 1
    return [*parts, literal[position:]]


def text_of(typed: str, escapes: re.Pattern[str], escaped: Mapping[str, str]) -> Segment | None:
    """Make a segment of a quoted text, such as an attribute's value.

    escapes: what is typed for other characters: entities, or two characters for the second one
    escaped: characters that must be escaped → how, unless the text does it otherwise
    returns None for a text without a letter, or one that would not come back as typed
    """
    typed_as = {_unescaped(literal): literal for literal in escapes.findall(typed)}
    text = escapes.sub(lambda literal: _unescaped(literal[0]), typed)
    again = "".join(typed_as.get(char, char) for char in text)
    if again != typed or text != " ".join(text.split()) or not any(map(str.isalpha, text)):
        return None
    return Segment(text, escaped={**escaped, **typed_as}, aside=True)


def _unescaped(literal: str) -> str:
    return html.unescape(literal) if literal.startswith("&") else literal[1:]


def is_block(text: str) -> bool:
    """Tell whether a line begins with a comment or a block tag."""
    if text.startswith("<!--"):
        return True
    tag = _TAG.match(text) or _CLOSE.match(text)
    return tag is not None and tag[1].lower() in KNOWN - INLINE - COPIED - _POINTS - {"br"}
