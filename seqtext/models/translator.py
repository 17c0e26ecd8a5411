"""Translate sentences, paragraphs and marked-up text, in NumPy."""

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any, NamedTuple, overload

import numpy as np
from numpy.typing import NDArray

from seqtext.avoided_words import AvoidedWords
from seqtext.config import SearchConfig
from seqtext.data.sentences import split
from seqtext.decoding.beam import Hypothesis
from seqtext.errors import ConfigError
from seqtext.models.alignment import WordAlignment, word_alignments
from seqtext.models.channel import forms_of, with_channel
from seqtext.models.flags import Flag
from seqtext.models.german_spelling import has_spelling_of_today, modern_german
from seqtext.models.glossary import Terms, finder
from seqtext.models.glossary import checked as checked_glossary
from seqtext.models.many import Texts
from seqtext.models.markup.parts import check_marks
from seqtext.models.markup.translating import Translating
from seqtext.models.names import Names
from seqtext.models.pair_text import side_ids, usual_case
from seqtext.models.quotation_marks import Quotation, has_curly_marks, paired
from seqtext.models.seq2seq import MOST_ALIGNED, Alignment, Seq2Seq, check_source, first_words
from seqtext.models.source_text import CAPITALS, Prepared, in_small_letters, shouts
from seqtext.models.stand_ins import Carried, StandIns
from seqtext.storage.model_folder import Contents

_USUAL = SearchConfig()
_NOTHING = Prepared("", lambda answer: answer)  # of a blank line
_FIGURES = re.compile(r"\d+(?:[.,:/-]\d+)*")

Glossary = Mapping[str, str] | Terms  # translations by terms


class _Sentence(NamedTuple):
    """Hold a sentence of a text, the white space after it and its quotation marks."""

    source: Prepared
    after: str
    quotation: Quotation | None


class Translation(NamedTuple):
    """Hold a translation, its log-probability and its flagged losses."""

    text: str
    score: float  # log-probability in nats, of all sentences together; 0 where nothing was translated
    flags: tuple[Flag, ...] = ()  # what of the source is not as it should be, see `seqtext.models.flags`
    unusual: bool = False  # whether the source is unlike those that the model has learnt from


