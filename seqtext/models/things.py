"""Represent details that translations keep, and their spans. Such details are names and figures."""

import re
from collections.abc import Callable, Iterable
from typing import NamedTuple

from seqtext.models.written_forms import count_number, ordinal_digits


class Thing(NamedTuple):
    """Hold a detail of a source that its translation must keep."""

    kind: str  # one of `flags.KINDS`
    text: str  # in the source
    back: str  # in the translation

    @property
    def is_large(self) -> bool:
        """Tell whether it is a number in billions or trillions."""
        return self.kind == "number" and self.text.lower().rstrip("s").endswith(("billion", "trillion"))

    def count(self, answer: str, language: str = "") -> int:
        """Count the intact occurrences of the detail in a translation.

        language: the code of the translation's language
        """
        if self.kind == "number" and not any(map(str.isnumeric, self.text)):
            return _count(self.back.lower(), self.kind, answer.lower())
        if self.kind == "number":
            if self.back != self.text and (digits := ordinal_digits(self.text)) != self.text:
                return count_number(digits, answer) - _count(self.text, self.kind, answer)  # 21st is English
            # As typed, 2 billion would be a thousand times as much in French.
            forms = {self.back} if self.is_large else {self.text, self.back}
            return max(count_number(form, answer) for form in forms)
        forms = {self.back} if self.kind == "term" else {self.text, self.back}
        if self.kind == "name" and self._is_stuttered(answer):
            return 0
        kind = "" if self.kind == "name" and language == "fr" else self.kind  # Georges is another name than George
        return max(_count(form, kind, answer) for form in forms)

    def _is_stuttered(self, answer: str) -> bool:
        """Tell whether the first or last word of a name stands twice: van van Dijk, Anna Li Li."""
        words = self.back.split(" ")
        first, last = re.escape(words[0]), re.escape(words[-1])
        name = re.escape(self.back)
        return re.search(rf"(?<!\w){first} {name}(?!\w)|(?<!\w){name} {last}(?!\w)", answer) is not None


class Found(NamedTuple):
    """Hold a span of a source with details to keep.

    Where the span can be written without the translator, as a date can, `whole` is all of it as a single detail. The
    translation of `parts` must then be `whole`, too, unless `kept` is another form that is accepted. Where `parts` is
    the word million, `scale` is what it stands for: billion or trillion.
    """

    start: int  # indices of characters
    end: int
    parts: tuple["str | Thing", ...]  # what a translator reads in its place, with a stand-in for each thing
    whole: Thing | None = None
    kept: Thing | None = None  # what stays text in `parts` and must come through all the same
    scale: str = ""


def kind_of_stand_in(parts: Iterable["str | Thing"]) -> str:
    """Choose the kind of stand-in for details: "names" or "figures".

    Terms are inflected as names are; all other details are read as figures.
    """
    return "names" if any(isinstance(piece, Thing) and piece.kind in ("name", "term") for piece in parts) else "figures"


Finder = Callable[[str], Iterable[Found]]


def one_thing(span: re.Match[str] | tuple[int, int], text: str, kind: str, back: str | None = None) -> Found:
    """Make a span that consists of a single detail.

    span: its match, or start and end; kind: one of `flags.KINDS`; back: in the translation, by default as typed
    """
    start, end = span if isinstance(span, tuple) else span.span()
    typed = text[start:end]
    return Found(start, end, (Thing(kind, typed, typed if back is None else back),))


_SCALES = ("cent", "cents", "mille", "hundert", "tausend")
_LONGER_BEFORE = "(?<!-)" + "".join(f"(?<!{scale} )" for scale in _SCALES)
_LONGER_AFTER = rf"(?!-[a-z]| (?:{'|'.join(_SCALES)}|et onze|et une?)\b)"


def _count(text: str, kind: str, answer: str) -> int:
    """Count a text in another, not inside a word; a name also in the genitive, vingt et un also as vingt et une."""
    before = r"(?<!\w)" if text[:1].isalnum() else ""
    after = {"name": "s?", "number": "e?"}.get(kind, "") + (r"(?!\w)" if text[-1:].isalnum() else "")
    if kind == "number" and text.islower():  # nor inside a longer number: mille deux cents, soixante-dix
        before, after = before + _LONGER_BEFORE, after + _LONGER_AFTER
    return len(re.findall(before + re.escape(text) + after, answer, re.IGNORECASE if kind == "term" else 0))
