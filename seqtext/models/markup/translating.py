"""Marked-up texts translated: sentences go to a translator, marks stand in the answers where they belong."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from seqtext.models.alignment import WordAlignment
from seqtext.models.flags import Flag
from seqtext.models.markup.parts import Part, Segment
from seqtext.models.markup.placing import place_marks
from seqtext.models.markup.reading import parts_of
from seqtext.models.markup.sentences import Sentence, put_together, sentences_of

_SEGMENTS = 32  # of a document that are translated together

#: Texts → of each the answers, best first: with text, score and, perhaps, flags.
Ask = Callable[[list[str]], Sequence[Sequence[Any]]]
Align = Callable[[list[tuple[str, str]]], Sequence[WordAlignment | None]]


class Marked(NamedTuple):
    """An answer to a marked-up text; answers: those to its sentences."""

    text: str
    score: float
    flags: tuple[Flag, ...]
    answers: tuple[Any, ...]

    @property
    def unusual(self) -> bool:
        """Whether more than half of the text is in sentences unlike those that the translator has learnt from."""
        odd = sum(len(one.text) for one in self.answers if getattr(one, "unusual", False))
        return 2 * odd > sum(len(one.text) for one in self.answers)


class Translating:
    """Translates marked-up texts by a translator of plain ones.

    ask, align: of a translator; normal: a text → as it reads it
    """

    def __init__(self, ask: Ask, align: Align, normal: Callable[[str], str]) -> None:
        self._ask, self._align, self._normal = ask, align, normal

    def answers(self, texts: Sequence[str], kind: str) -> list[Sequence[Any]]:
        """Answer some texts; a text without marks has the translator's own, one with marks Marked ones."""
        read = [parts_of(text, kind) for text in texts]
        documents = [None if parts is None else _Document(parts, self._normal) for parts in read]
        asked = [[text] if one is None else one.asked for text, one in zip(texts, documents, strict=True)]
        found = iter(self._ask([text for some in asked for text in some]))
        answers = [[next(found) for _ in some] for some in asked]
        self._find_places([(one, own) for one, own in zip(documents, answers, strict=True) if one is not None])
        return [own[0] if one is None else one.answers(own) for one, own in zip(documents, answers, strict=True)]

    def pieces(self, text: str, kind: str) -> Iterator[Any]:
        """Answer a text piece by piece: each piece is an answer of its own, all together are the text's best."""
        parts = parts_of(text, kind)
        some: list[Part] = []
        for part in parts or ():
            some.append(part)
            if sum(isinstance(one, Segment) for one in some) == _SEGMENTS:
                yield self._piece(some)
                some = []
        if parts is None:
            yield self._ask([text])[0][0]
        elif some:
            yield self._piece(some)

    def _piece(self, parts: Sequence[Part]) -> Marked:
        document = _Document(parts, self._normal)
        found = self._ask(document.asked) if document.asked else []
        self._find_places([(document, list(found))])
        return document.answers(found)[0]

    def _find_places(self, documents: Sequence[tuple["_Document", list[Any]]]) -> None:
        """Align what has marks inside its sentences, all of it at once."""
        wanted = [
            (document, sentence.text, one.text)
            for document, answers in documents
            for sentence, found in zip(document.sentences, answers, strict=True)
            for one in found
            if (sentence.is_marked or sentence.carried) and one.text.strip()
        ]
        unique = list(dict.fromkeys((source, target) for _, source, target in wanted))
        aligned = dict(zip(unique, self._align(unique) if unique else (), strict=True))
        for document, source, target in wanted:
            document.alignments[source, target] = aligned[source, target]


class _Document:
    """A text with marks: its parts, and the sentences of all of them that are asked."""

    def __init__(self, parts: Sequence[Part], normal: Callable[[str], str]) -> None:
        self._parts: list[str | list[Sentence]] = []
        self._inner: dict[int, list[Sentence]] = {}
        self.sentences: list[Sentence] = []
        self.alignments: dict[tuple[str, str], WordAlignment | None] = {}
        for part in parts:
            self._parts.append(part if isinstance(part, str) else self._cut(part, normal))

    def _cut(self, segment: Segment, normal: Callable[[str], str]) -> list[Sentence]:
        found = sentences_of(segment, normal)
        self.sentences += [one for one in found if one.is_text]
        for inner in segment.inner:
            self._inner[id(inner)] = self._cut(inner, normal)
        return found

    @property
    def asked(self) -> list[str]:
        """The texts of the sentences."""
        return [one.text for one in self.sentences]

    def answers(self, found: Sequence[Sequence[Any]]) -> list[Marked]:
        """The answers to the whole, best first: of each rank, those of this rank to all sentences."""
        ranks = max(map(len, found), default=1)
        joined = [self._answer(found, rank) for rank in range(ranks)]
        return list({one.text: one for one in reversed(joined)}.values())[::-1]

    def _answer(self, found: Sequence[Sequence[Any]], rank: int) -> Marked:
        chosen = {
            id(sentence): some[min(rank, len(some) - 1)] for sentence, some in zip(self.sentences, found, strict=True)
        }
        flags: list[Flag] = []

        def written(sentences: Sequence[Sentence]) -> str:
            return "".join(
                one + sentence.after for one, sentence in zip(map(answer, sentences), sentences, strict=True)
            )

        def answer(sentence: Sentence) -> str:
            best = chosen.get(id(sentence))
            text = sentence.text if best is None else best.text
            flags.extend(_own_flags(sentence, best))
            alignment = self.alignments.get((sentence.text, text))
            text, lost = _with_carried(sentence, text)
            flags.extend(Flag("code", one) for one in lost)
            placed = place_marks(sentence, text, alignment if text == (best.text if best else text) else None)
            in_place = {part for _, parts in placed.insertions for part in parts if isinstance(part, str)}
            flags.extend(Flag("place" if one in in_place else "mark", one) for one in placed.lost)
            return put_together(sentence, text, placed.insertions, lambda part: written(self._inner[id(part)]))

        text = "".join(part if isinstance(part, str) else written(part) for part in self._parts)
        return Marked(text, sum((one.score for one in chosen.values()), 0.0), tuple(flags), tuple(chosen.values()))


def _own_flags(sentence: Sentence, best: Any) -> Iterator[Flag]:
    """The flags of an answer; what it lost of our stand-ins is told by what they stand for."""
    for flag in getattr(best, "flags", ()):
        if not set(flag.text) <= sentence.carried.keys():
            yield flag._replace(text="".join(sentence.carried.get(char, char) for char in flag.text))


def _with_carried(sentence: Sentence, text: str) -> tuple[str, list[str]]:
    """An answer in which each stand-in of a sentence stands once; those that were put where they had been lost."""
    lost = [one for one in sentence.carried if text.count(one) != 1]
    if not lost:
        return text, []
    for one in lost:
        text = text.replace(one, "")
        share = sentence.text.index(one) / max(1, len(sentence.text))
        place = round(share * len(text))
        space = text.find(" ", place)
        end = len(text.rstrip(".!?… \u00a0\u202f")) if space < 0 else space
        text = f"{text[:end].rstrip()} {one}{text[end:]}".lstrip() if text.strip() else one
    return text, [sentence.carried[one] for one in lost]