class Translator(Seq2Seq):
    """Translate sentences, paragraphs and lines; safe to share between threads.

    >>> import seqtext
    >>> model = seqtext.load("translate-en-fr")  # doctest: +SKIP
    >>> model.translate("Thank you.")[0].text  # doctest: +SKIP
    'Merci.'
    """

    task = "translate"

    def __init__(self, contents: Contents) -> None:
        super().__init__(contents)
        self._spells_as_today = has_spelling_of_today(self.settings)

    @property
    def languages(self) -> tuple[str, str]:
        """Return the source's and target's language codes, such as "en" and "fr".

        Both are "" where they are unknown.
        """
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
        """Translate texts; at most `search.n_best` translations each, best first.

        The best of a model with a channel is not always that with the highest score, see `seqtext.models.channel`.

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
        are plain; see `seqtext.models.markup`. Raises InputError for what is not text, ConfigError for other marks.

        >>> model = seqtext.load("translate-en-de")  # doctest: +SKIP
        >>> [best[0].text for best in model.translate(["Thank you.", "Good night."])]  # doctest: +SKIP
        ['Danke.', 'Gute Nacht.']
        """
        marked = self._translating(search, avoid, glossary, marks)
        translations: list[Translation] | list[list[Translation]] | Iterator[list[Translation]]
        translations = self._each(
            texts, lambda some: [list(map(_translation, best)) for best in marked.answers(some, marks)]
        )
        return translations

    def translate_document(
        self, text: str, search: SearchConfig = _USUAL, avoid: Collection[str] = (), glossary: Glossary = (),
        marks: str = "auto",
    ) -> Iterator[Translation]:  # fmt: skip
        """Translate a long text piece by piece.

        Joined, the pieces are its best translation. Arguments and errors are those of `translate`. Yields a translation
        a piece, with its white space.
        """
        check_source(text)
        return map(_translation, self._translating(search, avoid, glossary, marks).pieces(text, marks))

    def with_channel(self, reverse: "Translator", weight: float) -> "Translator":
        """Return this translator with another one, the other way round, by which it chooses its first answers, too.

        reverse: has the tokenizer of this one, joint, as one has that was trained from it on the same pairs with their
        sides exchanged; weight: how much it counts, λ of `seqtext.models.channel`, chosen on held-out pairs
        raises ConfigError for no translator, where the tokenizers differ, where both name their languages and these are
        not exchanged, or for a weight that is not from 0 to 10

        >>> forth, back = seqtext.load("runs/en-is"), seqtext.load("runs/is-en")  # doctest: +SKIP
        >>> forth.with_channel(back, 0.5).save("runs/both", "int8")  # doctest: +SKIP
        """
        if not isinstance(reverse, Translator):
            raise ConfigError(
                f"reverse received {reverse!r:.80}; a translator is expected.",
                'model.with_channel(seqtext.load("runs/back"), 0.5)',
            )
        return Translator(with_channel(self.contents, reverse.contents, weight))

    def _forms(self, precision: str) -> Mapping[str, str | int] | None:
        return forms_of(self.contents.weights) if precision == "int8" else None

    def align(self, source: str, target: str) -> Alignment:
        """Compute the attention of a target's words on those of the source, see `Seq2Seq.align`.

        A sentence in capitals is aligned in small letters, since it is so that the network reads and writes it.
        """
        read = self._in_letters_read(source, target)
        found = super().align(*read)
        return Alignment(_typed(found.source, read[0], source), _typed(found.target, read[1], target), found.weights)

    def _translating(self, search: SearchConfig, avoid: Collection[str], glossary: Glossary, marks: str) -> Translating:
        words, terms = self._checked(search, avoid), checked_glossary(glossary)
        check_marks(marks)
        return Translating(lambda some: self._translate(some, search, words, terms), self._align_words, self._read)

    def _read(self, text: str) -> str:
        return self.source_tokenizer.normal(text, "read")

    def _align_words(self, pairs: list[tuple[str, str]]) -> list[WordAlignment | None]:
        # The marks of a sentence in capitals stood around other words when the capitals were aligned.
        read = [self._in_letters_read(source, target) for source, target in pairs]
        return word_alignments(self.network, (self.source_tokenizer, self.tokenizer), read, MOST_ALIGNED)

    def _in_letters_read(self, source: str, target: str) -> tuple[str, str]:
        """Convert a sentence in capitals and its answer to small letters, which the network read and wrote.

        Each keeps its length, since words are found in it by their positions.
        """
        if CAPITALS not in self._set_aside or not shouts(source):
            return source, target
        small = self._in_small_letters(source), in_small_letters(target, self._usual_case_written)
        return _if_as_long(small[0], source), _if_as_long(small[1], target)

    def _usual_case_written(self, word: str) -> str:
        return usual_case(word, self.tokenizer, english=False)

    def _translate(
        self, texts: list[str], search: SearchConfig, avoid: tuple[str, ...], terms: Terms
    ) -> list[list[Translation]]:
        sentences = [self._sentences(text) for text in texts]
        asked = [sentence.source for some in sentences for sentence in some if sentence.source.text]

        def ask(some: Sequence[Prepared], once: bool) -> list[list[tuple[str, float]]]:
            return self._ask(some, search, avoid, once)

        answers = iter(self._carrier.carry(asked, ask, finder(terms), self.avoided(avoid).is_in))
        result = []
        for ones in sentences:
            sources = [sentence.source for sentence in ones]
            carried = [next(answers) if source.text else [Carried(source.back(""), 0.0, ())] for source in sources]
            joined = [_joined(ones, carried, rank) for rank in range(max(map(len, carried), default=1))]
            result.append(list({best.text: best for best in reversed(joined)}.values())[::-1])
        return [
            [best._replace(unusual=odd) for best in ranked]
            for odd, ranked in zip(self._unusual_texts(sentences), result, strict=True)
        ]

    def _unusual_texts(self, sentences: list[list[_Sentence]]) -> list[bool]:
        """Tell whether each text is unusual; neither what is carried over nor a missing full stop makes one so."""
        if self.doubt is None:
            return [False] * len(sentences)
        sources = [[one.source.text for one in some if one.source.text] for some in sentences]
        marked = list(range(len(sources)))  # hardly any are left after the first reading
        for reading in (self._without_figures, self._without_carried):
            for end in (str, _ended):
                texts = [end(reading(sources[number])) for number in marked]
                marks = self._unusual([side_ids(text, self.source_tokenizer, "read") for text in texts])
                marked = [number for number, mark in zip(marked, marks, strict=True) if mark]
        return [number in marked for number in range(len(sources))]

    def _without_figures(self, sentences: list[str]) -> str:
        return _FIGURES.sub("", " ".join(sentences))

    def _without_carried(self, sentences: list[str]) -> str:
        return " ".join(map(self._carrier.usual, sentences))

    def _ask(
        self, sources: Sequence[Prepared], search: SearchConfig, avoid: tuple[str, ...], once: bool
    ) -> list[list[tuple[str, float]]]:
        """Search for translations of sentences; see `stand_ins.Ask`."""
        ids = [side_ids(source.text, self.source_tokenizer, "read") for source in sources]
        # What is much longer than anything learnt from is read in pieces, at the borders of words.
        pieces = [_pieces(some, self.longest["source"], self.source_tokenizer.continues) for some in ids]
        text = self._written_as_today(self.avoided(avoid))
        backs = [source.back for source, some in zip(sources, pieces, strict=True) for _ in some]
        whole = [piece for some in pieces for piece in some]
        spell = lambda number, tokens: backs[number](text(tokens))  # noqa: E731
        answers = iter(self.answer(whole, search, spell, avoid, once))
        return [_of_pieces([next(answers) for _ in some], text) for some in pieces]

    def _written_as_today(self, avoided: AvoidedWords) -> Callable[[tuple[int, ...]], str]:
        """Make the function that spells the tokens of an answer.

        avoided: words that the spelling of today must not bring in; the former one stays where it would
        """
        if not self._spells_as_today:
            return self._text

        def text(tokens: tuple[int, ...]) -> str:
            former = self._text(tokens)
            today = modern_german(former)
            return former if today != former and avoided.is_in(today) else today

        return text

    @cached_property
    def _carrier(self) -> StandIns:
        names = Names(self.source_tokenizer) if self._reads_english else None
        return StandIns(self._known_stand_ins, self.languages[1], names)

    def _sentences(self, text: str) -> list[_Sentence]:
        """Split a text into sentences, each with the white space after it.

        Within a line that is one space, but as typed beside a sentence that is copied.
        """
        read = self._read(text)
        pieces, shouted = split(read), shouts(read)
        curly = has_curly_marks(text)
        sources = [self._prepared(piece.text, shouted) if piece.text else _NOTHING for piece in pieces]
        copied = [source.text == "" and piece.text != "" for source, piece in zip(sources, pieces, strict=True)]
        beside = [first or second for first, second in zip(copied, [*copied[1:], False], strict=False)]
        if pieces and not pieces[0].text:
            beside[0] = True  # the indentation of the first line is as typed, as those of the others are
        return [
            _Sentence(
                source,
                after if after.strip(" \t") or typed else " " * bool(after),
                Quotation.of(sentence, curly, self.languages[1]) if source.text else None,
            )
            for source, (sentence, after), typed in zip(sources, pieces, beside, strict=True)
        ]


