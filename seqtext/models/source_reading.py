"""Replace carried things by stand-ins, and put them back. Lost ones are found."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from seqtext.models.elision import elide
from seqtext.models.given_names import GIVEN
from seqtext.models.large_numbers import count_millions, has_more_millions, mend_millions, restore_scale
from seqtext.models.measures import has_stuff
from seqtext.models.name_forms import as_typed
from seqtext.models.source_text import Prepared
from seqtext.models.things import Found, Thing, kind_of_stand_in
from seqtext.models.words_around import mend
from seqtext.models.written_forms import count_words, ordinal_digits

#: The first stand-in of each kind; index 0 is never used, since it is a token only after a space.
FIRST = {"figures": "\ue000", "names": "\ue010"}
_ANY = re.compile("[\ue000-\ue01f]")
#: An English title that a translator has copied, and what it is in other languages.
_COPIED_TITLE = re.compile(r"(?<!\w)(?:Mrs|Ms|Mr)\.(?= \w)")
_TITLES = {
    "de": {"Mrs.": "Frau", "Ms.": "Frau", "Mr.": "Herr"},
    "fr": {"Mrs.": "Mme", "Ms.": "Mme", "Mr.": "M."},
}
_GENITIVE = re.compile(r"([\ue010-\ue01f])s(?!\w)")
#: The name that Tatoeba has most often. No second one beside it: with Jim, more was lost than with a stand-in.
USUAL_NAME = "Tom"
_AS_USUAL = ("de",)  # languages it helps in, where genitives of stand-ins are lost; in French it made no difference
_USUAL = re.compile(rf"(?<!\w){USUAL_NAME}(?=s?(?!\w))")
_MOST_NAMES = 16  # that are sought under other forms: each is compared with each capitalised word


class Reading(NamedTuple):
    """Hold a sentence with stand-ins, as the model reads it.

    Each thing comes with the index of the stretch that holds it.
    """

    typed: Prepared
    text: str
    things: dict[str, tuple[int, Thing]]  # by stand-in
    plain: list[tuple[int, Thing]]  # those that stay text
    dates: list[tuple[int, Thing]]  # those that must be written with their month
    language: str  # code of the target language
    usual: str | None  # the stand-in in place of which the usual name is read
    scales: dict[int, str]  # billion or trillion by index of stretch, read as millions; one scale in a sentence

    @classmethod
    def of(
        cls,
        source: Prepared,
        stretches: list[Found],
        kinds: Mapping[str, int],
        language: str,
        left: frozenset[int],
        whole: frozenset[int],
        usual: bool = False,
    ) -> "Reading":
        """Replace the carried things of a sentence by stand-ins.

        stretches: what the sentence holds, in order; kinds: number of stand-ins that the translator knows, by kind
        left: indices of stretches that stay text; whole: indices of those that become one stand-in, a date with its
        month; usual: whether the usual name is read for one person
        """
        things: dict[str, tuple[int, Thing]] = {}
        plain: list[tuple[int, Thing]] = []
        dates: list[tuple[int, Thing]] = []
        written, position, used = "", 0, Counter[str]()
        is_free = usual and language in _AS_USUAL and not _USUAL.search(source.text)
        read_as_usual: str | None = None
        scales: dict[int, str] = {}
        # typed characters yet to come: stand-ins are kept for them
        typed = Counter(kind_of_stand_in(stretch.parts) for stretch in stretches if _is_strange(stretch))
        for number, stretch in enumerate(stretches):
            as_one = stretch.whole if number in whole and number not in left else None
            pieces = (as_one,) if as_one else stretch.parts
            kind = kind_of_stand_in(pieces)
            inside = [piece for piece in pieces if isinstance(piece, Thing)]
            written += source.text[position : stretch.start]
            plain += [(number, stretch.kept)] if stretch.kept and not as_one else []
            dates += [(number, stretch.whole)] if stretch.whole and not stretch.kept else []
            position = stretch.end
            strange = _is_strange(stretch)
            typed[kind] -= strange
            if stretch.scale and (number in left or not any(kinds.values())):
                written += source.text[stretch.start : stretch.end]
                continue
            scales |= {number: stretch.scale} if stretch.scale else {}
            if inside and (number in left or used[kind] + len(inside) > kinds.get(kind, 0) - typed[kind]):
                plain += [(number, thing) for thing in inside]
                # A typed one would be taken for a stand-in.
                written += "" if kinds and strange else source.text[stretch.start : stretch.end]
                continue
            for piece in pieces:
                if isinstance(piece, Thing):
                    used[kind] += 1
                    stand_in = chr(ord(FIRST[kind]) + used[kind])
                    things[stand_in] = number, piece
                    person = piece.kind == "name" and (as_one or piece.text.split()[0] in GIVEN)
                    if person and is_free and not read_as_usual:
                        read_as_usual = stand_in
                    written += USUAL_NAME if stand_in == read_as_usual else stand_in
                else:
                    written += piece
        return cls(source, written + source.text[position:], things, plain, dates, language, read_as_usual, scales)

    @property
    def source(self) -> Prepared:
        """Return the source that is read, and the way back."""
        return Prepared(self.text, lambda answer: self.typed.back(self.filled(answer)))

    @property
    def is_changed(self) -> bool:
        """Tell whether anything is read as something else."""
        return bool(self.things or self.scales)

    def filled(self, answer: str) -> str:
        """Replace the stand-ins of an answer by their originals.

        One that stands for nothing is removed.
        """
        answer = _GENITIVE.sub(self._genitive, self._with_stand_ins(answer))
        for scale in {*self.scales.values()}:
            answer = restore_scale(answer, scale, self.language)
        stray = set(_ANY.findall(answer)) - self.things.keys()

        def back(match: re.Match[str]) -> str:
            if match[0] in stray:
                return ""
            thing = self.things[match[0]][1]
            words = thing.kind == "term" or (
                thing.kind == "number" and thing.back[:1].islower() and thing.back != thing.text
            )
            before = answer[: match.start()]
            first = words and not (re.sub(r"[\W_]", "", before) if thing.text[:1].isupper() else before.strip())
            stops_twice = thing.kind == "number" and thing.back[-1:] == "." == answer[match.end() : match.end() + 1]
            written = thing.back[:-1] if stops_twice else thing.back
            return written[:1].upper() + written[1:] if first else written

        filled = _ANY.sub(back, answer)
        for thing in (*(date for _, date in self.dates), *(thing for _, thing in self.things.values())):
            if thing.kind == "number":
                filled = mend(filled, thing.back, self.language, has_stuff(self.typed.text, thing.text))
        filled = mend_millions(filled, self.language)
        filled = _COPIED_TITLE.sub(lambda title: _TITLES.get(self.language, {}).get(title[0], title[0]), filled)
        filled = elide(filled, self.typed.text) if self.language == "fr" else filled
        filled = re.sub(" {2,}", " ", filled).strip(" ") if stray else filled
        names = Counter(thing.text for _, thing in self.plain if thing.kind == "name")
        for name in names if len(names) <= _MOST_NAMES else ():
            if len(re.findall(rf"(?<!\w){re.escape(name)}(?!\w)", self.typed.text)) > names[name]:
                continue  # Mr. May may come in May: the other one is a month
            filled = as_typed(name, self.typed.text, filled, self.language)
        return filled

    def lost(self, answer: str, filled: str) -> dict[int, Thing]:
        """Find the originals that an answer has lost.

        answer: with stand-ins; filled: with what they stand for
        returns things by the index of their stretch
        """
        counts = Counter(_ANY.findall(self._with_stand_ins(answer)))
        lost = {number: thing for stand_in, (number, thing) in self.things.items() if counts[stand_in] != 1}
        lost |= {number: date for number, date in self.dates if date.back not in filled}
        if has_more_millions(filled, self.typed.text):
            lost |= {number: thing for number, thing in self.things.values() if thing.is_large}
        if count_millions(self._with_stand_ins(answer)) < len(self.scales):
            lost |= {number: Thing("number", scale, scale) for number, scale in self.scales.items()}
        typed = Counter(_counted(thing) for _, thing in (*self.plain, *self.things.values()))
        lost |= {number: thing for number, thing in self.plain if self._is_lost(thing, typed[_counted(thing)], filled)}
        return dict(sorted(lost.items()))

    def _with_stand_ins(self, answer: str) -> str:
        return _USUAL.sub(self.usual, answer) if self.usual else answer

    def _genitive(self, match: re.Match[str]) -> str:
        """Write the genitive of a name: Toms, but James'."""
        _, thing = self.things.get(match[1], (0, None))
        return f"{match[1]}'" if thing and thing.kind == "name" and thing.back[-1:] in "sßxz" else match[0]

    def _is_lost(self, thing: Thing, typed: int, filled: str) -> bool:
        """Tell whether an answer lacks what was read as text, or repeats a number."""
        count = thing.count(filled, self.language)
        if thing.kind == "name":
            return not typed <= count <= max(typed, thing.count(self.typed.text))
        if thing.kind != "number":
            return count < typed
        in_words = count_words(thing.text, self.typed.text, "en")
        become_words = max(0, count_words(thing.text, filled, self.language) - in_words)
        return count + become_words < typed or count > max(typed, thing.count(self.typed.text)) + in_words


def _is_strange(stretch: Found) -> bool:
    """Tell whether characters were typed that a translator would take for a stand-in."""
    return any(isinstance(part, Thing) and part.kind == "character" for part in stretch.parts)


def _counted(thing: Thing) -> tuple[str, str]:
    """Make the key by which things are counted together: 5 and 5th have the same."""
    return (thing.kind, ordinal_digits(thing.text)) if thing.kind == "number" else (thing.kind, thing.text)
