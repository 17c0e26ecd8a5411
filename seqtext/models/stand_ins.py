"""Stand-ins: private-use characters that a translator has learnt to carry over, in place of figures, codes and names.

A sentence is read with stand-ins, and what they stand for is put back where each is found exactly once. Where one is
not, the sentence is asked again: such that each must come once, then with the rest of them, at last without any. What
then does not stand intact in the answer is flagged.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from seqtext.errors import ModelError
from seqtext.fields import is_whole
from seqtext.models import clauses
from seqtext.models.carried import find
from seqtext.models.flags import Flag
from seqtext.models.source_reading import FIRST, Reading
from seqtext.models.source_text import Prepared
from seqtext.models.things import Finder, Found

_MOST = 8  # of a kind in a sentence
_FEW = 4  # of a kind in a clause: of more, one is easily written in place of another
_ROUNDS = 4  # see `_Sentence`
_UNLIKELY = (2.0, 10.0)  # times the log-probability of the first answer, less nats: what is less likely is nonsense
#: The characters that are stand-ins.
STAND_INS = frozenset(chr(ord(first) + index) for first in FIRST.values() for index in range(1, _MOST + 1))

#: (sources, whether each stand-in must come exactly once) → texts and log-probabilities of each, best first.
Ask = Callable[[Sequence[Prepared], bool], list[list[tuple[str, float]]]]


class Carried(NamedTuple):
    """An answer with what was carried over put back; flags: what was lost."""

    text: str
    log_prob: float
    flags: tuple[Flag, ...]


def read_kinds(settings: Mapping[str, Any]) -> Mapping[str, int]:
    """Read from config.json, without trusting it, how many stand-ins of each kind a model knows. Raises ModelError."""
    found = settings.get("stand_ins", {})
    good = isinstance(found, dict) and all(kind in FIRST and is_whole(count, 0, _MOST) for kind, count in found.items())
    if not good:
        raise ModelError(
            f"config.json has stand_ins = {found!r:.80}; how many a sentence may hold, from 0 to {_MOST}, is expected, "
            f"by {' and '.join(FIRST)}.",
            "edit it, or fetch or train the model again",
        )
    return dict(found)


class StandIns:
    """Carries things over through a translator.

    kinds: how many stand-ins of each kind it knows, none of one that has learnt none; language: the one that it writes
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
        """Answer sources by a translator, best first, so that what they hold comes through or is flagged.

        terms: finds terms of a glossary; refuse: whether an answer may not be given for what was put back
        """
        found = [find(one.text, self.language, self._names, terms) for one in sources]
        cut = [_Cut.of(one, things, self.kinds, self.language) for one, things in zip(sources, found, strict=True)]
        self._ask(cut, 0, ask, refuse)
        lost = [number for number, one in enumerate(cut) if one.is_too_much]
        for number in lost:
            cut[number] = _Cut.of(sources[number], found[number], self.kinds, self.language, _FEW)
        self._ask([cut[number] for number in lost], 0, ask, refuse)
        for round_number in range(1, _ROUNDS):
            self._ask(cut, round_number, ask, refuse)
        return [one.best() for one in cut]

    def _ask(self, cut: "Sequence[_Cut]", round_number: int, ask: Ask, refuse: Callable[[str], bool]) -> None:
        """Ask for those that go on in a round."""
        asked = [clause for one in cut for clause in one.clauses if clause.goes_on(round_number)]
        answers = ask([one.reading.source for one in asked], 0 < round_number < _ROUNDS - 1) if asked else []
        for clause, best in zip(asked, answers, strict=True):
            clause.take(best, refuse)


