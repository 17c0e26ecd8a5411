"""Translate marked-up texts by a translator of plain sentences."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from seqtext.models.alignment import WordAlignment
from seqtext.models.flags import Flag
from seqtext.models.markup.parts import Part, Segment
from seqtext.models.markup.placing import place_marks
from seqtext.models.markup.reading import parts_of
from seqtext.models.markup.sentences import Sentence, put_together, sentences_of

_SEGMENTS = 32  # of a document that are translated together

#: Texts → the answers to each, best first: with text, score and, perhaps, flags.
Ask = Callable[[list[str]], Sequence[Sequence[Any]]]
Align = Callable[[list[tuple[str, str]]], Sequence[WordAlignment | None]]


class Marked(NamedTuple):
    """Hold a translation of a marked-up text.

    score: the sum of its sentences' log-probabilities, in nats; answers: those to its sentences
    """

    text: str
    score: float
    flags: tuple[Flag, ...]
    answers: tuple[Any, ...]

    @property
    def unusual(self) -> bool:
        """Tell whether unusual sentences make up more than half of the text.

        A sentence is unusual where it is unlike those that the translator has learnt from. Sentences count by
        characters.
        """
        odd = sum(len(answer.text) for answer in self.answers if getattr(answer, "unusual", False))
        return 2 * odd > sum(len(answer.text) for answer in self.answers)


class Translating:
    """Translate marked-up texts with a translator of plain sentences.

    ask: sentences → the answers to each, best first
    align: pairs of source and target → attention of their words, None where the translator has none
    normal: a text → as the translator's tokenizer normalises it
    """

    def __init__(self, ask: Ask, align: Align, normal: Callable[[str], str]) -> None:
        self._ask, self._align, self._normal = ask, align, normal

    def answers(self, texts: Sequence[str], kind: str) -> list[Sequence[Any]]:
        """Translate a batch of texts, all their sentences together.

        kind: of marks, one of `parts.KINDS`
        returns the answers to each text, best first: Marked ones, or, of a text without marks, the translator's
        """
        read = [parts_of(text, kind) for text in texts]
        documents = [None if parts is None else _Document(parts, self._normal) for parts in read]
        asked = [
            [text] if document is None else document.asked for text, document in zip(texts, documents, strict=True)
        ]
        replies = iter(self._ask([text for some in asked for text in some]))
        answers = [[next(replies) for _ in some] for some in asked]
        self._find_places(
            [
                (document, per_sentence)
                for document, per_sentence in zip(documents, answers, strict=True)
                if document is not None
            ]
        )
        return [
            per_sentence[0] if document is None else document.answers(per_sentence)
            for document, per_sentence in zip(documents, answers, strict=True)
        ]

    def pieces(self, text: str, kind: str) -> Iterator[Any]:
        """Translate a text piece by piece.

        The pieces' texts, joined, are its best answer.

        kind: of marks, one of `parts.KINDS`
        """
        parts = parts_of(text, kind)
        batch: list[Part] = []
        for piece in parts or ():
            batch.append(piece)
            if sum(isinstance(held, Segment) for held in batch) == _SEGMENTS:
                yield self._piece(batch)
                batch = []
        if parts is None:
            yield self._ask([text])[0][0]
        elif batch:
            yield self._piece(batch)

    def _piece(self, parts: Sequence[Part]) -> Marked:
        document = _Document(parts, self._normal)
        answers = self._ask(document.asked) if document.asked else []
        self._find_places([(document, list(answers))])
        return document.answers(answers)[0]

    def _find_places(self, documents: Sequence[tuple["_Document", list[Any]]]) -> None:
        """Align all sentences with marks inside, in one batch."""
        wanted = [
            (document, sentence.text, hypothesis.text)
            for document, answers in documents
            for sentence, hypotheses in zip(document.sentences, answers, strict=True)
            for hypothesis in hypotheses
            if (sentence.is_marked or sentence.carried) and hypothesis.text.strip()
        ]
        unique = list(dict.fromkeys((source, target) for _, source, target in wanted))
        aligned = dict(zip(unique, self._align(unique) if unique else (), strict=True))
        for document, source, target in wanted:
            document.alignments[source, target] = aligned[source, target]


class _Document:
    """A marked-up text: its parts, and the sentences of them that are translated."""

    def __init__(self, parts: Sequence[Part], normal: Callable[[str], str]) -> None:
        self._parts = parts
        self._cut_to: dict[int, list[Sentence]] = {}  # id of a segment → its sentences
        self.sentences: list[Sentence] = []
        self.alignments: dict[tuple[str, str], WordAlignment | None] = {}
        for piece in parts:
            if isinstance(piece, Segment):
                self._cut(piece, normal)

    def _cut(self, segment: Segment, normal: Callable[[str], str]) -> None:
        self._cut_to[id(segment)] = sentences_of(segment, normal)
        self.sentences += [sentence for sentence in self._cut_to[id(segment)] if sentence.is_text]
        for inner in segment.inner:
            self._cut(inner, normal)

    @property
    def asked(self) -> list[str]:
        """List the texts of the sentences."""
        return [sentence.text for sentence in self.sentences]

    def answers(self, answers: Sequence[Sequence[Any]]) -> list[Marked]:
        """Join answers to the sentences into answers to the text, best first; those of one rank belong together."""
        ranks = max(map(len, answers), default=1)
        joined = [self._answer(answers, rank) for rank in range(ranks)]
        return list({marked.text: marked for marked in reversed(joined)}.values())[::-1]

    def _answer(self, answers: Sequence[Sequence[Any]], rank: int) -> Marked:
        chosen = {
            id(sentence): some[min(rank, len(some) - 1)] for sentence, some in zip(self.sentences, answers, strict=True)
        }
        flags: list[Flag] = []

        def written(segment: Segment) -> str:
            text = "".join(answer(sentence) + sentence.after for sentence in self._cut_to[id(segment)])
            return text if segment.quote is None else segment.quote(text)

        def answer(sentence: Sentence) -> str:
            best = chosen.get(id(sentence))
            text = sentence.text if best is None else best.text
            flags.extend(_own_flags(sentence, best))
            alignment = self.alignments.get((sentence.text, text))
            text, lost = _with_carried(sentence, text)
            flags.extend(Flag("code", literal) for literal in lost)
            placed = place_marks(sentence, text, alignment if text == (best.text if best else text) else None)
            in_place = {piece for _, parts in placed.insertions for piece in parts if isinstance(piece, str)}
            flags.extend(Flag("place" if mark in in_place else "mark", mark) for mark in placed.lost)
            return put_together(sentence, text, placed.insertions, written)

        text = "".join(piece if isinstance(piece, str) else written(piece) for piece in self._parts)
        return Marked(text, sum((best.score for best in chosen.values()), 0.0), tuple(flags), tuple(chosen.values()))


def _own_flags(sentence: Sentence, best: Any) -> Iterator[Flag]:
    """Yield the flags of an answer, with what stand-ins stand for in their place."""
    for flag in getattr(best, "flags", ()):
        if not set(flag.text) <= sentence.carried.keys():
            yield flag._replace(text="".join(sentence.carried.get(char, char) for char in flag.text))


def _with_carried(sentence: Sentence, text: str) -> tuple[str, list[str]]:
    """Make each stand-in of a sentence stand once in an answer; return what was lost, too, by what it stands for."""
    lost = [stand_in for stand_in in sentence.carried if text.count(stand_in) != 1]
    if not lost:
        return text, []
    for stand_in in lost:
        text = text.replace(stand_in, "")
        share = sentence.text.index(stand_in) / max(1, len(sentence.text))
        position = round(share * len(text))
        space = text.find(" ", position)
        end = len(text.rstrip(".!?… \u00a0\u202f")) if space < 0 else space
        text = f"{text[:end].rstrip()} {stand_in}{text[end:]}".lstrip() if text.strip() else stand_in
    return text, [sentence.carried[stand_in] for stand_in in lost]