def _of_pieces(pieces: list[list[Hypothesis]], text: Callable[[tuple[int, ...]], str]) -> list[tuple[str, float]]:
    """Join the answers to the pieces of a sentence; none where a piece has none."""
    if not all(pieces):
        return []
    ranked = [[best[min(rank, len(best) - 1)] for best in pieces] for rank in range(max(map(len, pieces)))]
    return [(" ".join(text(h.tokens) for h in some), sum(h.log_prob for h in some)) for some in ranked]


def _if_as_long(text: str, typed: str) -> str:
    return text if len(text) == len(typed) else typed


def _typed(words: list[str], text: str, typed: str) -> list[str]:
    """Write the words of a text as they stand in another of the same length."""
    if text == typed:
        return words
    position, found = 0, []
    for word in words:
        start = text.find(word, position)
        position = start + len(word) if start >= 0 else position
        found.append(typed[start:position] if start >= 0 else word)
    return found


def _ended(text: str) -> str:
    """Add the full stop that a text lacks."""
    return text + "." * text[-1:].isalnum()


def _translation(answer: Any) -> Translation:
    """Convert an answer, also one to a marked-up text, to a Translation."""
    return (
        answer
        if isinstance(answer, Translation)
        else Translation(answer.text, answer.score, answer.flags, answer.unusual)
    )


def _joined(sentences: list[_Sentence], answers: list[list[Carried]], rank: int) -> Translation:
    """Join the answers of one rank to all sentences with the white space between them."""
    chosen = [best[min(rank, len(best) - 1)] for best in answers]
    written = paired([sentence.quotation for sentence in sentences], [answer.text for answer in chosen])
    text = "".join(answer + sentence.after for answer, sentence in zip(written, sentences, strict=True))
    return Translation(
        text, sum((h.log_prob for h in chosen), 0.0), tuple(flag for answer in chosen for flag in answer.flags)
    )


def _pieces(ids: NDArray[np.int32], longest: int, continues: NDArray[np.bool_]) -> list[NDArray[np.int32]]:
    """Cut ids into pieces of at most `longest` tokens, where a word begins if one does."""
    pieces = []
    while len(ids) > longest:
        first = first_words(ids, longest, continues)
        pieces.append(first)
        ids = ids[len(first) :]
    return [*pieces, ids]
