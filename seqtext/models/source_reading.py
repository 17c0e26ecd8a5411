"""A source as a translator reads it: some things in it as stand-ins; what is put back in an answer, what is lost."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from seqtext.models.source_text import Prepared
from seqtext.models.things import Found, Thing, kind_of_stand_in
from seqtext.models.written_forms import count_words, mend, ordinal_digits

#: The first stand-in of each kind; index 0 is never used, since it is a token only after a space.
FIRST = {"figures": "\ue000", "names": "\ue010"}
_ANY = re.compile("[\ue000-\ue01f]")


class Reading(NamedTuple):
    """What of a sentence is read: its text, some things in it as stand-ins.

    things: by stand-in, each with its number in `found`; plain: those that stay in the text
    """

    typed: Prepared
    text: str
    things: dict[str, tuple[int, Thing]]
    plain: list[tuple[int, Thing]]
    dates: list[tuple[int, Thing]]
    language: str

    @classmethod
    def of(
        cls,
        source: Prepared,
        found: list[Found],
        kinds: Mapping[str, int],
        language: str,
        left: frozenset[int],
        whole: frozenset[int],
    ) -> "Reading":
        """Write stand-ins for what was found, those of `left` excepted, and in `whole` for dates with their month."""
        things: dict[str, tuple[int, Thing]] = {}
        plain: list[tuple[int, Thing]] = []
        dates: list[tuple[int, Thing]] = []
        written, position, used = "", 0, Counter[str]()
        typed = Counter(kind_of_stand_in(one.parts) for one in found if _is_strange(one))  # yet to come: they go first
        for number, stretch in enumerate(found):
            as_one = stretch.whole if number in whole and number not in left else None
            parts = (as_one,) if as_one else stretch.parts
            kind = kind_of_stand_in(parts)
            inside = [part for part in parts if isinstance(part, Thing)]
            written += source.text[position : stretch.start]
            plain += [(number, stretch.kept)] if stretch.kept and not as_one else []
            dates += [(number, stretch.whole)] if stretch.whole and not stretch.kept else []
            position = stretch.end
            strange = _is_strange(stretch)
            typed[kind] -= strange
            if inside and (number in left or used[kind] + len(inside) > kinds.get(kind, 0) - typed[kind]):
                plain += [(number, thing) for thing in inside]
                # A typed one would be taken for a stand-in.
                written += "" if kinds and strange else source.text[stretch.start : stretch.end]
                continue
            for part in parts:
                if isinstance(part, Thing):
                    used[kind] += 1
                    stand_in = chr(ord(FIRST[kind]) + used[kind])
                    things[stand_in] = number, part
                    written += stand_in
                else:
                    written += part
        return cls(source, written + source.text[position:], things, plain, dates, language)

    @property
    def source(self) -> Prepared:
        """What is read, and how its answer becomes that of the sentence as typed."""
        return Prepared(self.text, lambda answer: self.typed.back(self.filled(answer)))

    def filled(self, answer: str) -> str:
        """Put back what the stand-ins of an answer stand for; one that stands for nothing goes."""
        stray = set(_ANY.findall(answer)) - self.things.keys()

        def back(found: re.Match[str]) -> str:
            if found[0] in stray:
                return ""
            thing = self.things[found[0]][1]
            first = thing.kind == "term" and not answer[: found.start()].strip()
            stops_twice = thing.kind == "number" and thing.back[-1:] == "." == answer[found.end() : found.end() + 1]
            written = thing.back[:-1] if stops_twice else thing.back
            return written[:1].upper() + written[1:] if first else written

        filled = _ANY.sub(back, answer)
        for thing in (*(date for _, date in self.dates), *(thing for _, thing in self.things.values())):
            if thing.kind == "number":
                filled = mend(filled, thing.back, self.language)
        return re.sub(" {2,}", " ", filled).strip(" ") if stray else filled

    def lost(self, answer: str, filled: str) -> dict[int, Thing]:
        """Find what of the source is not in an answer as it should be, by its number in what was found."""
        counts = Counter(_ANY.findall(answer))
        lost = {number: thing for stand_in, (number, thing) in self.things.items() if counts[stand_in] != 1}
        lost |= {number: date for number, date in self.dates if date.back not in filled}
        typed = Counter(_counted(thing) for _, thing in (*self.plain, *self.things.values()))
        lost |= {number: thing for number, thing in self.plain if self._is_lost(thing, typed[_counted(thing)], filled)}
        return dict(sorted(lost.items()))

    def _is_lost(self, thing: Thing, typed: int, filled: str) -> bool:
        """Whether what was read as text is missing in an answer, or, of a number, stands there too often."""
        found = thing.count(filled)
        if thing.kind != "number":
            return found < typed
        in_words = count_words(thing.text, self.typed.text, "en")
        become_words = max(0, count_words(thing.text, filled, self.language) - in_words)
        return found + become_words < typed or found > max(typed, thing.count(self.typed.text)) + in_words


def _is_strange(found: Found) -> bool:
    """Whether characters were typed that a translator would take for a stand-in."""
    return any(isinstance(part, Thing) and part.kind == "character" for part in found.parts)


def _counted(thing: Thing) -> tuple[str, str]:
    """What things have in common that are counted together in an answer: 5 and 5th."""
    return (thing.kind, ordinal_digits(thing.text)) if thing.kind == "number" else (thing.kind, thing.text)
