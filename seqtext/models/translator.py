"""The translator: sentences, paragraphs, marked-up text, what must come through. In NumPy."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from seqtext.config import SearchConfig
from seqtext.data.sentences import split
from seqtext.decoding.beam import Hypothesis
from seqtext.models.alignment import WordAlignment, word_alignments
from seqtext.models.flags import Flag
from seqtext.models.glossary import Terms, finder
from seqtext.models.glossary import checked as checked_glossary
from seqtext.models.many import Texts
from seqtext.models.markup.parts import check_marks
from seqtext.models.markup.translating import Translating
from seqtext.models.names import Names
from seqtext.models.pair_text import side_ids
from seqtext.models.seq2seq import MOST_ALIGNED, Seq2Seq, check_source, first_words
from seqtext.models.source_text import Prepared, shouts
from seqtext.models.stand_ins import Carried, StandIns

_USUAL = SearchConfig()
_NOTHING = Prepared("", lambda answer: answer)  # of a blank line
_FIGURES = re.compile(r"\d+(?:[.,:/-]\d+)*")

Glossary = Mapping[str, str] | Terms  # translations by terms


class Translation(NamedTuple):
    """A translation, its log-probability, and what of the source it has lost, see `seqtext.models.flags`."""

    text: str
    score: float
    flags: tuple[Flag, ...] = ()
    unusual: bool = False  # whether the source is unlike those that the model has learnt from


class Translator(Seq2Seq):
    """Translates sentences, paragraphs and lines. Many threads may ask one model at once.

    >>> import seqtext
    >>> model = seqtext.load("translate-en-fr")  # doctest: +SKIP
    >>> model.translate("Thank you.")[0].text  # doctest: +SKIP
    'Merci.'
    """

    task = "translate"

    @property
    def languages(self) -> tuple[str, str]:
        """The languages it reads and writes, as "en" and "fr"; empty where they are not known."""
        source, _, target = str(self.settings.get("language", "")).partition("-")
        return (source, target) if target else ("", "")

    @overload
    def translate(
        self, texts: str, search: SearchConfig = ..., avoid: Collection[str] = ..., glossary: Glossary = ...,
        marks: str = ...,
    ) -> list[Translation]: ...  # fmt: skip

    @overload
    def translate(
        self, texts: Texts, search: SearchConfig = ..., avoid: Collection[str] = ..., glossary: Glossary = ...,
        marks: str = ...,
    ) -> list[list[Translation]]: ...  # fmt: skip

    @overload
    def translate(
        self, texts: Iterable[str], search: SearchConfig = ..., avoid: Collection[str] = ..., glossary: Glossary = ...,
        marks: str = ...,
    ) -> Iterator[list[Translation]]: ...  # fmt: skip

    def translate(
        self,
        texts: str | Texts | Iterable[str],
        search: SearchConfig = _USUAL,
        avoid: Collection[str] = (),
        glossary: Glossary = (),
        marks: str = "auto",
    ) -> list[Translation] | list[list[Translation]] | Iterator[list[Translation]]:
        """The best translations of a text, best first, at most `search.n_best`.

        texts: one, a list of them or a stream, of which 64 are read together, see `seqtext.models.many`. A text may
        hold several sentences and lines: each sentence is translated by itself, and line breaks are kept. Of several
        sentences, the second answer joins their second ones, and so on. An empty text gives an empty one, and what
        holds no letter is copied, with a score of 0; see `seqtext.models.source_text`.
        avoid: words that are not written, beside those of the model, see `seqtext.avoided_words`; a phrase that begins
        in one sentence and ends in the next is not noticed. A model that was trained with `mask` reads stand-ins, and
        those that it writes, such as <email>, stay in its answers: which of several in the text one stands for is not
        known. glossary: terms, in the source as whole words, and their translations; a term in small letters is found
        in any. Figures, codes and rare names come through, see `seqtext.models.stand_ins`; what does not is flagged.
        marks: those of Markdown, HTML or subtitles are kept, and what is between is translated. With "auto" only
        what is hardly anything else is a mark; "markdown", "html" and "subtitles" say what texts are, "none" that they
        are plain; see `seqtext.models.markup`. Raises InputError for what is no text, ConfigError for other marks.

        >>> model = seqtext.load("translate-en-de")  # doctest: +SKIP
        >>> [best[0].text for best in model.translate(["Thank you.", "Good night."])]  # doctest: +SKIP
        ['Danke.', 'Gute Nacht.']
        """
        marked = self._translating(search, avoid, glossary, marks)
        found: list[Translation] | list[list[Translation]] | Iterator[list[Translation]]
        found = self._each(texts, lambda some: [list(map(_translation, one)) for one in marked.answers(some, marks)])
        return found

    def translate_document(
        self, text: str, search: SearchConfig = _USUAL, avoid: Collection[str] = (), glossary: Glossary = (),
        marks: str = "auto",
    ) -> Iterator[Translation]:  # fmt: skip
        """Translate a long text piece by piece; joined, the pieces are its best translation.

        The arguments, and the errors raised, are those of `translate`.
        """
        check_source(text)
        return map(_translation, self._translating(search, avoid, glossary, marks).pieces(text, marks))

    def _translating(self, search: SearchConfig, avoid: Collection[str], glossary: Glossary, marks: str) -> Translating:
        words, terms = self._checked(search, avoid), checked_glossary(glossary)
        check_marks(marks)
        return Translating(lambda some: self._translate(some, search, words, terms), self._align_words, self._read)

    def _read(self, text: str) -> str:
        return self.source_tokenizer.normal(text, "read")

    def _align_words(self, pairs: list[tuple[str, str]]) -> list[WordAlignment | None]:
        return word_alignments(self.network, (self.source_tokenizer, self.tokenizer), pairs, MOST_ALIGNED)

    def _translate(
        self, texts: list[str], search: SearchConfig, avoid: tuple[str, ...], terms: Terms
    ) -> list[list[Translation]]:
        parts = [self._sentences(self.source_tokenizer.normal(text, "read")) for text in texts]
        asked = [one for part in parts for one, _ in part if one.text]

        def ask(some: Sequence[Prepared], once: bool) -> list[list[tuple[str, float]]]:
            return self._ask(some, search, avoid, once)

        answers = iter(self._carrier.carry(asked, ask, finder(terms), self.avoided(avoid).is_in))
        result = []
        for part in parts:
            found = [next(answers) if one.text else [Carried(one.back(""), 0.0, ())] for one, _ in part]
            joined = [_joined(part, found, rank) for rank in range(max(map(len, found), default=1))]
            result.append(list({one.text: one for one in reversed(joined)}.values())[::-1])
        return [
            [one._replace(unusual=odd) for one in found]
            for odd, found in zip(self._unusual_parts(parts), result, strict=True)
        ]

    def _unusual_parts(self, parts: list[list[tuple[Prepared, str]]]) -> list[bool]:
        """Whether each text, in its sentences as they are read, is unusual; neither figures nor a missing stop are."""
        if self.doubt is None:
            return [False] * len(parts)
        wholes = [_FIGURES.sub("", " ".join(one.text for one, _ in part if one.text)) for part in parts]
        ended = [whole + "." * whole[-1:].isalnum() for whole in wholes]
        as_typed, with_stop = (
            self._unusual([side_ids(whole, self.source_tokenizer, "read") for whole in some])
            for some in (wholes, ended)
        )
        return [first and second for first, second in zip(as_typed, with_stop, strict=True)]

    def _ask(
        self, sources: Sequence[Prepared], search: SearchConfig, avoid: tuple[str, ...], once: bool
    ) -> list[list[tuple[str, float]]]:
        """Texts and log-probabilities of the answers to some sentences; see `stand_ins.Ask`."""
        ids = [side_ids(one.text, self.source_tokenizer, "read") for one in sources]
        # What is much longer than anything learnt from is read in pieces, at the borders of words.
        pieces = [_pieces(some, self.longest["source"], self.source_tokenizer.continues) for some in ids]
        backs = [one.back for one, some in zip(sources, pieces, strict=True) for _ in some]
        whole = [piece for some in pieces for piece in some]
        spell = lambda place, tokens: backs[place](self._text(tokens))  # noqa: E731
        answers = iter(self.answer(whole, search, spell, avoid, once))
        return [self._of_pieces([next(answers) for _ in some]) for some in pieces]

    def _of_pieces(self, pieces: list[list[Hypothesis]]) -> list[tuple[str, float]]:
        """The answers to a sentence, of those to the pieces that it was read in; none where a piece has none."""
        if not all(pieces):
            return []
        ranked = [[one[min(rank, len(one) - 1)] for one in pieces] for rank in range(max(map(len, pieces)))]
        return [
            (" ".join(self._text(one.tokens) for one in some), sum(one.log_prob for one in some)) for some in ranked
        ]

    @cached_property
    def _carrier(self) -> StandIns:
        names = Names(self.source_tokenizer) if self._reads_english else None
        return StandIns(self._known_stand_ins, self.languages[1], names)

    def _sentences(self, text: str) -> list[tuple[Prepared, str]]:
        """Sentences, each with the white space after it; within a line that is one space, or as typed beside signs."""
        pieces, shouted = split(text), shouts(text)
        found = [self._prepared(piece.text, shouted) if piece.text else _NOTHING for piece in pieces]
        signs = [one.text == "" and piece.text != "" for one, piece in zip(found, pieces, strict=True)]
        beside = [first or second for first, second in zip(signs, [*signs[1:], False], strict=False)]
        if pieces and not pieces[0].text:
            beside[0] = True  # the indentation of the first line is as typed, as those of the others are
        return [
            (one, after if after.strip(" \t") or typed else " " * bool(after))
            for one, (_, after), typed in zip(found, pieces, beside, strict=True)
        ]


def _translation(one: Any) -> Translation:
    """An answer as a Translation, one to a marked-up text, too."""
    return one if isinstance(one, Translation) else Translation(one.text, one.score, one.flags, one.unusual)


def _joined(part: list[tuple[Prepared, str]], found: list[list[Carried]], rank: int) -> Translation:
    """The answers of one rank to all sentences, with the white space that stood between them."""
    chosen = [one[min(rank, len(one) - 1)] for one in found]
    text = "".join(one.text + after for one, (_, after) in zip(chosen, part, strict=True))
    return Translation(
        text, sum((one.log_prob for one in chosen), 0.0), tuple(flag for one in chosen for flag in one.flags)
    )


def _pieces(ids: NDArray[np.int32], longest: int, continues: NDArray[np.bool_]) -> list[NDArray[np.int32]]:
    """Ids in pieces of at most `longest` tokens, cut where a word begins if one does."""
    pieces = []
    while len(ids) > longest:
        first = first_words(ids, longest, continues)
        pieces.append(first)
        ids = ids[len(first) :]
    return [*pieces, ids]
