"""Things that a translation carries over, and the stretches of a source that hold them."""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from seqtext.models.written_forms import count_number, ordinal_digits


class Thing(NamedTuple):
    """Something that a translation carries over."""

    kind: str  # one of `flags.KINDS`
    text: str  # in the source
    back: str  # in the translation

    def count(self, answer: str) -> int:
        """Count how often it stands intact in a text."""
        if self.kind == "number":
            if self.back != self.text and (digits := ordinal_digits(self.text)) != self.text:
                return count_number(digits, answer) - _count(self.text, self.kind, answer)  # 21st is English
            return max(count_number(self.text, answer), count_number(self.back, answer))
        forms = {self.back} if self.kind == "term" else {self.text, self.back}
        return max(_count(form, self.kind, answer) for form in forms)


class Found(NamedTuple):
    """A stretch of a source with things to carry.

    parts: what a translator reads in its place, with a stand-in for each thing; whole: all of it as one thing, where
    it can be written without the translator, as the translation of `parts` must be, too, unless `kept` says how else it
    may come through; kept: what stays text in `parts` and must come through all the same
    """

    start: int
    end: int
    parts: tuple["str | Thing", ...]
    whole: Thing | None = None
    kept: Thing | None = None


def kind_of_stand_in(parts: Iterable["str | Thing"]) -> str:
    """Give the kind of stand-in that things are carried by: names for what is inflected as one, else figures."""
    return "names" if any(isinstance(one, Thing) and one.kind in ("name", "term") for one in parts) else "figures"


Finder = Callable[[str], Iterable[Found]]


def one_thing(found: re.Match[str] | tuple[int, int], text: str, kind: str, back: str | None = None) -> Found:
    """Give a stretch that is one thing; back: in the translation, without it as typed."""
    start, end = found if isinstance(found, tuple) else found.span()
    typed = text[start:end]
    return Found(start, end, (Thing(kind, typed, typed if back is None else back),))


def _count(text: str, kind: str, answer: str) -> int:
    """How often a text stands in another, not inside a word; a name perhaps in the genitive."""
    before = r"(?<!\w)" if text[:1].isalnum() else ""
    after = ("s?" if kind == "name" else "") + (r"(?!\w)" if text[-1:].isalnum() else "")
    return len(re.findall(before + re.escape(text) + after, answer, re.IGNORECASE if kind == "term" else 0))
