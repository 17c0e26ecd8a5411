"""Carry figures, codes and names through a translator by means of stand-ins.

Stand-ins are private-use characters that the translator has learnt to copy. A sentence is read with stand-ins, and what
they stand for is put back where each of them comes exactly once. Where one does not, the sentence is translated again:
with a search in which each must come once, then with what was lost as text, at last without any stand-in. What is not
intact in the answer even then is flagged. In German, one person is first read as Tom: the translator has read more
of him than of stand-ins, and loses less of what a sentence says.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from seqtext.errors import ModelError
from seqtext.fields import is_whole
from seqtext.models import clauses
from seqtext.models.carried import find
from seqtext.models.flags import Flag
from seqtext.models.salutations import joined_to_placeholder
from seqtext.models.source_reading import FIRST, USUAL_NAME, Reading
from seqtext.models.source_text import Prepared
from seqtext.models.things import Finder, Found, Thing

_MOST = 8  # of a kind in a sentence
_FEW = 4  # of a kind in a clause: of more, one is easily written in place of another
_ROUNDS, _STOOD = 5, 2  # see `_Sentence`; the last round in which everything lost has a stand-in
_UNLIKELY = (2.0, 10.0)  # times the log-probability of the first answer, less nats: what is less likely is nonsense
#: The characters that are stand-ins.
STAND_INS = frozenset(chr(ord(first) + index) for first in FIRST.values() for index in range(1, _MOST + 1))

#: (sources, whether each stand-in must come exactly once) → texts and log-probabilities of each, best first.
Ask = Callable[[Sequence[Prepared], bool], list[list[tuple[str, float]]]]


class Carried(NamedTuple):
    """Hold an answer whose stand-ins were replaced by their originals.

    log_prob: in nats; flags: what was lost
    """

    text: str
    log_prob: float
    flags: tuple[Flag, ...]


def read_kinds(settings: Mapping[str, Any]) -> Mapping[str, int]:
    """Read the number of stand-ins of each kind from config.json.

    Raises ModelError for an unknown kind, or a number outside 0 to 8.
    """
    kinds = settings.get("stand_ins", {})
    good = isinstance(kinds, dict) and all(kind in FIRST and is_whole(count, 0, _MOST) for kind, count in kinds.items())
    if not good:
        raise ModelError(
            f"config.json has stand_ins = {kinds!r:.80}; how many a sentence may hold, from 0 to {_MOST}, is expected, "
            f"by {' and '.join(FIRST)}.",
            "edit it, or fetch or train the model again",
        )
    return dict(kinds)


class StandIns:
    """Carry numbers, names and the like through a translator.

    kinds: number of stand-ins that the translator knows, by kind; language: the code of the target language, "" for an
    unknown one; names: finds names, used only where the translator has stand-ins for them
    """

    def __init__(self, kinds: Mapping[str, int], language: str, names: Finder | None = None) -> None:
        self.kinds, self.language, self._names = kinds, language, names if kinds.get("names") else None

    def carry(
        self,
        sources: Sequence[Prepared],
        ask: Ask,
        terms: Finder | None = None,
        refuse: Callable[[str], bool] = lambda text: False,
    ) -> list[list[Carried]]:
        """Translate sentences, and flag whatever fails to be carried over.

        ask: searches for translations, see `Ask`; terms: finds terms of a glossary; refuse: tells whether an answer,
        with everything put back, may not be given
        returns the answers to each source, best first
        """
        found = [find(source.text, self.language, self._names, terms) for source in sources]
        stretches = [
            joined_to_placeholder(source.text, some, self.language) for source, some in zip(sources, found, strict=True)
        ]
        cuts = [
            _Cut.of(source, things, self.kinds, self.language)
            for source, things in zip(sources, stretches, strict=True)
        ]
        self._ask(cuts, 0, ask, refuse)
        lost = [number for number, cut in enumerate(cuts) if cut.is_too_much]
        for number in lost:
            cuts[number] = _Cut.of(sources[number], stretches[number], self.kinds, self.language, _FEW)
        self._ask([cuts[number] for number in lost], 0, ask, refuse)
        for round_number in range(1, _ROUNDS):
            self._ask(cuts, round_number, ask, refuse)
        return [cut.best() for cut in cuts]

    def usual(self, text: str) -> str:
        """Replace the names carried over in a sentence by a usual one.

        Everything else that is carried over is left out.
        """
        written, end = [], 0
        for stretch in find(text, self.language, self._names):
            written += [text[end : stretch.start], *map(_usual, stretch.parts)]
            end = stretch.end
        return " ".join("".join([*written, text[end:]]).split())

    def _ask(self, cuts: "Sequence[_Cut]", round_number: int, ask: Ask, refuse: Callable[[str], bool]) -> None:
        """Translate those that are not settled before a round."""
        asked = [clause for cut in cuts for clause in cut.clauses if clause.goes_on(round_number)]
        answers = ask([clause.reading.source for clause in asked], 0 < round_number < _ROUNDS - 1) if asked else []
        for clause, best in zip(asked, answers, strict=True):
            clause.take(best, refuse)


def _usual(part: str | Thing) -> str:
    if isinstance(part, str):
        return part
    return USUAL_NAME if part.kind == "name" else ""


class _Cut(NamedTuple):
    """Hold a sentence as it is translated: whole, or in clauses; signs: what stands after each."""

    source: Prepared
    clauses: "list[_Sentence]"
    signs: list[str]

    @classmethod
    def of(
        cls, source: Prepared, stretches: list[Found], kinds: Mapping[str, int], language: str, most: int | None = None
    ) -> "_Cut":
        """Cut a sentence into clauses where it holds too many things.

        most: things of a kind that are not too many; without it, as many as the translator knows stand-ins
        """
        few = {kind: min(count, _FEW) for kind, count in kinds.items()}
        limits = kinds if most is None else dict.fromkeys(kinds, most)
        too_many = any(kinds.values()) and not clauses.fits(stretches, limits)
        pieces = list(clauses.cut(source.text, stretches, few)) if too_many else []
        if len(pieces) < 2:
            return cls(source, [_Sentence(source, stretches, kinds, language)], [""])
        asked = [_Sentence(Prepared(text, str), things, kinds, language) for text, things, _ in pieces]
        return cls(source, asked, [sign for _, _, sign in pieces])

    @property
    def is_too_much(self) -> bool:
        """Tell whether a whole sentence of many things has lost some.

        Clauses are then surer than a search that is forced to write every stand-in.
        """
        return len(self.clauses) == 1 and self.clauses[0].has_lost_of_many

    def best(self) -> list[Carried]:
        """Join the answers to the clauses, best first."""
        answers = [clause.best for clause in self.clauses]
        if len(answers) == 1:
            return answers[0]
        ranked = [[best[min(rank, len(best) - 1)] for best in answers] for rank in range(min(map(len, answers)))]
        return [self._joined(some) for some in ranked]

    def _joined(self, some: Sequence[Carried]) -> Carried:
        pairs = [(clause.text, answer.text) for clause, answer in zip(self.clauses, some, strict=True)]
        flags = tuple(flag for answer in some for flag in answer.flags)
        return Carried(self.source.back(clauses.joined(pairs, self.signs)), sum(h.log_prob for h in some), flags)


class _Sentence:
    """Translates a sentence until nothing is lost, in at most `_ROUNDS` rounds.

    0: a free search, with a usual name for a person whose name is rare; 1: the same for a person that was lost; 2:
    stand-ins, each exactly once; 3: the same, with what was lost as text; 4: without any stand-in
    """

    def __init__(self, source: Prepared, stretches: list[Found], kinds: Mapping[str, int], language: str) -> None:
        self._source, self._found, self._kinds, self._language = source, stretches, kinds, language
        self._lost: frozenset[int] = frozenset()  # numbers of what was lost in the last answer
        self._whole: frozenset[int] = frozenset()  # those that are written without the translator
        self._first: float | None = None  # the log-probability of the first answer
        self.best: list[Carried] = []
        self.reading = self._read(frozenset(), usual=True)

    @property
    def text(self) -> str:
        """The text that is translated."""
        return self._source.text

    @property
    def has_lost_of_many(self) -> bool:
        """Tell whether something was lost among more than a few things."""
        return bool(self._lost) and len(self.reading.things) > _FEW

    def _read(self, left: frozenset[int], usual: bool = False) -> Reading:
        return Reading.of(self._source, self._found, self._kinds, self._language, left, self._whole, usual)

    def goes_on(self, round_number: int) -> bool:
        """Tell whether a round translates it, and prepare what is read."""
        if round_number == 0:
            return True
        if self.best and not self.best[0].flags:
            return False
        lost = frozenset(number for number in self._lost if self._found[number].whole)
        if self.best and not self.reading.things and not (lost and round_number <= _STOOD):
            return False
        if round_number <= _STOOD:
            self._whole |= lost
            before, self.reading = self.reading, self._read(frozenset(), usual=round_number < _STOOD)
            return round_number == _STOOD or self.reading.usual != before.usual
        left = self._lost if round_number < _ROUNDS - 1 else frozenset(range(len(self._found)))
        self.reading = self._read(left)
        return True

    def take(self, answers: Sequence[tuple[str, float]], refuse: Callable[[str], bool]) -> None:
        """Keep answers that have lost less than those before."""
        if not answers:
            return
        if self._first is None:
            self._first = answers[0][1]
        elif self.reading.things and answers[0][1] < _UNLIKELY[0] * self._first - _UNLIKELY[1]:
            return  # forced, and nonsense
        texts = [self.reading.filled(answer) for answer, _ in answers]
        lost = [self.reading.lost(answer, text) for (answer, _), text in zip(answers, texts, strict=True)]
        if self.reading.is_changed and any(map(refuse, texts)):  # it need not be the translator who is to blame
            self._lost = frozenset([*(number for number, _ in self.reading.things.values()), *self.reading.scales])
            return
        self._lost = frozenset(lost[0]) or self._lost
        fewest = min(map(len, lost))
        if not self.best or fewest < len(self.best[0].flags):
            self.best = [
                Carried(
                    self._source.back(text), log_prob, tuple(Flag(thing.kind, thing.text) for thing in gone.values())
                )
                for text, (_, log_prob), gone in zip(texts, answers, lost, strict=True)
                if len(gone) == fewest
            ]