class _Cut(NamedTuple):
    """A sentence as it is asked: whole, or in clauses; signs: what stands behind each."""

    source: Prepared
    clauses: "list[_Sentence]"
    signs: list[str]

    @classmethod
    def of(
        cls, source: Prepared, found: list[Found], kinds: Mapping[str, int], language: str, most: int | None = None
    ) -> "_Cut":
        """Cut a sentence where it holds more things of a kind than `most`, without it more than are carried."""
        few = {kind: min(count, _FEW) for kind, count in kinds.items()}
        limits = kinds if most is None else dict.fromkeys(kinds, most)
        too_many = any(kinds.values()) and not clauses.fits(found, limits)
        parts = list(clauses.cut(source.text, found, few)) if too_many else []
        if len(parts) < 2:
            return cls(source, [_Sentence(source, found, kinds, language)], [""])
        asked = [_Sentence(Prepared(text, str), things, kinds, language) for text, things, _ in parts]
        return cls(source, asked, [sign for _, _, sign in parts])

    @property
    def is_too_much(self) -> bool:
        """Whether a whole sentence has lost something for it holds much: parts are surer than what is forced."""
        return len(self.clauses) == 1 and self.clauses[0].has_lost_of_many

    def best(self) -> list[Carried]:
        """The answers to the sentence, best first, of those to its clauses."""
        found = [one.best for one in self.clauses]
        if len(found) == 1:
            return found[0]
        ranked = [[one[min(rank, len(one) - 1)] for one in found] for rank in range(min(map(len, found)))]
        return [self._joined(some) for some in ranked]

    def _joined(self, some: Sequence[Carried]) -> Carried:
        pairs = [(clause.text, one.text) for clause, one in zip(self.clauses, some, strict=True)]
        flags = tuple(flag for one in some for flag in one.flags)
        return Carried(self.source.back(clauses.joined(pairs, self.signs)), sum(one.log_prob for one in some), flags)


class _Sentence:
    """A sentence on its way through a translator, which is asked until nothing is lost, in `_ROUNDS` rounds at most.

    0: as the translator likes; 1: each stand-in exactly once; 2: the same, with what was lost as text; 3: without any
    """

    def __init__(self, source: Prepared, found: list[Found], kinds: Mapping[str, int], language: str) -> None:
        self._source, self._found, self._kinds, self._language = source, found, kinds, language
        self._lost: frozenset[int] = frozenset()  # numbers of what was lost in the last answer
        self._dates: frozenset[int] = frozenset()  # those that are written without the translator
        self._first: float | None = None  # the log-probability of the first answer
        self.best: list[Carried] = []
        self.reading = self._read(frozenset())

    @property
    def text(self) -> str:
        """What of it is translated."""
        return self._source.text

    @property
    def has_lost_of_many(self) -> bool:
        """Whether something was lost, and it holds more than a few things."""
        return bool(self._lost) and len(self.reading.things) > _FEW

    def _read(self, left: frozenset[int]) -> Reading:
        return Reading.of(self._source, self._found, self._kinds, self._language, left, self._dates)

    def goes_on(self, round_number: int) -> bool:
        """Say whether it is asked in a round, and make ready what is read there."""
        if round_number == 0:
            return True
        if self.best and not self.best[0].flags:
            return False
        again = round_number == 1 and any(self._found[number].whole for number in self._lost)
        if self.best and not self.reading.things and not again:
            return False
        left = self._lost
        if round_number == 1:
            self._dates, left = frozenset(k for k in self._lost if self._found[k].whole), frozenset()
        elif round_number == _ROUNDS - 1:
            left = frozenset(range(len(self._found)))
        self.reading = self._read(left)
        return True

    def take(self, answers: Sequence[tuple[str, float]], refuse: Callable[[str], bool]) -> None:
        """Take answers to what was read, if they have lost less than those before."""
        if not answers:
            return
        if self._first is None:
            self._first = answers[0][1]
        elif self.reading.things and answers[0][1] < _UNLIKELY[0] * self._first - _UNLIKELY[1]:
            return  # forced, and nonsense
        texts = [self.reading.filled(answer) for answer, _ in answers]
        lost = [self.reading.lost(answer, text) for (answer, _), text in zip(answers, texts, strict=True)]
        if self.reading.things and any(map(refuse, texts)):  # it need not be the translator who is to blame
            self._lost = frozenset(number for number, _ in self.reading.things.values())
            return
        self._lost = frozenset(lost[0]) or self._lost
        fewest = min(map(len, lost))
        if not self.best or fewest < len(self.best[0].flags):
            self.best = [
                Carried(self._source.back(text), log_prob, tuple(Flag(one.kind, one.text) for one in gone.values()))
                for text, (_, log_prob), gone in zip(texts, answers, lost, strict=True)
                if len(gone) == fewest
            ]
